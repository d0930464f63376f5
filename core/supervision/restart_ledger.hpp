#pragma once

/// Decides whether and when a failed child is started again. Pure: time and randomness are arguments.
///
/// Promise   At most `restarts_max` restarts within any `window`; after that, give_up, and the supervisor fails in its turn.
///           The n-th restart in a window waits `first_delay` * 2^(n-1), at most `longest_delay`, of which a random part of
///           up to one half is taken off, so that many children that fell together do not rise together.
/// Threads   one owner.
/// Source    Erlang/OTP supervisor, "maximum restart intensity"; backoff with equal jitter.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace dotmac {

struct restart_policy {
  std::size_t restarts_max = 8;
  std::chrono::milliseconds window{60'000};
  std::chrono::milliseconds first_delay{50};
  std::chrono::milliseconds longest_delay{10'000};
};

class restart_ledger {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// How long to wait before the restart; nothing means: give up. `random` is any 64 random bits.
  std::optional<std::chrono::milliseconds> child_failed(const restart_policy& policy, time_point now,
                                                        std::uint64_t random) {
    while (!restarts_.empty() && now - restarts_.front() > policy.window)
      restarts_.pop_front();
    if (restarts_.size() >= policy.restarts_max)
      return std::nullopt;
    const auto doublings = std::min<std::size_t>(restarts_.size(), 20);
    restarts_.push_back(now);
    const auto full = std::min(policy.longest_delay, policy.first_delay * (std::int64_t{1} << doublings));
    const auto taken_off = full.count() < 2 ? 0 : static_cast<std::int64_t>(random % static_cast<std::uint64_t>(full.count() / 2));
    return full - std::chrono::milliseconds{taken_off};
  }

  std::size_t recent_restarts() const noexcept { return restarts_.size(); }

private:
  std::deque<time_point> restarts_;
};

} // namespace dotmac
