#pragma once

/// What administrators ask of one node through another: lists of its actors, and acts upon them. As JSON, because it is shown as JSON, and because nodes of
/// different releases ask each other.
///
/// Errors   validation_failed: a question of a later release.
/// Cost     a list: as describe_actors.

#include "api/node_acts.hpp"
#include "runtime/actor/actor_figures.hpp"

namespace dotmac {

std::string text_of(const actor_list_question& asked);
std::string text_of(const actor_act& act);
/// Of the node that was asked.
result<std::string> answer_node_question(figures_registry& registry, const std::string& question);
result<actor_list> actor_list_in(const std::string& answer);

} // namespace dotmac
