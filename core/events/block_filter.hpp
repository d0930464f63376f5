#pragma once

/// Says of a hash that it is certainly not among those that were added, or that it may be.
///
/// Source   the split block Bloom filter of the Apache Parquet format (BloomFilter.md): eight bits within 32 bytes, one in each word.
/// Cost     2 bytes a hash, of ordinary memory; a question is one cache line. At the size it was made for one of about 800 strange hashes passes.

#include <array>
#include <cstdint>
#include <vector>

namespace dotmac {

class block_filter {
public:
  explicit block_filter(std::size_t hashes) : blocks_(hashes / 16 + 1) {}

  void add(std::uint64_t hash) noexcept {
    auto& block = blocks_[place_of(hash)];
    for (std::size_t word = 0; word < words; ++word)
      block[word] |= bit_of(hash, word);
  }
  bool may_have(std::uint64_t hash) const noexcept {
    const auto& block = blocks_[place_of(hash)];
    std::uint32_t missing = 0;
    for (std::size_t word = 0; word < words; ++word)
      missing |= ~block[word] & bit_of(hash, word);
    return missing == 0;
  }
  void prefetch(std::uint64_t hash) const noexcept { __builtin_prefetch(&blocks_[place_of(hash)]); }
  std::size_t memory_bytes() const noexcept { return blocks_.size() * sizeof(blocks_[0]); }

private:
  static constexpr std::size_t words = 8;
  static constexpr std::array<std::uint32_t, words> salts{0x47b6137bu, 0x44974d91u, 0x8824ad5bu, 0xa2b7289du, 0x705495c7u, 0x2df1424bu, 0x9efc4947u, 0x5c6bfb31u};

  /// Rises with the hash, so that a pass over sorted hashes goes through the filter once.
  std::size_t place_of(std::uint64_t hash) const noexcept { return static_cast<std::size_t>((hash >> 32) * blocks_.size() >> 32); }
  static std::uint32_t bit_of(std::uint64_t hash, std::size_t word) noexcept { return 1u << (static_cast<std::uint32_t>(hash) * salts[word] >> 27); }

  std::vector<std::array<std::uint32_t, words>> blocks_;
};

} // namespace dotmac
