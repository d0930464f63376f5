#pragma once

/// Sessions of browsers that somebody signed out of before their time was over: their tokens are still well signed, and must not count any more.
///
/// Limits    kept_max, the sessions that end last: beyond it the one that ends first is forgotten. Known to this gateway alone, until it stops.
/// Threads   any.

#include "api/browser_session.hpp"

#include <mutex>
#include <set>

namespace dotmac {

class ended_sessions {
public:
  static constexpr std::size_t kept_max = 10'000;

  void add(const browser_session& session, timestamp now) {
    const std::lock_guard lock{mutex_};
    kept_.emplace(session.ends_at.milliseconds, session.session_id);
    while (!kept_.empty() && (kept_.size() > kept_max || kept_.begin()->first <= now.milliseconds))
      kept_.erase(kept_.begin());
  }
  bool contains(const browser_session& session) const {
    const std::lock_guard lock{mutex_};
    return kept_.contains({session.ends_at.milliseconds, session.session_id});
  }

private:
  mutable std::mutex mutex_;
  std::set<std::pair<std::int64_t, std::string>> kept_; ///< end and id: what ends first comes first
};

} // namespace dotmac
