#pragma once

/// The tenants of one shard: started on their first message, let go when idle, restarted when they fail.

#include "actors/supervision.hpp"

namespace dotmac {

inline constexpr std::size_t active_tenants_per_shard_max = 10'000;

struct shard_shell {
  child_table children{never_give_up, active_tenants_per_shard_max};
  actor_environment environment;
  std::shared_ptr<actor_figures> figures;
  shard_claim claim;
  std::string path;
};
/// The last part of its path.
inline std::string shard_name(std::uint16_t shard) { return "shard-" + std::to_string(shard); }

using shard_manager_pointer = shard_actor::stateful_pointer<shard_shell>;

shard_actor::behavior_type run_shard_manager(shard_manager_pointer self, shard_claim claim, actor_environment environment,
                                             std::string node_path, node_actor supervisor);

} // namespace dotmac
