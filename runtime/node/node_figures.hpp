#pragma once

/// The running actors as JSON for administrators, and the node's figures in Prometheus' text format (version 0.0.4).

#include "api/gateway.hpp"
#include "runtime/actor/actor_figures.hpp"
#include "runtime/actor/answer_cache.hpp"
#include "runtime/actor/journal_writer.hpp"
#include "runtime/actor/scratch_memory.hpp"
#include "runtime/actor/segment_cache.hpp"
#include "runtime/node/lease_keeper.hpp"


namespace dotmac {

struct node_condition {
  std::optional<failure> outage; ///< of writes
  journal_writer_figures written;
  store_check store;
  std::size_t calls_waiting = 0;
  segment_cache::figures stored_columns;
  scratch_memory::figures scratch;
  answer_cache::figures answers;
  struct cluster_condition {
    std::size_t nodes = 0, shards_served = 0, calls_waiting = 0;
    bool is_coordinator = false;
  };
  std::optional<cluster_condition> cluster; ///< of a node that is not alone
};
/// {"name": {"status", "latency_ms", ...}}. The store is unavailable where writes fail, degraded where it did not answer the last renewal of
/// leases, whose duration is its latency. Actors are degraded while any of them failed within `failure_shown_for` and was not started again;
/// their latency is the mean time on their threads per message. The cache of stored columns is degraded while it knows of a damaged one; its latency is the mean
/// time to read a column from the store. Redis is degraded from a failure to its next answer; nothing waits for it.
nlohmann::json describe_components(const node_condition& now, figures_registry& registry);
inline constexpr std::chrono::seconds failure_shown_for{60};

/// As an entry of the list.
nlohmann::json describe_figures(figures_registry& registry, const actor_figures& of);
actor_list describe_actors(figures_registry& registry, const actor_list_question& asked);

/// Series by kind of actor, never by tenant: their number is bounded, and everybody may read them.
std::string prometheus_text(figures_registry& registry, const node_condition& now);

/// Series by actor, of the `actors_max` that were busy longest.
std::string prometheus_text_of_actors(figures_registry& registry, const actor_selection& which, std::size_t actors_max);

} // namespace dotmac
