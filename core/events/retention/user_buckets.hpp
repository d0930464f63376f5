#pragma once

/// In which buckets each user was active: a bitmap per user, one set of them per thread, read as their union.
///
/// Threads  `put` on several, each with a worker number of its own; when all have ended `visit` on several, of different blocks.
/// Limits   the question's memory: query_too_large. A thread that found nothing takes none.
/// Cost     a bit per user and bucket (in words of 64) and thread; a put is one store; a visit one load per user, word and thread.

#include "core/events/memory_allowance.hpp"

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

namespace dotmac {

class user_buckets {
public:
  static constexpr std::size_t block_users = 4'096;

  /// `users`: codes 0 to users - 1; code 0 is nobody and never visited.
  user_buckets(std::size_t users, std::size_t buckets, std::size_t workers, memory_allowance& memory)
      : users_{users}, words_{buckets / 64 + 1}, memory_{memory}, bits_(workers) {}

  /// Before a worker's first put; again is no harm.
  result<void> open(std::size_t worker) {
    auto& mine = bits_[worker];
    if (!mine.empty())
      return {};
    if (auto taken = memory_.take(users_ * words_ * sizeof(std::uint64_t)); !taken)
      return taken;
    mine.resize(users_ * words_);
    return {};
  }
  void put(std::size_t worker, std::uint32_t user, std::uint32_t bucket) noexcept { bits_[worker][user * words_ + bucket / 64] |= std::uint64_t{1} << bucket % 64; }

  std::size_t block_count() const noexcept { return (users_ + block_users - 1) / block_users; }

  /// Calls `take(user, buckets rising)` for each user of the block, those too who were never active. `found` is room for the buckets.
  template <class Take> void visit(std::size_t block, std::vector<std::uint32_t>& found, Take&& take) const {
    const auto end = std::min(users_, (block + 1) * block_users);
    found.resize(words_ * 64);
    for (auto user = std::max<std::size_t>(block * block_users, 1); user < end; ++user) {
      std::size_t count = 0;
      for (std::size_t w = 0; w < words_; ++w) {
        std::uint64_t word = 0;
        for (const auto& each : bits_)
          if (!each.empty())
            word |= each[user * words_ + w];
        for (; word != 0; word &= word - 1)
          found[count++] = static_cast<std::uint32_t>(w * 64) + static_cast<std::uint32_t>(std::countr_zero(word));
      }
      take(static_cast<std::uint32_t>(user), std::span<const std::uint32_t>{found.data(), count});
    }
  }

private:
  const std::size_t users_;
  const std::size_t words_; ///< per user
  memory_allowance& memory_;
  std::vector<std::vector<std::uint64_t>> bits_; ///< by worker
};

} // namespace dotmac
