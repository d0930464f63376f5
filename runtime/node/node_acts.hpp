#pragma once

/// Carries out what administrators want of nodes and actors. Each act is in the audit log before it is begun.
///
/// Errors    not_found: no such node, no such running actor. validation_failed: a node that owns no shards, an actor
///           that cannot be acted upon.
/// Threads   any; `answer` comes once, from any thread.

#include "api/node_acts.hpp"
#include "persistence/ports/cluster_table.hpp"
#include "runtime/actor/actor_figures.hpp"
#include "runtime/actor/store_pool.hpp"

namespace dotmac {

/// Of a node that is not alone.
void carry_out_cluster_act(store_pool& stores, const cluster_act& act, const act_origin& origin, const act_answer& answer);

/// Writes the entry, then calls `act`: for an actor, wherever it runs.
void audit_actor_act(store_pool& stores, const actor_act& act, const act_origin& origin, const std::string& node, act_answer act_it, act_answer answer);
/// On the node where the actor runs.
result<void> carry_out_actor_act(figures_registry& registry, const actor_act& act);

} // namespace dotmac
