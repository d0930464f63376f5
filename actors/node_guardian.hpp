#pragma once

/// One node's outermost supervisor: a shard manager for every shard that the node owns.

#include "actors/supervision.hpp"

namespace dotmac {

struct node_shell {
  child_table children{never_give_up, shard_count};
  actor_environment environment;
  std::shared_ptr<actor_figures> figures;
  std::map<std::uint16_t, shard_claim> claims;
  std::string path;
};
using node_guardian_pointer = node_actor::stateful_pointer<node_shell>;

node_actor::behavior_type run_node_guardian(node_guardian_pointer self, std::vector<shard_claim> claims,
                                            actor_environment environment, std::string path);

} // namespace dotmac
