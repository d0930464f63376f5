#pragma once

/// One actor for administrators: its figures and what it holds, what went wrong with it, its snapshots in the store.
///
/// Errors    not_found: nobody knows anything of it.
/// Threads   any; each `answer` is called once, from any thread.
/// Cost      a message to the actor; a round trip to the store. A snapshot is read whole.

#include "api/node_acts.hpp"
#include "runtime/actor/actor_figures.hpp"
#include "runtime/actor/store_pool.hpp"

namespace dotmac {

inline constexpr std::size_t segments_shown_max = 1'000; ///< the newest

/// On the node where it runs, without its snapshots: {"running", figures, "state", "last_failures"}. An actor that does not run may have failed.
void describe_actor(figures_registry& registry, const std::string& path, const json_answer& answer);
/// Adds "snapshots" of the store that all nodes share. An actor of which nothing was found before and nothing is stored is not_found.
void add_snapshots(store_pool& stores, nlohmann::json details, const json_answer& answer);
/// What is written in one: its text where it is a tenant's, without what keys could be found by; of others their segments.
void read_snapshot(store_pool& stores, const snapshot_question& asked, const json_answer& answer);

} // namespace dotmac
