#include "runtime/actor/worker_pool.hpp"

#include <utility>

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace dotmac {

namespace {

/// As the system call wants it; the C library of Debian 12 has neither.
struct scheduling {
  std::uint32_t size = sizeof(scheduling);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t niceness = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0; ///< nanoseconds at a stretch
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};
static_assert(sizeof(scheduling) == 48);

/// In Linux, of the calling thread. To be nicer is never refused; what an old kernel does not know costs others waiting, and is no error.
void give_way(const worker_pool::threads_of& kind) {
  if (constexpr sched_param none{}; kind.take_idle_time_only)
    ::pthread_setschedparam(::pthread_self(), SCHED_IDLE, &none);
  if (kind.niceness == 0)
    return;
  ::setpriority(PRIO_PROCESS, 0, kind.niceness);
  scheduling wanted;
  wanted.niceness = kind.niceness;
  wanted.runtime = static_cast<std::uint64_t>(std::chrono::nanoseconds{slice_of_nice_threads}.count());
  ::syscall(SYS_sched_setattr, 0, &wanted, 0);
}

} // namespace

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
  give_way(kind_);
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
