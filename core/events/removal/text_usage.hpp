#pragma once

/// Which texts of a partition's dictionaries the events of a view still have.
///
/// Errors   those of stored columns; cancelled.
/// Threads  pure; uses those of the context.
/// Cost     reads every column that has codes; a bit per text.

#include "core/events/event_columns.hpp"
#include "core/events/scan_context.hpp"

namespace dotmac {

struct text_usage {
  std::array<std::vector<bool>, event_field_count> fields; ///< by code, up to what the view knows; empty for event_id
  std::vector<std::vector<bool>> texts;                    ///< by key, then code
  std::uint64_t row_count = 0; ///< of the view: later events may have any
};

result<text_usage> find_used_texts(const event_view& view, const scan_context& context);

/// Marks what the rows of one chunk have, from position `first` on. Codes that `into` does not know are passed over.
void note_used_texts(const event_chunk& chunk, std::uint32_t first, text_usage& into);

} // namespace dotmac
