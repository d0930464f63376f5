#pragma once

/// The values of one metric: takes in samples, answers questions. Decisions are metric_series' (core/metrics/metric_series.hpp);
/// durability is journaled_entity's; questions run on scan workers over immutable views.

#include "actors/metric_domain.hpp"
#include "runtime/actor/entity_shell.hpp"

namespace dotmac {

using metric_shell = entity_shell<metric_domain>;
using metric_shell_actor = shell_of<metric_actor>;

metric_shell_actor::behavior_type run_metric_actor(metric_shell_actor::stateful_pointer<metric_shell> self, entity_id id,
                                                   shard_claim claim, actor_environment environment, actor_place place,
                                                   metric_definition definition, tenant_actor supervisor);

} // namespace dotmac
