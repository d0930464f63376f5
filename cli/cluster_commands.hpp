#pragma once

/// What operators see of the nodes of a cluster, and do with them, through any one of them.
///
/// Returns  as commands.hpp.

#include "cli/commands.hpp"

namespace dotmac {

struct node_request {
  std::string node, scheduling; ///< serve, cordon, drain
  int wait_seconds = 0;         ///< for its shards to be gone; 0: not at all
};
struct shard_request {
  int shard = 0;
  std::string node; ///< empty: anywhere
  int wait_seconds = 0;
};

int run_cluster_status(const command_context& context);
int run_cluster_shards(const command_context& context, const std::string& node);
int run_place_of_tenant(const command_context& context, const std::string& tenant);
int run_schedule_node(const command_context& context, const node_request& asked);
int run_place_shard(const command_context& context, const shard_request& asked);
int run_rebalance(const command_context& context, int wait_seconds);

} // namespace dotmac
