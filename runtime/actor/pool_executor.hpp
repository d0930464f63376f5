#pragma once

/// Lends the free threads of a worker pool to one question that already runs on one of them.
///
/// Promise   as core/events/scan_context.hpp. `run` waits for those that began, never for those that have not: a full pool costs speed, and no
///           question waits for another.
/// Threads   one `run` at a time.

#include "core/events/scan_context.hpp"
#include "runtime/actor/worker_pool.hpp"

#include <memory>
#include <string>

namespace dotmac {

class pool_executor final : public scan_executor {
public:
  pool_executor(worker_pool& pool, std::string tenant) : pool_{pool}, tenant_{std::move(tenant)} {}

  std::size_t width() const noexcept override { return pool_.width(); }

  void run(const std::function<void(std::size_t)>& work) override {
    const auto shared = std::make_shared<state>();
    for (std::size_t i = 1; i < width(); ++i) {
      const bool is_taken = pool_.submit(tenant_, {[shared, &work, i](std::size_t) {
                                                     if (!shared->begin())
                                                       return;
                                                     work(i);
                                                     shared->end();
                                                   }, {}});
      if (!is_taken)
        break;
    }
    work(0);
    shared->close();
  }

private:
  /// `work` is gone once it is closed: nobody may begin after that.
  struct state {
    std::mutex mutex;
    std::condition_variable ended;
    std::size_t running = 0;
    bool is_closed = false;

    bool begin() {
      const std::lock_guard lock{mutex};
      running += !is_closed;
      return !is_closed;
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

  worker_pool& pool_;
  const std::string tenant_;
};

} // namespace dotmac
