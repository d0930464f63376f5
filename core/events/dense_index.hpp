#pragma once

/// Numbers keys in the order of their first appearance, from zero. Open addressing with linear probing over 32-bit
/// positions; the keys stand in one array. Hashes must be well mixed.
///
/// Limits   below 2^32 - 1 keys.
/// Threads  one owner.

#include <bit>
#include <cstdint>
#include <vector>

namespace dotmac {

/// MurmurHash3's finalizer (Austin Appleby): mixes every bit of a 64-bit key into every bit of the result.
constexpr std::uint64_t mix_bits(std::uint64_t x) noexcept {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdull;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ull;
  return x ^ x >> 33;
}

struct mixed_hash {
  std::uint64_t operator()(std::uint64_t key) const noexcept { return mix_bits(key); }
};

template <class Key, class Hash = mixed_hash> class dense_index {
public:
  struct placed {
    std::uint32_t number;
    bool is_new;
  };

  placed insert(const Key& key) {
    if ((keys_.size() + 1) * 3 > slots_.size() * 2)
      grow();
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = Hash{}(key)&mask;; at = (at + 1) & mask) {
      if (slots_[at] == 0) {
        keys_.push_back(key);
        slots_[at] = static_cast<std::uint32_t>(keys_.size());
        return {slots_[at] - 1, true};
      }
      if (keys_[slots_[at] - 1] == key)
        return {slots_[at] - 1, false};
    }
  }

  std::size_t size() const noexcept { return keys_.size(); }
  const Key& operator[](std::size_t number) const { return keys_[number]; }
  const std::vector<Key>& keys() const noexcept { return keys_; }

private:
  void grow() {
    slots_.assign(slots_.empty() ? 16 : slots_.size() * 2, 0);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      std::size_t at = Hash{}(keys_[i]) & mask;
      while (slots_[at] != 0)
        at = (at + 1) & mask;
      slots_[at] = static_cast<std::uint32_t>(i + 1);
    }
  }

  std::vector<Key> keys_;
  std::vector<std::uint32_t> slots_; ///< number + 1; zero: free
};

} // namespace dotmac
