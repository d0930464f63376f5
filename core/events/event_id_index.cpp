#include "core/events/event_id_index.hpp"

#include <algorithm>

namespace dotmac {

void event_id_index::put(std::size_t number) {
  std::size_t at = home_of(recent_[number].hash);
  while (slots_[at] != 0)
    at = (at + 1) & (slots_.size() - 1);
  slots_[at] = static_cast<std::uint32_t>(number + 1);
}

void event_id_index::rebuild(std::size_t slots) {
  slots_.assign(slots, 0);
  for (std::size_t number = 0; number < recent_.size(); ++number)
    put(number);
}

void event_id_index::remember(std::uint64_t hash, std::uint64_t row) {
  if (is_full())
    make_room(0);
  recent_.push_back({hash, static_cast<std::uint32_t>(row)});
  put(recent_.size() - 1);
}

void event_id_index::forget_from(std::uint64_t row) {
  while (!recent_.empty() && recent_.back().number >= row) {
    // The newest is the last of its probe run, so that nothing lies behind it.
    std::size_t at = home_of(recent_.back().hash);
    while (slots_[at] != recent_.size())
      at = (at + 1) & (slots_.size() - 1);
    slots_[at] = 0;
    recent_.pop_back();
  }
}

void event_id_index::make_room(std::uint64_t first_kept) {
  std::erase_if(recent_, [&](const hashed_number& each) { return each.number < first_kept; });
  std::size_t size = 16;
  while (recent_.size() * 2 >= size)
    size *= 2;
  rebuild(size);
}

void event_id_index::settle(std::uint64_t first_kept) {
  std::erase_if(recent_, [&](const hashed_number& each) { return each.number < first_kept; });
  settled_.drop_below(first_kept);
  sort_by_hash(recent_);
  settled_.add(recent_, first_kept == 0 ? std::function<bool(std::uint32_t)>{} : [&](std::uint32_t row) { return row < first_kept; });
  recent_ = {};
  slots_ = {};
}

} // namespace dotmac
