#include "core/events/removal/removal_condition.hpp"

#include <algorithm>

namespace dotmac {

bool removal_condition::may_touch(const chunk_bounds& chunk) const noexcept {
  auto latest = others_before;
  for (const auto& each : by_code)
    latest = std::max(latest, each.before);
  return chunk.rows > 0 && chunk.first_row < before_row && chunk.min_at < latest;
}

std::uint32_t removal_condition::mark(const event_chunk& chunk, std::span<std::uint8_t> keep) const {
  if (!may_touch(chunk))
    return 0;
  std::vector<std::uint32_t> codes(chunk.rows);
  chunk.sent_codes(static_cast<event_field>(of_field)).unpack(0, std::span{codes});
  std::vector<std::int64_t> before(std::size_t{*std::max_element(codes.begin(), codes.end())} + 1, others_before);
  for (const auto& each : by_code)
    if (each.code < before.size())
      before[each.code] = each.before;
  if (std::all_of(codes.begin(), codes.end(), [&](auto code) { return before[code] <= chunk.min_at; }))
    return 0;
  const auto& at = chunk.at();
  const bool takes_all = chunk.first_row + chunk.row_span <= before_row;
  std::uint32_t marked = 0;
  for (std::uint32_t row = 0; row < chunk.rows; ++row)
    if (keep[row] != 0 && at[row] < before[codes[row]] && (takes_all || chunk.row_number(row) < before_row)) {
      keep[row] = 0;
      ++marked;
    }
  return marked;
}

} // namespace dotmac
