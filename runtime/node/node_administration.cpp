#include "runtime/node/node_administration.hpp"

#include "runtime/node/cluster_figures.hpp"
#include "runtime/node/node_acts.hpp"
#include "runtime/node/node_figures.hpp"
#include "runtime/node/node_questions.hpp"

namespace dotmac {
namespace {

failure starting() { return {error_code::not_ready, "the node is starting", {}}; }

std::string own_id(const administered_node& node) {
  if (node.cluster)
    return id_in_owner(node.cluster->own());
  return node.given.node_id.empty() ? "node" : node.given.node_id;
}

bool is_here(const administered_node& node, const std::string& id) { return id.empty() || id == own_id(node); }

void ask_other(const administered_node& node, const std::string& id, std::string question, std::function<void(result<std::string>)> on_answer) {
  if (node.cluster)
    return node.cluster->ask_node(id, std::move(question), std::move(on_answer));
  on_answer(failure{error_code::not_found, "no node " + id + " is here: this one is alone", "node"});
}

void list_actors(const administered_node& node, const std::string& id, const actor_list_question& asked, const actor_list_answer& answer) {
  if (is_here(node, id))
    return answer(describe_actors(*node.registry, asked));
  ask_other(node, id, text_of(asked), [answer](const result<std::string>& told) { answer(told ? actor_list_in(*told) : result<actor_list>{told.error()}); });
}

void act_on_actor(const administered_node& node, const actor_act& act, const act_origin& origin, const act_answer& answer) {
  if (!node.is_ready)
    return answer(starting());
  const auto carry_out = [node, act, answer](const result<void>&) {
    if (is_here(node, act.node))
      return answer(carry_out_actor_act(*node.registry, act));
    ask_other(node, act.node, text_of(act), [answer](const result<std::string>& told) { answer(told ? result<void>{} : result<void>{told.error()}); });
  };
  audit_actor_act(*node.stores, act, origin, act.node.empty() ? own_id(node) : act.node, carry_out, answer);
}

nlohmann::json show(const administered_node& node) {
  const auto& given = node.given;
  if (!node.cluster)
    return describe_cluster(view_of_lone_node({own_id(node), {}, given.host + ":" + std::to_string(given.port), DOTMAC_VERSION, true}), {}, own_id(node));
  const auto view = node.cluster->view();
  return describe_cluster(view ? *view : cluster_view{}, given.cluster_name, own_id(node));
}

} // namespace

void add_administration(gateway_hooks& hooks, const administered_node& node) {
  hooks.actors = [node](const std::string& id, const actor_list_question& asked, const actor_list_answer& answer) { list_actors(node, id, asked, answer); };
  hooks.act_on_actor = [node](const actor_act& act, const act_origin& origin, const act_answer& answer) { act_on_actor(node, act, origin, answer); };
  hooks.cluster = [node] { return show(node); };
  hooks.act_on_cluster = [node](const cluster_act& act, const act_origin& origin, const act_answer& answer) {
    if (!node.is_ready)
      return answer(starting());
    if (!node.cluster)
      return answer(failure{error_code::conflict, "this node is alone: nodes with a CLUSTER_NAME share their shards", {}});
    carry_out_cluster_act(*node.stores, act, origin, [node, answer](result<void> done) {
      if (done)
        node.cluster->tell_of_change();
      answer(std::move(done));
    });
  };
}

} // namespace dotmac
