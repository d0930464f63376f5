#include "runtime/actor/worker_pool.hpp"

#include <utility>

namespace dotmac {

worker_pool::worker_pool(std::size_t threads, std::size_t waiting_max) : waiting_max_{waiting_max} {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this, i] { work(i); });
}

worker_pool::~worker_pool() { stop(); }

bool worker_pool::submit(task work) {
  {
    const std::lock_guard lock{mutex_};
    if (stopped_ || tasks_.size() >= waiting_max_)
      return false;
    tasks_.push_back(std::move(work));
  }
  wake_.notify_one();
  return true;
}

std::size_t worker_pool::waiting() const {
  const std::lock_guard lock{mutex_};
  return tasks_.size();
}

void worker_pool::stop() {
  std::deque<task> dropped;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    dropped.swap(tasks_);
  }
  wake_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable())
      thread.join();
  for (auto& each : dropped)
    if (each.dropped)
      each.dropped();
}

void worker_pool::work(std::size_t worker) {
  for (;;) {
    task next;
    {
      std::unique_lock lock{mutex_};
      wake_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
      if (stopped_)
        return;
      next = std::move(tasks_.front());
      tasks_.pop_front();
    }
    try {
      next.run(worker);
    } catch (const std::exception& why) {
      if (next.failed)
        next.failed(why.what());
    }
  }
}

} // namespace dotmac
