#pragma once

/// Lends the free threads of a worker pool to one question that already runs on one of them.
///
/// Promise   as core/events/scan_context.hpp. `run` waits for those that began, never for those that have not: a busy pool costs speed, and no
///           question waits for another. Lent threads leave for questions that wait (is_wanted_elsewhere).
/// Threads   one `run` at a time.

#include "core/events/scan_context.hpp"
#include "runtime/actor/worker_pool.hpp"

#include <memory>

namespace dotmac {

class pool_executor final : public scan_executor {
public:
  explicit pool_executor(worker_pool& pool) : pool_{pool} {}

  std::size_t width() const noexcept override { return pool_.width(); }
  bool is_wanted_elsewhere() const override { return pool_.waiting() > 0; }

  void run(std::size_t threads_max, const std::function<void(std::size_t)>& work) override {
    const auto shared = std::make_shared<state>();
    const auto lent = std::make_shared<std::function<void()>>([shared, &work] {
      if (const auto number = shared->begin(); number > 0) {
        const leaving after{*shared};
        work(number);
      }
    });
    const std::size_t width_used = std::min(threads_max, width());
    if (width_used > 1)
      pool_.lend(lent, width_used - 1);
    const closing at_the_end{pool_, lent, *shared};
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
    worker_pool& pool;
    const std::shared_ptr<std::function<void()>>& lent;
    state& of;
    ~closing() {
      pool.take_back(lent);
      of.close();
    }
  };

  worker_pool& pool_;
};

} // namespace dotmac
