#pragma once

/// The values of one metric: takes in samples, answers questions. Decisions are metric_series' (core/metrics/).

#include "core/metrics/metric_series.hpp"
#include "runtime/actor/entity_shell.hpp"

namespace dotmac {

using metric_shell = entity_shell<metric_series>;
using metric_shell_actor = shell_of<metric_actor>;

metric_shell_actor::behavior_type run_metric_actor(metric_shell_actor::stateful_pointer<metric_shell> self, entity_id id,
                                                   shard_claim claim, actor_environment environment, std::string path,
                                                   metric_definition definition, tenant_actor supervisor);

} // namespace dotmac
