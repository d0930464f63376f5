#pragma once

/// The tenants of one shard: started on their first message, let go when idle, restarted when they fail.

#include "actors/child_table.hpp"
#include "runtime/actor/entity_shell.hpp"

namespace dotmac {

inline constexpr std::size_t active_tenants_per_shard_max = 10'000;

struct shard_shell {
  child_table children{restart_policy{}, active_tenants_per_shard_max};
  actor_environment environment;
  std::shared_ptr<actor_figures> figures;
  shard_claim claim;
  std::string path;
  bool stopping = false;
};
using shard_manager_pointer = shard_actor::stateful_pointer<shard_shell>;

shard_actor::behavior_type run_shard_manager(shard_manager_pointer self, shard_claim claim, actor_environment environment,
                                             std::string node_path);

} // namespace dotmac
