#pragma once

/// The memory that one question may take, shared by all that works for it.
///
/// Threads  any.
/// Errors   query_too_large, naming the limit.

#include "core/result.hpp"

#include <atomic>
#include <cstdint>

namespace dotmac {

class memory_allowance {
public:
  explicit memory_allowance(std::size_t max) : left_{static_cast<std::int64_t>(max)}, max_{max} {}
  result<void> take(std::size_t size) {
    if (left_.fetch_sub(static_cast<std::int64_t>(size), std::memory_order_relaxed) >= static_cast<std::int64_t>(size))
      return {};
    return failure{error_code::query_too_large, "the question needs more than its " + std::to_string(max_ >> 20) + " MiB of memory: take fewer groups, a coarser granularity or a shorter interval", {}};
  }
  void give_back(std::size_t size) noexcept { left_.fetch_add(static_cast<std::int64_t>(size), std::memory_order_relaxed); }

private:
  std::atomic<std::int64_t> left_;
  const std::size_t max_;
};

} // namespace dotmac
