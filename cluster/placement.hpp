#pragma once

/// Which node shall own which shard: few moves, even shares.
///
/// Promise   A shard whose node may keep it moves only to even out. Shards without such a node are placed at once, all of them; of the others
///           at most `moves_max` are on their way at a time. Counts differ by at most one between nodes that may own shards, however they came
///           to be there. Loads are evened out where the busiest node has more than `uneven_above` times the mean, until none has more than
///           `even_below` times; a shard is then exchanged for a lighter one, so that counts stay even, and only where that is no more than
///           half of the difference between the two nodes (it would come back otherwise). A shard that is pinned to a node goes there, and stays,
///           as long as that node may keep shards; the others are evened out around it.
/// Errors    No node may own shards: nothing is assigned.
/// Cost      shards x nodes steps per assignment.

#include "persistence/ports/cluster_table.hpp"

namespace dotmac {

struct placement_limits {
  std::size_t moves_max = 16;
  double uneven_above = 1.25;
  double even_below = 1.10;
  double uneven_least = 50'000; ///< of load above the mean: less is not worth a move, unless it was asked for
};

struct placement_node {
  std::string id;
  bool may_keep = true;    ///< false: its shards go to others
  bool may_receive = true;
};

struct placement_shard {
  shard_id shard{};
  std::string node; ///< id; empty, or not among the nodes: has none
  std::string pinned; ///< id; empty: anywhere
  std::uint64_t load = 0;
  bool is_moving = false;
};

struct placement_plan {
  std::vector<shard_assignment> assignments;
  bool is_evening_loads = false; ///< to be given to the next call
};

placement_plan plan_placement(std::span<const placement_node> nodes, std::span<const placement_shard> shards, const placement_limits& limits, bool is_evening_loads);

} // namespace dotmac
