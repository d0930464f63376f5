#include "core/metrics/value_ids.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace dotmac {

value_ids::key value_ids::key_of(std::string_view id, std::uint64_t secret) noexcept {
  const XXH128_hash_t hashed = XXH3_128bits_withSeed(id.data(), id.size(), secret);
  return {hashed.low64, hashed.high64};
}

std::optional<known_value> value_ids::find(const key& id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? std::nullopt : std::optional{found->second};
}

void value_ids::remember(const key& id, known_value value, std::int64_t recorded_ms) {
  known_.insert_or_assign(id, value);
  arrivals_.push_back({recorded_ms, id});
}

void value_ids::forget_before(std::int64_t now_ms) {
  while (!arrivals_.empty() && arrivals_.front().recorded_ms < now_ms - window_) {
    known_.erase(arrivals_.front().id);
    arrivals_.pop_front();
  }
}

} // namespace dotmac
