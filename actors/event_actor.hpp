#pragma once

/// The events of one partition of one tenant: takes in blocks, answers questions. Decisions are event_partition's
/// (core/events/event_partition.hpp); durability is journaled_entity's (runtime/actor/journaled_entity.hpp); scans run on scan
/// workers over immutable views, so that taking in never waits behind a question.

#include "actors/event_domain.hpp"
#include "actors/event_removals.hpp"
#include "actors/event_watchers.hpp"
#include "runtime/actor/entity_shell.hpp"

namespace dotmac {

struct event_shell : entity_shell<event_domain> {
  event_watchers watchers;
  removal_work removals;
};
using event_shell_actor = shell_of<event_actor>;

event_shell_actor::behavior_type run_event_actor(event_shell_actor::stateful_pointer<event_shell> self, entity_id id,
                                                 shard_claim claim, actor_environment environment, actor_place place,
                                                 tenant_actor supervisor);

} // namespace dotmac
