#pragma once

/// Threads of our own for work that blocks (the store) or takes long (scans), so that no actor's thread ever does either.
///
/// Promise    Tenants take turns; tasks of one start in the order in which they came. Each is run once, or, when the pool stops first,
///            dropped after `dropped` was called for it. `waiting_max` tasks wait, by the rule of core/admission/fair_queue.hpp:
///            `submit` refuses the next one, of whoever has the most first.
/// Lending    A thread with no task to do takes lent work. Lent work waits for nothing and is owed to nobody: what finds no free thread is never run.
/// Errors     A task that throws ends alone: its `failed` is called with what it said, and its thread goes on.
/// Threads    `submit` from any thread. Tasks run on the pool's threads.
/// Crash      nothing here outlives the process.

#include "core/admission/fair_queue.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dotmac {

/// A thread that is above zero nice runs so long at a stretch where another one waits, from Linux 6.12 on: what wakes up need not wait for the system's slice of milliseconds.
inline constexpr std::chrono::microseconds slice_of_nice_threads{100};

class worker_pool {
public:
  struct task {
    std::function<void(std::size_t worker)> run; ///< `worker` counts from zero
    std::function<void()> dropped;               ///< may be empty
    std::function<void(const std::string& what)> failed{}; ///< may be empty
  };

  struct threads_of {
    const char* name = "workers"; ///< in the lists of the operating system: 15 bytes at most, a literal
    int niceness = 0;             ///< above zero: they give way to the others. Such a task must hold no lock that others want.
    bool take_idle_time_only = false; ///< they run where nobody else would, and make room at once. The same of locks.
  };
  worker_pool(std::size_t threads, std::size_t waiting_max, threads_of kind);
  ~worker_pool();
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  /// False when full or stopped: the task was not taken.
  bool submit(const std::string& tenant, task work);
  std::size_t waiting() const;
  /// Offers `run` to up to `copies` free threads. Each call of it should end soon where `waiting` says that tasks wait.
  void lend(const std::shared_ptr<std::function<void()>>& run, std::size_t copies);
  /// What was lent and has not begun will not begin.
  void take_back(const std::shared_ptr<std::function<void()>>& run);
  std::size_t width() const noexcept { return threads_.size(); }
  /// Finishes the tasks that run, drops those that wait, joins. Called by the destructor too.
  void stop();

private:
  void work(std::size_t worker);

  const std::size_t waiting_max_;
  const threads_of kind_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  fair_queue<task> tasks_;
  std::deque<std::shared_ptr<std::function<void()>>> lent_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

} // namespace dotmac
