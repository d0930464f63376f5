#include "core/results/answer_memory.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace dotmac {

answer_hash hash_answer_key(bytes_view key) noexcept {
  const XXH128_hash_t hashed = XXH3_128bits(key.data(), key.size());
  return {hashed.low64, hashed.high64};
}

std::size_t answer_memory::size_max() const noexcept {
  constexpr std::size_t share = 16;
  return std::min(answer_bytes_max, bytes_max_ / share);
}

std::shared_ptr<const bytes> answer_memory::find(bytes_view key) {
  const auto at = places_.find(hash_(key));
  if (at == places_.end() || at->second->key != key)
    return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, at->second);
  return at->second->answer;
}

bool answer_memory::keep(bytes_view key, std::shared_ptr<const bytes> answer) {
  if (key.size() + answer->size() > size_max())
    return false;
  const auto hash = hash_(key);
  if (const auto before = places_.find(hash); before != places_.end())
    drop(before->second);
  by_use_.push_front({hash, bytes{key}, std::move(answer)});
  places_.emplace(hash, by_use_.begin());
  bytes_ += by_use_.front().size();
  while (bytes_ > bytes_max_ && !by_use_.empty()) {
    drop(std::prev(by_use_.end()));
    ++evicted_;
  }
  return places_.contains(hash);
}

void answer_memory::drop(std::list<entry>::iterator which) {
  bytes_ -= which->size();
  places_.erase(which->hash);
  by_use_.erase(which);
}

} // namespace dotmac
