#pragma once

/// What the coordinator decides from what it reads: who is dead, and who shall own what. Pure.
///
/// Dead      A member whose address refuses connections while no session of its is open with the database: its process has ended. And one that
///           was silent for `silent_for`; its leases are left to run out, because a node that is merely cut off answers from memory until then.
/// Errors    A member declared dead by mistake learns it from its next heartbeat, and joins anew.

#include "cluster/placement.hpp"
#include "cluster/shard_ownership.hpp"

#include <set>

namespace dotmac {

struct coordination_limits {
  std::chrono::milliseconds silent_for{6'000};
  placement_limits placement;
};

class coordination {
public:
  explicit coordination(coordination_limits limits) : limits_{limits} {}

  void note_view(cluster_view view);
  /// Connections to its address are refused, as of now.
  void note_refused(const node_name& name);
  /// Members without a session: whether their addresses refuse connections is worth knowing.
  std::vector<node_name> absent() const;
  std::vector<burial> dead() const;
  bool has_ended(const std::string& owner) const;
  /// By the last view; nothing while members are dead: they are buried first.
  std::vector<shard_assignment> plan();
  const cluster_view& view() const noexcept { return view_; }

private:
  coordination_limits limits_;
  cluster_view view_;
  std::set<node_name> refused_; ///< members that are absent
  bool is_evening_loads_ = false;
  std::optional<std::uint64_t> rebalances_seen_;
};

} // namespace dotmac
