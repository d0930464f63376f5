#pragma once

/// The running actors as JSON for administrators, and the node's figures in Prometheus' text format (version 0.0.4).

#include "runtime/actor/actor_figures.hpp"
#include "runtime/actor/journal_writer.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>

namespace dotmac {

/// Filters: kind and tenant (equal), path (begins with), limit (default 1000).
nlohmann::json describe_actors(figures_registry& registry, const std::map<std::string, std::string>& filters);

/// Series by kind of actor, never by tenant: their number is bounded.
std::string prometheus_text(figures_registry& registry, const journal_writer_figures& journal, std::size_t calls_waiting);

} // namespace dotmac
