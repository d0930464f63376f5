#pragma once

/// A chunk without some of its rows.
///
/// Promise  The others keep their order, values, ids and row numbers; nothing of what was left out is in the new arrays.
/// Threads  pure.
/// Cost     linear in the values of the chunk.

#include "core/events/event_chunk.hpp"

namespace dotmac {

/// `keep`: one byte per row; not all of them may be set. Bounds are those of the rows that are left.
std::shared_ptr<const chunk_columns> keep_rows(const chunk_columns& from, std::span<const std::uint8_t> keep);

} // namespace dotmac
