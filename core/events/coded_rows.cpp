#include "core/events/coded_rows.hpp"

#include "core/events/mask_positions.hpp"
#include "core/events/packed_equal.hpp"

#include <limits>

namespace dotmac {

coded_rows coded_rows::make(const packed_integers& codes, std::uint32_t code, const packed_integers& users, const packed_integers& at) {
  coded_rows out;
  std::vector<std::uint8_t> mask(codes.size());
  find_equal(codes, 0, code, mask);
  const auto count = static_cast<std::size_t>(std::count(mask.begin(), mask.end(), 1));
  out.is_common_ = count > codes.size() / 2;
  if (out.is_common_ || count == 0)
    return out;
  std::vector<std::uint16_t> rows(count + mask_positions_slack);
  rows.resize(find_positions(mask, rows.data()));
  std::vector<std::uint64_t> order; // user, then row
  order.reserve(count);
  std::int64_t last_at = std::numeric_limits<std::int64_t>::min();
  out.first_at_ = std::numeric_limits<std::int64_t>::max();
  for (const auto row : rows)
    if (const auto user = static_cast<std::uint64_t>(users[row]); user != 0) {
      order.push_back(user << 16 | row);
      out.first_at_ = std::min(out.first_at_, at[row]);
      last_at = std::max(last_at, at[row]);
    }
  if (order.empty())
    return out;
  std::sort(order.begin(), order.end());
  const bool is_short = layout_of(out.first_at_, last_at).width <= sizeof(std::uint32_t);
  out.users_.reserve(order.size());
  out.rows_.reserve(order.size());
  is_short ? out.later_.reserve(order.size()) : out.at_.reserve(order.size());
  for (const auto each : order) {
    const auto row = static_cast<std::uint16_t>(each);
    out.users_.push_back(static_cast<std::uint32_t>(each >> 16));
    out.rows_.push_back(row);
    if (is_short)
      out.later_.push_back(static_cast<std::uint32_t>(at[row] - out.first_at_));
    else
      out.at_.push_back(at[row]);
  }
  return out;
}

} // namespace dotmac
