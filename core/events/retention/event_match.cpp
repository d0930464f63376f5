#include "core/events/retention/event_match.hpp"

#include <bit>
#include <cstring>

namespace dotmac {

result<event_match> event_match::make(const event_view& view, const funnel_step& event) {
  auto plan = filter_plan::make(view, filter_of(view, event));
  if (!plan)
    return plan.error();
  return event_match{std::move(*plan)};
}

/// From the mask; returns how many.
std::size_t event_match::find_rows(std::uint32_t first, std::uint32_t count, workplace& with) {
  std::fill_n(with.mask.begin() + count, std::min<std::size_t>(8, with.mask.size() - count), std::uint8_t{0}); // up to the next whole word
  std::size_t found = 0;
  for (std::uint32_t word_at = 0; word_at < count; word_at += 8) {
    std::uint64_t word;
    std::memcpy(&word, with.mask.data() + word_at, sizeof word);
    for (; word != 0; word &= word - 1) // bytes are 0 or 1
      with.rows[found++] = first + word_at + static_cast<std::uint32_t>(std::countr_zero(word)) / 8;
  }
  return found;
}

} // namespace dotmac
