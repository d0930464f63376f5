#pragma once

/// Tenants that credentials name and that do not exist. Anybody can make such names up: asking for one costs an actor and a look into the
/// store, so that only few are asked for at a time, and the answer is kept for a while.
///
/// Limits    looks_max looks under way (too_many_requests beyond); kept_max names, kept for keep_for. A tenant made on this node is
///           known at once (`forget`), one made on another node after keep_for.
/// Threads   any.

#include "core/result.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

namespace dotmac {

class unknown_tenants {
public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr std::size_t looks_max = 256;
  static constexpr std::size_t kept_max = 10'000;
  static constexpr std::chrono::milliseconds keep_for{1'000};

  bool contains(const std::string& tenant, time_point now) {
    const std::lock_guard lock{mutex_};
    const auto found = kept_.find(tenant);
    return found != kept_.end() && now < found->second;
  }
  result<void> begin_look() {
    const std::lock_guard lock{mutex_};
    if (looks_ >= looks_max)
      return failure{error_code::too_many_requests, "more than " + std::to_string(looks_max) + " tenants of credentials are being looked up", {}};
    ++looks_;
    return {};
  }
  void end_look() {
    const std::lock_guard lock{mutex_};
    --looks_;
  }
  void keep(const std::string& tenant, time_point now) {
    const std::lock_guard lock{mutex_};
    if (kept_.size() >= kept_max)
      kept_.clear();
    kept_[tenant] = now + keep_for;
  }
  void forget(const std::string& tenant) {
    const std::lock_guard lock{mutex_};
    kept_.erase(tenant);
  }

private:
  std::mutex mutex_;
  std::unordered_map<std::string, time_point> kept_; ///< until when
  std::size_t looks_ = 0;
};

} // namespace dotmac
