#pragma once

/// What went wrong with which actor lately, for administrators: it outlives the actor, which may have ended by it.
///
/// Limits    failures_kept_max an actor, of which the oldest goes; actors_with_failures_max actors, of which the one that has been well for longest goes;
///           messages are cut to failure_message_size_max bytes. The same failure again is counted, not kept twice.
/// Threads   any.

#include "core/result.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t failures_kept_max = 16;
inline constexpr std::size_t actors_with_failures_max = 1'000;
inline constexpr std::size_t failure_message_size_max = 300;

class failure_histories {
public:
  using time_point = std::chrono::system_clock::time_point;
  struct entry {
    time_point at; ///< the last time
    error_code code = error_code::none;
    std::string message;
    std::uint64_t times = 1;
  };

  void note(const std::string& path, const failure& why, time_point at) {
    auto message = why.message.substr(0, failure_message_size_max);
    const std::lock_guard lock{mutex_};
    auto& known = place_for(path);
    if (!known.empty() && known.front().code == why.code && known.front().message == message) {
      known.front().at = at;
      ++known.front().times;
      return;
    }
    known.push_front({at, why.code, std::move(message)});
    if (known.size() > failures_kept_max)
      known.pop_back();
  }

  /// Newest first.
  std::vector<entry> of(const std::string& path) const {
    const std::lock_guard lock{mutex_};
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? std::vector<entry>{} : std::vector<entry>(found->second.begin(), found->second.end());
  }

private:
  std::deque<entry>& place_for(const std::string& path) {
    if (by_path_.size() >= actors_with_failures_max && !by_path_.contains(path))
      by_path_.erase(std::min_element(by_path_.begin(), by_path_.end(), [](const auto& a, const auto& b) { return a.second.front().at < b.second.front().at; }));
    return by_path_[path];
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::deque<entry>> by_path_;
};

} // namespace dotmac
