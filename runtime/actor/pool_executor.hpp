#pragma once

/// Lends the free threads of a worker pool to one question that runs on a thread elsewhere.
///
/// Promise   as core/events/scan_context.hpp. `run` waits for those that began, never for those that have not: a busy pool costs speed, and no
///           question waits for another. A lent thread that hardly gets to run, because the machine is busy with what goes before questions, leaves
///           (is_wanted_elsewhere): the question is better off without waiting for it.
/// Threads   one `run` at a time.

#include "core/events/scan_context.hpp"
#include "runtime/actor/core_share.hpp"
#include "runtime/actor/worker_pool.hpp"

#include <ctime>
#include <memory>

namespace dotmac {

class pool_executor final : public scan_executor {
public:
  /// None: the question has its own thread alone.
  explicit pool_executor(worker_pool* helpers) : helpers_{helpers} {}

  std::size_t width() const noexcept override { return 1 + (helpers_ == nullptr ? 0 : helpers_->width()); }
  bool is_wanted_elsewhere() const override {
    const auto now = steady_now();
    return !share().is_too_soon(now) && share().is_small(now, ran());
  }

  void run(std::size_t threads_max, const std::function<void(std::size_t)>& work) override {
    const auto shared = std::make_shared<state>();
    const auto lent = std::make_shared<std::function<void()>>([shared, &work] {
      if (const auto number = shared->begin(); number > 0) {
        const leaving after{*shared};
        share().start(steady_now(), ran());
        work(number);
      }
    });
    const std::size_t width_used = std::min(threads_max, width());
    if (width_used > 1)
      helpers_->lend(lent, width_used - 1);
    const closing at_the_end{helpers_, lent, *shared};
    work(0);
  }

private:
  /// `work` is gone once it is closed: nobody may begin after that.
  struct state {
    std::mutex mutex;
    std::condition_variable ended;
    std::size_t running = 0;
    std::size_t begun = 0;
    bool is_closed = false;

    /// The number of the thread; 0: too late.
    std::size_t begin() {
      const std::lock_guard lock{mutex};
      if (is_closed)
        return 0;
      ++running;
      return ++begun;
    }
    void end() {
      const std::lock_guard lock{mutex};
      --running;
      ended.notify_all();
    }
    void close() {
      std::unique_lock lock{mutex};
      is_closed = true;
      ended.wait(lock, [this] { return running == 0; });
    }
  };
  struct leaving {
    state& of;
    ~leaving() { of.end(); }
  };
  struct closing {
    worker_pool* helpers;
    const std::shared_ptr<std::function<void()>>& lent;
    state& of;
    ~closing() {
      if (helpers != nullptr)
        helpers->take_back(lent);
      of.close();
    }
  };

  /// Of the calling thread.
  static core_share& share() {
    static thread_local core_share of_thread;
    return of_thread;
  }
  static core_share::time steady_now() { return std::chrono::steady_clock::now().time_since_epoch(); }
  static core_share::time ran() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
  }

  worker_pool* helpers_;
};

} // namespace dotmac
