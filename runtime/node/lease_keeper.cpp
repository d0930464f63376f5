#include "runtime/node/lease_keeper.hpp"

#include <spdlog/spdlog.h>

#include <pthread.h>

namespace dotmac {

result<std::vector<shard_claim>> lease_keeper::start(bool is_alone) {
  auto opened = stores_->open();
  if (!opened)
    return opened.error();
  session_ = std::move(*opened);
  is_alone_ = is_alone;
  if (auto announced = session_->leases().announce(owner_); !announced)
    return announced.error();
  if (is_alone)
    if (auto ended = end_leases(nullptr); !ended)
      return ended.error();
  auto claimed = claim_all();
  if (!claimed)
    return claimed.error();
  held_ = *claimed;
  thread_ = std::thread{[this] {
    ::pthread_setname_np(::pthread_self(), "leases");
    keep();
  }};
  return claimed;
}

result<std::vector<shard_claim>> lease_keeper::claim_all() {
  std::vector<shard_id> all;
  for (std::uint16_t shard = 0; shard < shard_count; ++shard)
    all.push_back(shard_id{shard});
  const auto give_up_at = std::chrono::steady_clock::now() + lease + renew_every;
  for (;;) {
    const auto asked_at = std::chrono::steady_clock::now();
    auto claimed = session_->leases().claim_shards(owner_, all, lease);
    if (claimed && claimed->size() == shard_count)
      extend(asked_at);
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
  using clock = std::chrono::steady_clock;
  auto renew_at = clock::now() + renew_every;
  auto look_at = clock::now() + look_every;
  bool was_well = true;
  std::unique_lock lock{mutex_};
  while (!wake_.wait_for(lock, announce_every, [this] { return stopping_; })) {
    auto found = session_->leases().announce(owner_);
    const auto now = clock::now();
    // While the store is out its renewals come as often as the looks: whether it takes writes again is seen by a write.
    const bool is_renewal = now >= renew_at || (!was_well && now >= look_at);
    if (is_renewal) {
      found = renew();
      renew_at = clock::now() + renew_every;
    } else if (now >= look_at) {
      found = session_->ping();
    }
    if (is_lost_)
      return;
    if (is_renewal || now >= look_at)
      look_at = clock::now() + look_every;
    if (!found || is_renewal)
      hooks_.on_look(found);
    if (!found && was_well)
      spdlog::warn("leases cannot be kept: {}", text_for_log(found.error()));
    was_well = found ? was_well || is_renewal : false;
  }
}

result<void> lease_keeper::renew() {
  const auto asked_at = std::chrono::steady_clock::now();
  const auto renewed = session_->leases().renew_leases(owner_, held_, lease);
  {
    const std::lock_guard lock{check_mutex_};
    last_check_ = {bool(renewed), std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - asked_at)};
  }
  if (!renewed)
    return renewed.error();
  if (renewed->size() == held_.size())
    extend(asked_at);
  else
    lose(held_.size() - renewed->size());
  return {};
}

void lease_keeper::extend(std::chrono::steady_clock::time_point asked_at) { ends_at_ = (asked_at + lease).time_since_epoch().count(); }

void lease_keeper::lose(std::size_t shards) {
  is_lost_ = true;
  spdlog::critical("{} of {} shards are owned by another node now: this one was too long away, and ends; started anew it can take over again", shards, held_.size());
  hooks_.on_lost();
}

store_check lease_keeper::last_check() const {
  const std::lock_guard lock{check_mutex_};
  return last_check_;
}

bool lease_keeper::holds() const noexcept {
  if (is_lost_)
    return false;
  return is_alone_ || (std::chrono::steady_clock::now() + margin).time_since_epoch().count() < ends_at_;
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
    spdlog::warn("leases not given up: {}", text_for_log(released.error()));
}

} // namespace dotmac
