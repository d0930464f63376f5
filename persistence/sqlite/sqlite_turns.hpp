#pragma once

/// Who of a process may write to a SQLite file now: it has one writer at a time, and its own way of waiting is to sleep and try again.
///
/// Promise   One holder at a time. Those that must not wait (the journal) go before those that may (snapshots), so that a long job made of
///           short transactions holds up a commit by one of these at most.
/// Threads   any; a turn ends on the thread that took it.
/// Processes other ones are kept away by SQLite's own lock (busy timeout).

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace dotmac {

class sqlite_turns {
public:
  enum class kind { first, patient };

  /// False where it was not to be had within `timeout`.
  bool take(kind wanted, std::chrono::milliseconds timeout) {
    std::unique_lock lock{mutex_};
    const bool goes_first = wanted == kind::first;
    auto& waiting = goes_first ? first_ : patient_;
    ++waiting;
    const bool is_mine = freed_.wait_for(lock, timeout, [&] { return !taken_ && (goes_first || first_ == 0); });
    --waiting;
    taken_ = taken_ || is_mine;
    return is_mine;
  }

  void end() {
    {
      const std::lock_guard lock{mutex_};
      taken_ = false;
    }
    freed_.notify_all();
  }

  std::size_t waiting() {
    const std::lock_guard lock{mutex_};
    return first_ + patient_;
  }

private:
  std::mutex mutex_;
  std::condition_variable freed_;
  bool taken_ = false;
  std::size_t first_ = 0; ///< waiting
  std::size_t patient_ = 0;
};

} // namespace dotmac
