#include "cluster/shard_ownership.hpp"

#include <algorithm>
#include <cassert>

namespace dotmac {

void shard_ownership::become(node_name self) {
  assert(is_empty());
  self_ = std::move(self);
  owner_ = owner_text(self_);
}

void shard_ownership::lose(shard_id shard) {
  auto& held = of(shard);
  held.can_claim = false;
  held.prepare_until.reset();
  if (held.now == phase::serving || held.now == phase::stopping) {
    held.now = phase::dropping;
    act(shard_act::kind::drop, shard);
  } else if (held.now == phase::stopped) {
    held.now = phase::none;
  }
}

void shard_ownership::stop(shard_id shard) {
  of(shard).now = phase::stopping;
  of(shard).prepare_until.reset();
  act(shard_act::kind::stop, shard);
}

void shard_ownership::look_at(steady_time asked_at, const shard_row& row) {
  auto& held = of(row.shard);
  held.wanted = row.wanted;
  if (held.now == phase::none) {
    held.can_claim = !is_leaving_ && row.wanted == self_.id && (row.is_expired || row.owner == owner_);
    return;
  }
  if (held.now == phase::dropping || asked_at < held.known_since)
    return;
  if (row.owner != owner_ || row.epoch != held.epoch)
    return lose(row.shard);
  if (held.now != phase::serving || !shall_leave(held))
    return;
  if (!held.prepare_until) {
    held.prepare_until = asked_at + limits_.prepare_within;
    act(shard_act::kind::prepare, row.shard);
  } else if (asked_at >= *held.prepare_until) {
    stop(row.shard);
  }
}

void shard_ownership::note_view(steady_time asked_at, const cluster_view& view) {
  for (const auto& row : view.shards) {
    look_at(asked_at, row);
    if (of(row.shard).now != phase::stopping && of(row.shard).now != phase::stopped)
      continue;
    const auto heir = std::find_if(view.nodes.begin(), view.nodes.end(), [&](const node_row& node) { return node.card.id == row.wanted; });
    of(row.shard).heir = heir == view.nodes.end() ? std::string{} : owner_text(heir->name());
  }
}

void shard_ownership::note_claimed(steady_time asked_at, std::span<const shard_claim> got) {
  for (auto& held : shards_)
    held.can_claim = false;
  for (const auto& claim : got) {
    auto& held = of(claim.shard);
    if (held.now != phase::none)
      continue;
    held.now = phase::serving;
    held.epoch = claim.epoch;
    held.known_since = asked_at;
    held.ends_at = asked_at + limits_.lease;
    act(shard_act::kind::start, claim.shard);
  }
}

void shard_ownership::note_renewed(steady_time asked_at, std::span<const shard_claim> asked, std::span<const shard_claim> kept) {
  for (const auto& claim : asked) {
    auto& held = of(claim.shard);
    if (held.now == phase::none || held.now == phase::dropping || held.epoch != claim.epoch)
      continue;
    if (std::find(kept.begin(), kept.end(), claim) != kept.end())
      held.ends_at = asked_at + limits_.lease;
    else
      lose(claim.shard);
  }
}

void shard_ownership::note_transferred(std::span<const shard_transfer> transfers) {
  for (const auto& each : transfers) {
    auto& held = of(each.shard);
    if (held.now == phase::stopped && held.epoch == each.epoch)
      held.now = phase::none;
    held.can_claim = false;
  }
}

void shard_ownership::note_prepared(const shard_claim& claim) {
  auto& held = of(claim.shard);
  if (held.now != phase::serving || held.epoch != claim.epoch || !held.prepare_until)
    return;
  held.prepare_until.reset();
  if (shall_leave(held)) // else it shall stay after all
    stop(claim.shard);
}

void shard_ownership::note_stopped(const shard_claim& claim) {
  auto& held = of(claim.shard);
  if (held.epoch != claim.epoch)
    return;
  if (held.now == phase::dropping) {
    held.now = phase::none;
    held.can_claim = false;
  } else if (held.now == phase::stopping) {
    held.now = phase::stopped;
    if (!is_leaving_ && held.wanted == self_.id) { // it shall stay after all
      held.now = phase::serving;
      act(shard_act::kind::start, claim.shard);
    }
  }
}

void shard_ownership::leave_all() {
  is_leaving_ = true;
  for (std::uint16_t i = 0; i < shard_count; ++i) {
    auto& held = shards_[i];
    held.can_claim = false;
    if (held.now == phase::serving)
      stop(shard_id{i});
  }
}

void shard_ownership::lose_all() {
  for (std::uint16_t i = 0; i < shard_count; ++i)
    lose(shard_id{i});
}

std::vector<shard_claim> shard_ownership::to_renew() const {
  std::vector<shard_claim> claims;
  for (std::uint16_t i = 0; i < shard_count; ++i)
    if (const auto phase_now = shards_[i].now; phase_now != phase::none && phase_now != phase::dropping)
      claims.push_back({shard_id{i}, shards_[i].epoch});
  return claims;
}

std::vector<shard_id> shard_ownership::to_claim() const {
  std::vector<shard_id> wanted;
  for (std::uint16_t i = 0; i < shard_count; ++i)
    if (shards_[i].now == phase::none && shards_[i].can_claim)
      wanted.push_back(shard_id{i});
  return wanted;
}

std::vector<shard_transfer> shard_ownership::to_transfer() const {
  std::vector<shard_transfer> transfers;
  for (std::uint16_t i = 0; i < shard_count; ++i)
    if (const auto& held = shards_[i]; held.now == phase::stopped)
      transfers.push_back({shard_id{i}, held.epoch, held.heir == owner_ ? std::string{} : held.heir});
  return transfers;
}

std::vector<shard_act> shard_ownership::take_acts() { return std::exchange(acts_, {}); }

bool shard_ownership::is_empty() const noexcept {
  return std::all_of(shards_.begin(), shards_.end(), [](const held_shard& held) { return held.now == phase::none; });
}

std::size_t shard_ownership::shards_served() const noexcept {
  return static_cast<std::size_t>(std::count_if(shards_.begin(), shards_.end(), [](const held_shard& held) { return held.now == phase::serving; }));
}

} // namespace dotmac
