#pragma once

/// One dashboard: takes edits, shows any version. Decisions are dashboard_state's (core/dashboards/dashboard_state.hpp); durability is journaled_entity's.
///
/// Promise   An edit is answered once it is durable and its tenant knows it: lists show it from then on. An edit that was made and could not be told to the
///           tenant is answered with the error of that; the same edit again (its edit_id) tells it again, and so does the next start of the actor.
/// Errors    those of dashboard_state, and already_exists of the tenant's names.

#include "core/dashboards/dashboard_state.hpp"
#include "runtime/actor/entity_shell.hpp"

namespace dotmac {

/// For administrators.
state_summary summary_of(dashboard_state& state);

using dashboard_shell = entity_shell<dashboard_state>;
using dashboard_shell_actor = shell_of<dashboard_actor>;

dashboard_shell_actor::behavior_type run_dashboard_actor(dashboard_shell_actor::stateful_pointer<dashboard_shell> self, entity_id id, shard_claim claim,
                                                         actor_environment environment, actor_place place, tenant_actor supervisor);

} // namespace dotmac
