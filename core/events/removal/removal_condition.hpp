#pragma once

/// Which events a removal means: by the code that they have in one field, those before a time, and of those that were there when it was asked for.
///
/// Threads  immutable.
/// Cost     marking: an instruction or two a row, after the columns of that field and, with times, of the timestamp.

#include "core/describe/description.hpp"
#include "core/events/event_chunk.hpp"
#include "core/time/timestamp.hpp"

namespace dotmac {

struct code_limit {
  std::uint32_t code = 0;
  std::int64_t before = 0; ///< milliseconds since 1970: events with this code that are older
};
template <> struct description<code_limit> {
  static constexpr auto fields = std::tuple{field{"code", &code_limit::code, "of the field"}, field{"before", &code_limit::before, "events with it that are older"}};
};

struct removal_condition {
  static constexpr std::int64_t always = timestamp_end.milliseconds;

  std::uint8_t of_field = 0;        ///< number of an event_field
  std::vector<code_limit> by_code;
  std::int64_t others_before = timestamp_min.milliseconds; ///< of all other codes
  std::uint64_t before_row = 0;     ///< later ones stay

  /// Whether a chunk within these bounds may have such events. Reads nothing.
  bool may_touch(const chunk_bounds& chunk) const noexcept;
  /// Clears `keep`, one byte per row of the chunk, where it means the row; returns how many it cleared. What the chunk cannot read it tells itself.
  std::uint32_t mark(const event_chunk& chunk, std::span<std::uint8_t> keep) const;
};
template <> struct description<removal_condition> {
  static constexpr auto fields = std::tuple{
      field{"of_field", &removal_condition::of_field, "which field"}, field{"by_code", &removal_condition::by_code, "by its code"},
      field{"others_before", &removal_condition::others_before, "of all other codes"}, field{"before_row", &removal_condition::before_row, "later ones stay"}};
};

} // namespace dotmac
