#include "runtime/actor/worker_pool.hpp"

#include <utility>

#include <pthread.h>
#include <sys/resource.h>

namespace dotmac {

worker_pool::worker_pool(std::size_t threads, std::size_t waiting_max, threads_of kind) : waiting_max_{waiting_max}, kind_{kind} {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this, i] { work(i); });
}

worker_pool::~worker_pool() { stop(); }

bool worker_pool::submit(const std::string& tenant, task work) {
  {
    const std::lock_guard lock{mutex_};
    if (stopped_ || !tasks_.has_room_for(tenant, waiting_max_))
      return false;
    tasks_.push(tenant, std::move(work));
  }
  wake_.notify_one();
  return true;
}

void worker_pool::lend(const std::shared_ptr<std::function<void()>>& run, std::size_t copies) {
  {
    const std::lock_guard lock{mutex_};
    if (stopped_)
      return;
    lent_.insert(lent_.end(), copies, run);
  }
  wake_.notify_all();
}

void worker_pool::take_back(const std::shared_ptr<std::function<void()>>& run) {
  const std::lock_guard lock{mutex_};
  std::erase(lent_, run);
}

std::size_t worker_pool::waiting() const {
  const std::lock_guard lock{mutex_};
  return tasks_.size();
}

void worker_pool::stop() {
  std::vector<task> dropped;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    dropped = tasks_.take_all();
    lent_.clear();
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
  ::pthread_setname_np(::pthread_self(), kind_.name);
  if (kind_.niceness > 0)
    ::setpriority(PRIO_PROCESS, 0, kind_.niceness); // in Linux: of the calling thread. To be less nice is refused, to be nicer never is.
  for (;;) {
    task next;
    {
      std::unique_lock lock{mutex_};
      wake_.wait(lock, [this] { return stopped_ || !tasks_.empty() || !lent_.empty(); });
      if (stopped_)
        return;
      if (tasks_.empty()) {
        const auto run = lent_.front();
        lent_.pop_front();
        lock.unlock();
        (*run)();
        continue;
      }
      next = tasks_.pop();
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
