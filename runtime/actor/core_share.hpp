#pragma once

/// Whether a thread gets enough of a core to be of help: of what passed since it was last looked at, how much it could run.
///
/// Threads  one owner.

#include <chrono>

namespace dotmac {

class core_share {
public:
  using time = std::chrono::nanoseconds;
  static constexpr time looked_at_least_apart = std::chrono::milliseconds{10};
  static constexpr int enough = 4; ///< one of so many parts of the time

  /// `now` of any steady clock.
  bool is_too_soon(time now) const noexcept { return now - seen_ < looked_at_least_apart; }
  /// `ran`: how long the thread has run since it began. Afterwards that counts which comes behind.
  bool is_small(time now, time ran) noexcept {
    const bool is = (ran - ran_) * enough < now - seen_;
    start(now, ran);
    return is;
  }
  void start(time now, time ran) noexcept {
    seen_ = now;
    ran_ = ran;
  }

private:
  time seen_{0};
  time ran_{0};
};

} // namespace dotmac
