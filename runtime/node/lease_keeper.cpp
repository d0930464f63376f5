#include "runtime/node/lease_keeper.hpp"

#include <spdlog/spdlog.h>

namespace dotmac {

result<std::vector<shard_claim>> lease_keeper::start(bool is_alone) {
  auto opened = stores_->open();
  if (!opened)
    return opened.error();
  session_ = std::move(*opened);
  if (auto announced = session_->leases().announce(owner_); !announced)
    return announced.error();
  if (is_alone)
    if (auto ended = end_leases(nullptr); !ended)
      return ended.error();
  auto claimed = claim_all();
  if (!claimed)
    return claimed.error();
  held_ = *claimed;
  thread_ = std::thread{[this] { keep(); }};
  return claimed;
}

result<std::vector<shard_claim>> lease_keeper::claim_all() {
  std::vector<shard_id> all;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard)
    all.push_back(shard_id{shard});
  const auto give_up_at = std::chrono::steady_clock::now() + lease + renew_every;
  for (;;) {
    auto claimed = session_->leases().claim_shards(owner_, all, lease);
    if (!claimed || claimed->size() == shard_count)
      return claimed;
    if (std::chrono::steady_clock::now() >= give_up_at)
      return failure{error_code::ownership_lost, "another node holds " + std::to_string(shard_count - claimed->size())
                                                     + " of the store's shards and is alive: one node at a time uses this store", {}};
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    if (auto ended = end_leases_of_the_absent(); !ended)
      return ended.error();
  }
}

result<void> lease_keeper::end_leases_of_the_absent() {
  auto absent = session_->leases().read_absent_owners();
  if (!absent)
    return absent.error();
  const auto now = std::chrono::steady_clock::now();
  std::map<std::string, std::chrono::steady_clock::time_point> away_since;
  std::set<std::string> dead;
  for (const auto& owner : *absent) {
    const auto before = away_since_.find(owner);
    const auto since = before == away_since_.end() ? now : before->second;
    away_since.emplace(owner, since);
    if (now - since >= absent_for)
      dead.insert(owner);
  }
  away_since_ = std::move(away_since);
  return dead.empty() ? result<void>{} : end_leases(&dead);
}

result<void> lease_keeper::end_leases(const std::set<std::string>* owners) {
  auto leases = session_->leases().read_leases();
  if (!leases)
    return leases.error();
  std::map<std::string, std::vector<shard_claim>> by_owner;
  for (const auto& each : *leases)
    if (!each.expired && !each.owner.empty() && each.owner != owner_ && (owners == nullptr || owners->contains(each.owner)))
      by_owner[each.owner].push_back({each.shard, each.epoch});
  for (const auto& [owner, claims] : by_owner) {
    spdlog::info("{} is gone: its {} leases are ended", owner, claims.size());
    if (auto released = session_->leases().release_shards(owner, claims); !released)
      return released;
  }
  return {};
}

void lease_keeper::keep() {
  auto renew_at = std::chrono::steady_clock::now() + renew_every;
  bool is_announced = true;
  std::unique_lock lock{mutex_};
  while (!wake_.wait_for(lock, announce_every, [this] { return stopping_; })) {
    const auto announced = session_->leases().announce(owner_);
    if (!announced && is_announced)
      spdlog::warn("this node is not seen by others: {}", announced.error().message);
    is_announced = bool(announced);
    if (std::chrono::steady_clock::now() < renew_at)
      continue;
    lock.unlock();
    const auto check = renew();
    lock.lock();
    last_check_ = check;
    renew_at = std::chrono::steady_clock::now() + renew_every;
  }
}

lease_keeper::store_check lease_keeper::last_check() const {
  const std::lock_guard lock{mutex_};
  return last_check_;
}

lease_keeper::store_check lease_keeper::renew() {
  const auto began = std::chrono::steady_clock::now();
  auto renewed = session_->leases().renew_leases(owner_, held_, lease);
  if (!renewed)
    spdlog::warn("leases not renewed: {}", renewed.error().message);
  else if (renewed->size() != held_.size())
    spdlog::error("{} shards are owned by another node now", held_.size() - renewed->size());
  return {bool(renewed), std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began)};
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
