#include "api/fair_workers.hpp"

namespace dotmac {
fair_workers::fair_workers(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] { work(); });
}

void fair_workers::submit(const std::string& tenant, task what) {
  const std::lock_guard lock{mutex_};
  if (stopping_)
    return;
  auto& mine = waiting_[tenant];
  if (mine.empty())
    turns_.push_back(tenant);
  mine.push_back(std::move(what));
  wake_.notify_one();
}

void fair_workers::stop() {
  std::map<std::string, std::deque<task>> left;
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    left.swap(waiting_);
    turns_.clear();
    wake_.notify_all();
  }
  left.clear(); // whoever waits for these hears of it now
  for (auto& each : threads_)
    if (each.joinable())
      each.join();
}

/// The first task of the tenant whose turn it is; the tenant goes to the end where it has more.
fair_workers::task fair_workers::take_turn() {
  const auto tenant = std::move(turns_.front());
  turns_.pop_front();
  const auto mine = waiting_.find(tenant);
  auto what = std::move(mine->second.front());
  mine->second.pop_front();
  if (mine->second.empty())
    waiting_.erase(mine);
  else
    turns_.push_back(tenant);
  return what;
}

void fair_workers::work() {
  for (;;) {
    std::unique_lock lock{mutex_};
    wake_.wait(lock, [this] { return stopping_ || !turns_.empty(); });
    if (stopping_)
      return;
    auto what = take_turn();
    lock.unlock();
    try {
      what();
    } catch (const std::exception&) { // what the task owns is destroyed below, and says so to whoever waits
    }
    what = {};
  }
}

} // namespace dotmac
