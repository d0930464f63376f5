#include "runtime/node/lease_keeper.hpp"

#include <spdlog/spdlog.h>

#include <map>

namespace dotmac {

result<std::vector<shard_claim>> lease_keeper::start(bool is_alone) {
  auto opened = stores_->open();
  if (!opened)
    return opened.error();
  session_ = std::move(*opened);
  if (is_alone)
    if (auto ended = end_leases_of_the_dead(); !ended)
      return ended.error();
  std::vector<shard_id> all;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard)
    all.push_back(shard_id{shard});
  const auto give_up_at = std::chrono::steady_clock::now() + lease + renew_every;
  for (;;) {
    auto claimed = session_->leases().claim_shards(owner_, all, lease);
    if (!claimed)
      return claimed.error();
    if (claimed->size() == shard_count) {
      held_ = std::move(*claimed);
      break;
    }
    if (std::chrono::steady_clock::now() >= give_up_at)
      return failure{error_code::ownership_lost, "another node holds " + std::to_string(shard_count - claimed->size())
                                                     + " of the store's shards and is alive: one node at a time uses this store", {}};
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  thread_ = std::thread{[this] { renew(); }};
  return held_;
}

result<void> lease_keeper::end_leases_of_the_dead() {
  auto leases = session_->leases().read_leases();
  if (!leases)
    return leases.error();
  std::map<std::string, std::vector<shard_claim>> by_owner;
  for (const auto& each : *leases)
    if (!each.expired && !each.owner.empty())
      by_owner[each.owner].push_back({each.shard, each.epoch});
  for (const auto& [owner, claims] : by_owner)
    if (auto released = session_->leases().release_shards(owner, claims); !released)
      return released;
  return {};
}

void lease_keeper::renew() {
  std::unique_lock lock{mutex_};
  while (!wake_.wait_for(lock, renew_every, [this] { return stopping_; })) {
    auto renewed = session_->leases().renew_leases(owner_, held_, lease);
    if (!renewed)
      spdlog::warn("leases not renewed: {}", renewed.error().message);
    else if (renewed->size() != held_.size())
      spdlog::error("{} shards are owned by another node now", held_.size() - renewed->size());
  }
}

void lease_keeper::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable())
    return;
  thread_.join();
  if (auto released = session_->leases().release_shards(owner_, held_); !released)
    spdlog::warn("leases not given up: {}", released.error().message);
}

} // namespace dotmac
