#pragma once

/// Answers by their keys (answer_key.hpp), the most recently used within a bound.
///
/// Promise   `find` gives what was kept under the very same key: a hash finds the candidate, the bytes of the key decide.
/// Limits    bytes_max of keys and answers, with answer_overhead_bytes for each; the least recently used go first. An answer that would take more
///           than a 16th of bytes_max, or more than answer_bytes_max, is not kept: it would cost many others their place.
/// Threads   one at a time. What was given out stays valid for whoever holds it.
/// Cost      one hash of the key and a look-up.

#include "core/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>

namespace dotmac {

inline constexpr std::size_t answer_bytes_max = 4u << 20; ///< with its key
inline constexpr std::size_t answer_overhead_bytes = 256; ///< of the tables, per answer

using answer_hash = std::array<std::uint64_t, 2>;
answer_hash hash_answer_key(bytes_view key) noexcept;

class answer_memory {
public:
  explicit answer_memory(std::size_t bytes_max, std::function<answer_hash(bytes_view)> hash = hash_answer_key) : bytes_max_{bytes_max}, hash_{std::move(hash)} {}

  std::shared_ptr<const bytes> find(bytes_view key);
  /// Whether it was kept.
  bool keep(bytes_view key, std::shared_ptr<const bytes> answer);

  std::size_t size_max() const noexcept; ///< of a key and its answer together
  std::size_t bytes_held() const noexcept { return bytes_; }
  std::size_t count() const noexcept { return by_use_.size(); }
  std::uint64_t evicted() const noexcept { return evicted_; }

private:
  struct entry {
    answer_hash hash;
    bytes key;
    std::shared_ptr<const bytes> answer;
    std::size_t size() const noexcept { return key.size() + answer->size() + answer_overhead_bytes; }
  };
  struct first_half {
    std::size_t operator()(const answer_hash& of) const noexcept { return of[0]; }
  };
  void drop(std::list<entry>::iterator which);

  const std::size_t bytes_max_;
  const std::function<answer_hash(bytes_view)> hash_;
  std::list<entry> by_use_; ///< the one used last in front
  std::unordered_map<answer_hash, std::list<entry>::iterator, first_half> places_;
  std::size_t bytes_ = 0;
  std::uint64_t evicted_ = 0;
};

} // namespace dotmac
