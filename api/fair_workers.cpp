#include "api/fair_workers.hpp"

#include <pthread.h>

namespace dotmac {
fair_workers::fair_workers(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] { work(); });
}

void fair_workers::submit(const std::string& tenant, task what) {
  const std::lock_guard lock{mutex_};
  if (stopping_)
    return;
  waiting_.push(tenant, std::move(what));
  wake_.notify_one();
}

void fair_workers::stop() {
  std::vector<task> left;
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    left = waiting_.take_all();
    wake_.notify_all();
  }
  left.clear(); // whoever waits for these hears of it now
  for (auto& each : threads_)
    if (each.joinable())
      each.join();
}

void fair_workers::work() {
  ::pthread_setname_np(::pthread_self(), "bodies");
  for (;;) {
    std::unique_lock lock{mutex_};
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_)
      return;
    auto what = waiting_.pop();
    lock.unlock();
    try {
      what();
    } catch (const std::exception&) { // what the task owns is destroyed below, and says so to whoever waits
    }
    what = {};
  }
}

} // namespace dotmac
