#pragma once

/// When to ask a node for figures again, and since when those that are shown are old.
///
/// Limits   after failures the wait doubles from the interval, or a second where that is longer, up to retry_ms_max.
/// Threads  one.

#include "cli/console/keys.hpp"

#include <algorithm>
#include <optional>

namespace dotmac::console {

inline constexpr std::int64_t retry_ms_max = 10'000;

class look_pace {
public:
  explicit look_pace(std::int64_t interval_ms) : interval_ms_{interval_ms} {}

  bool is_due(moment now) const { return now.steady_ms >= next_at_ms_; }
  std::int64_t next_at_ms() const { return next_at_ms_; }
  void hurry() { next_at_ms_ = 0; }
  void asked(moment now) { next_at_ms_ = now.steady_ms + interval_ms_; }
  void succeeded(moment now) {
    good_at_ = now;
    failing_since_.reset();
    failures_ = 0;
    why_.clear();
  }
  void failed(moment now, std::string why, int retry_after_seconds) {
    if (!failing_since_)
      failing_since_ = now;
    why_ = std::move(why);
    const auto doubled = std::max<std::int64_t>(interval_ms_, 1'000) << std::min(failures_++, 10);
    next_at_ms_ = now.steady_ms + std::min(std::max(doubled, std::int64_t{retry_after_seconds} * 1'000), retry_ms_max);
  }

  const std::optional<moment>& good_at() const { return good_at_; }
  const std::optional<moment>& failing_since() const { return failing_since_; }
  const std::string& why() const { return why_; } ///< as the node or the connection said

private:
  std::int64_t interval_ms_;
  std::int64_t next_at_ms_ = 0;
  int failures_ = 0;
  std::optional<moment> good_at_, failing_since_;
  std::string why_;
};

} // namespace dotmac::console
