#pragma once

/// One tenant: its definitions (decided by core/tenancy/tenant_state.hpp) and the supervisor of its event, metric and dashboard actors.

#include "actors/child_table.hpp"
#include "core/tenancy/tenant_state.hpp"
#include "runtime/actor/entity_shell.hpp"

namespace dotmac {

inline constexpr std::size_t active_children_per_tenant_max = 20'001; ///< the event partition, every metric and every dashboard

struct tenant_shell : entity_shell<tenant_state> {
  child_table children{restart_policy{}, active_children_per_tenant_max};
  std::string path;
  std::multiset<std::string> dashboards_being_made; ///< ids
};
using tenant_shell_actor = shell_of<tenant_actor>;

tenant_shell_actor::behavior_type run_tenant_actor(tenant_shell_actor::stateful_pointer<tenant_shell> self,
                                                   std::string tenant, shard_claim claim, actor_environment environment,
                                                   actor_place place, shard_actor supervisor);

} // namespace dotmac
