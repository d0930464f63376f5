#pragma once

/// What administrators ask of one node through another: lists of its actors, one of them, acts upon them. As JSON, because it is shown as JSON, and because nodes of
/// different releases ask each other.
///
/// Errors    validation_failed: a question of a later release.
/// Threads   any; the answer comes once, from any thread.
/// Cost      a list: as describe_actors.

#include "api/node_acts.hpp"
#include "runtime/actor/actor_figures.hpp"
#include "runtime/node/dead_letters.hpp"

namespace dotmac {

std::string text_of(const actor_list_question& asked);
std::string text_of(const actor_act& act);
std::string text_of_actor_details(const std::string& path);
std::string text_of_replay(std::uint64_t letter);

struct questioned_node {
  std::shared_ptr<figures_registry> registry;
  letter_sender letters;
};
void answer_node_question(const questioned_node& node, const std::string& question, const std::function<void(result<std::string>)>& answer);

result<actor_list> actor_list_in(const std::string& answer);
result<nlohmann::json> object_in(const std::string& answer);

} // namespace dotmac
