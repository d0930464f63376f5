#pragma once

/// Until when an answer is wanted, and whether still. Between nodes the deadline travels as the time that is left (clocks
/// of two hosts are never compared) and the flag does not travel: a remote scan ends at its deadline.

#include "core/describe/binary.hpp"

#include <caf/error.hpp>
#include <caf/sec.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>

namespace dotmac {

struct question_context {
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::shared_ptr<std::atomic<bool>> cancelled;

  /// Callable from any thread, cheap enough for once every few thousand rows.
  bool is_unwanted() const {
    return (cancelled && cancelled->load(std::memory_order_relaxed)) || std::chrono::steady_clock::now() >= deadline;
  }
};

template <class Inspector> typename Inspector::result_type inspect(Inspector& visit, question_context& context) {
  using std::chrono::milliseconds;
  std::int64_t left = 0;
  if constexpr (!Inspector::writes_state)
    left = std::chrono::duration_cast<milliseconds>(context.deadline - std::chrono::steady_clock::now()).count();
  if constexpr (Inspector::writes_state) {
    if (auto error = visit(left))
      return error;
    context.deadline = std::chrono::steady_clock::now() + milliseconds{std::clamp<std::int64_t>(left, 0, 86'400'000)};
    return visit();
  } else {
    return visit(left);
  }
}

} // namespace dotmac
