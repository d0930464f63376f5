#pragma once

/// What the console can do to nodes, shards, actors and dead letters: the call for each, and what a person is asked before it.

#include "core/describe/json.hpp"

#include <cstdint>
#include <string>

namespace dotmac::console {

struct act {
  std::string name;     ///< "drain node-a": for the line that tells how it went
  std::string question; ///< what exactly will be done
  std::string method, path;
  json body = nullptr;
};

enum class schedule : std::uint8_t { drain, cordon, serve };
act schedule_node(const std::string& node, schedule as);
act rebalance_cluster();
act move_shard(const std::string& shard, const std::string& owner, const std::string& to);
act release_shard(const std::string& shard);

enum class actor_end : std::uint8_t { passivate, restart };
/// `is_tenant`: its events and metrics go along.
act end_actor(const std::string& path, const std::string& node, bool is_tenant, actor_end how);

enum class letter_end : std::uint8_t { replay, discard };
act end_letter(const std::string& id, const std::string& actor, letter_end how);

} // namespace dotmac::console
