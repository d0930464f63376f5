#pragma once

/// Tells this node's actors which shards are theirs.

#include "actors/protocol/interfaces.hpp"
#include "cluster/shard_ownership.hpp"

#include <caf/actor_system.hpp>

namespace dotmac {

/// `on_stopped` is called on an actor's thread once none of the shard's actors is left, where the act was to stop or to drop.
void carry_out_shard_act(caf::actor_system& system, const node_actor& guardian, const shard_act& act, std::function<void(const shard_claim&)> on_stopped);

} // namespace dotmac
