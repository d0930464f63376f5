#pragma once

/// All that is known of one row: its figures with their meaning and, of an actor, its state, last failures and snapshots as its node tells them.
///
/// What a node does not tell is said to be missing, never made up.

#include "cli/console/levels.hpp"

namespace dotmac::console {

inline constexpr std::size_t detail_lines_max = 2'000; ///< a state may have any number of members

struct details {
  row of;
  std::span<const column> columns;
  std::string node;     ///< where the actor runs; empty: no actor, and nothing is asked
  std::string parent;   ///< path of the actor's supervisor
  look_pace pace;
  json told = nullptr;  ///< the last answer; null: none yet
  std::string trouble = {}; ///< why there is none, in the node's words
  bool is_listed_only = false; ///< the node tells no more than lists do
  std::size_t first_line = 0;
};

details details_of(const level& in, const row& selected, std::int64_t interval_ms);
std::string path_of_details(const details& of);
/// The answer to it; `cluster` as with levels.
void take_details(details& into, const json& answer, const json& cluster, std::int64_t at_ms);
/// There is none of this actor: lists may know it.
void miss_details(details& into, std::string why);

struct detail_line {
  std::string text;
  bool is_head = false;
};
std::vector<detail_line> detail_lines(const details& of, std::size_t cells);

} // namespace dotmac::console
