#pragma once

/// A node's part in the cluster: what it asks of the database next, and what its actors shall do. Pure; whoever drives it makes one request
/// at a time and tells the answer, in a loop:
///
///     if (auto request = agent.next(now()))
///       agent.note_answer(asked_at, now(), *request, carry_out(*request, ...));
///     for (const auto& act : agent.take_acts())
///       ...
///     wait until agent.wake_at(), a notification, or an event of the actors
///
/// Promise   as shard_ownership. It joins by itself, and anew (another incarnation, no shards) after it was declared dead.
///           A node asked to leave stays until others have its shards; where nobody can, or after `leave_within`, it gives them up.
/// Errors    A request that failed is made again after `retry_after`; meanwhile leases run down, and `holds` with them.

#include "cluster/cluster_requests.hpp"
#include "cluster/coordination.hpp"

namespace dotmac {

struct agent_limits {
  ownership_limits ownership;
  coordination_limits coordination;
  std::chrono::milliseconds renew_every{1'500};
  std::chrono::milliseconds beat_every{1'000};
  std::chrono::milliseconds read_every{500}; ///< notifications make it sooner
  std::chrono::milliseconds retry_after{100};
  std::chrono::milliseconds leave_within{30'000};
};

class node_agent {
public:
  node_agent(node_card card, agent_limits limits) : card_{std::move(card)}, limits_{limits}, ownership_{limits.ownership}, coordination_{limits.coordination} {}

  std::optional<cluster_request> next(steady_time now);
  void note_answer(steady_time asked_at, steady_time now, const cluster_request& request, result<cluster_answer> answer);
  void note_prepared(const shard_claim& claim) { ownership_.note_prepared(claim); }
  void note_stopped(const shard_claim& claim) { ownership_.note_stopped(claim); }
  /// Somebody changed the tables, or a connection to another node broke.
  void note_change() noexcept {
    view_due_ = steady_time::min();
    ++changes_;
  }
  /// Members whose addresses should be tried, and what was found: nobody listens there. Soon after: it may be somebody else's next.
  std::vector<node_name> to_probe() const { return name_ ? coordination_.absent() : std::vector<node_name>{}; }
  void note_refused(const node_name& name, steady_time now);
  void leave(steady_time now);

  std::vector<shard_act> take_acts() { return ownership_.take_acts(); }
  /// When `next` may have something again that it has not now, if nothing is noted before.
  steady_time wake_at() const noexcept;
  bool admits(shard_id shard, steady_time now) const noexcept { return ownership_.admits(shard, now); }
  bool holds(shard_id shard, steady_time now) const noexcept { return ownership_.holds(shard, now); }
  bool has_left() const noexcept { return has_left_; }
  bool is_coordinator() const noexcept { return coordination_epoch_.has_value(); }
  const std::optional<node_name>& name() const noexcept { return name_; }
  const cluster_view& view() const noexcept { return coordination_.view(); }
  const shard_ownership& ownership() const noexcept { return ownership_; }

private:
  std::optional<cluster_request> next_of_member(steady_time now);
  std::optional<cluster_request> next_of_coordinator(steady_time now);
  void note_view(steady_time asked_at, cluster_view view);
  void be_declared_dead();
  bool may_coordinate() const noexcept { return card_.takes_shards && !has_given_up_; }
  bool can_nobody_take_over() const;

  node_card card_;
  agent_limits limits_;
  shard_ownership ownership_;
  coordination coordination_;
  std::optional<node_name> name_;
  std::optional<ownership_epoch> coordination_epoch_;
  bool is_planned_ = true; ///< of the last view
  std::uint64_t changes_ = 0, changes_before_view_ = 0; ///< a view that was asked for before a change may not show it
  bool has_left_ = false;
  std::optional<steady_time> leave_until_;
  bool has_given_up_ = false;
  steady_time not_before_ = steady_time::min(); ///< after a failure
  steady_time renew_due_ = steady_time::min(), beat_due_ = steady_time::min(), view_due_ = steady_time::min(), coordinate_due_ = steady_time::min();
};

} // namespace dotmac
