#pragma once

/// Tells this node's actors which shards are theirs.

#include "actors/protocol/interfaces.hpp"
#include "cluster/shard_ownership.hpp"
#include "runtime/actor/actor_figures.hpp"

#include <caf/actor_system.hpp>

namespace dotmac {

struct shard_act_hooks {
  std::function<void(const shard_claim&)> on_prepared; ///< on any thread, once, and perhaps long after the shard was left: every actor has done it or ended
  std::function<void(const shard_claim&)> on_stopped;  ///< on an actor's thread, once none of the shard's actors is left, where the act was to stop or to drop
};

/// `figures` of the guardian's actors.
void carry_out_shard_act(caf::actor_system& system, const node_actor& guardian, figures_registry& figures, const shard_act& act, shard_act_hooks hooks);

} // namespace dotmac
