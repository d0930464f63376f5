#pragma once

/// What a node asks of the database, as values: the decisions are made in one place, the calls in another, or in a simulation.

#include "persistence/ports/cluster_table.hpp"
#include "persistence/ports/store.hpp"

#include <variant>

namespace dotmac {

struct join_request {
  node_card card;
};
struct beat_request {
  node_name name;
  bool is_leaving = false;
};
struct renew_request {
  std::string owner;
  std::vector<shard_claim> claims;
};
struct claim_request {
  std::string owner;
  std::vector<shard_id> shards;
};
struct transfer_request {
  node_name name;
  std::vector<shard_transfer> transfers;
};
struct view_request {};
struct coordinate_request {
  node_name name;
  std::string gone; ///< an owner known to be dead; empty: nobody
};
struct bury_request {
  ownership_epoch coordination{};
  std::vector<burial> dead;
};
struct assign_request {
  ownership_epoch coordination{};
  std::vector<shard_assignment> assignments;
};
struct leave_request {
  node_name name;
};

using cluster_request = std::variant<join_request, beat_request, renew_request, claim_request, transfer_request, view_request, coordinate_request, bury_request, assign_request, leave_request>;

/// Of the same index as the request.
using cluster_answer = std::variant<node_name, bool, std::vector<shard_claim>, std::vector<shard_claim>, std::monostate, cluster_view, std::optional<ownership_epoch>, bool, bool, std::monostate>;

/// Blocks for as long as the database takes.
result<cluster_answer> carry_out(const cluster_request& request, lease_table& leases, cluster_table& cluster, std::chrono::milliseconds lease, std::span<const shard_load> loads);

} // namespace dotmac
