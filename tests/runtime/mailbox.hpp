#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace dotmac {

/// Stands for the actor's thread: runs what was posted, on the test's thread.
class mailbox {
public:
  void post(std::function<void()> run) {
    const std::lock_guard lock{mutex_};
    tasks_.push_back(std::move(run));
    wake_.notify_one();
  }
  /// Runs tasks until `done` holds; false when nothing more came for long.
  bool run_until(const std::function<bool()>& done) {
    while (!done()) {
      std::function<void()> next;
      {
        std::unique_lock lock{mutex_};
        if (!wake_.wait_for(lock, std::chrono::seconds{10}, [this] { return !tasks_.empty(); }))
          return false;
        next = std::move(tasks_.front());
        tasks_.pop_front();
      }
      next();
    }
    return true;
  }

private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
};

} // namespace dotmac
