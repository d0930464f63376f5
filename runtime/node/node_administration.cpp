#include "runtime/node/node_administration.hpp"

#include "runtime/node/actor_details.hpp"
#include "runtime/node/cluster_figures.hpp"
#include "runtime/node/node_acts.hpp"
#include "runtime/node/node_figures.hpp"

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

void tell_of_actor(const administered_node& node, const std::string& id, const std::string& path, const json_answer& answer) {
  if (!node.is_ready)
    return answer(starting());
  const auto add_stored = [node, answer](result<nlohmann::json> told) { told ? add_snapshots(*node.stores, *std::move(told), answer) : answer(told.error()); };
  if (is_here(node, id))
    return describe_actor(*node.registry, path, add_stored);
  ask_other(node, id, text_of_actor_details(path), [add_stored](const result<std::string>& told) { add_stored(told ? object_in(*told) : result<nlohmann::json>{told.error()}); });
}

/// Its actor may have been told on another node to refuse it.
void replay_where_it_failed(const administered_node& node, const dead_letter_summary& letter, const act_answer& answer) {
  const auto view = node.cluster ? node.cluster->view() : nullptr;
  const auto owner = view ? id_in_owner(view->shards[to_number(shard_of_tenant(letter.entity.tenant))].owner) : own_id(node);
  if (owner.empty())
    return answer(failure{error_code::not_ready, "no node answers for the tenant " + letter.entity.tenant + " at present", {}});
  if (is_here(node, owner))
    return replay_dead_letter(as_questioned(node).letters, letter.id, answer);
  ask_other(node, owner, text_of_replay(letter.id), [answer](const result<std::string>& told) { answer(told ? result<void>{} : result<void>{told.error()}); });
}

nlohmann::json show(const administered_node& node) {
  const auto& given = node.given;
  if (!node.cluster)
    return describe_cluster(view_of_lone_node({own_id(node), {}, given.host + ":" + std::to_string(given.port), DOTMAC_VERSION, true}), {}, own_id(node));
  const auto view = node.cluster->view();
  return describe_cluster(view ? *view : cluster_view{}, given.cluster_name, own_id(node));
}

} // namespace

questioned_node as_questioned(const administered_node& node) { return {node.registry, {node.stores, node.poison, node.tenants, node.now}}; }

void add_administration(gateway_hooks& hooks, const administered_node& node) {
  hooks.actors = [node](const std::string& id, const actor_list_question& asked, const actor_list_answer& answer) { list_actors(node, id, asked, answer); };
  hooks.act_on_actor = [node](const actor_act& act, const act_origin& origin, const act_answer& answer) { act_on_actor(node, act, origin, answer); };
  hooks.actor_details = [node](const std::string& id, const std::string& path, const json_answer& answer) { tell_of_actor(node, id, path, answer); };
  hooks.snapshot = [node](const snapshot_question& asked, const json_answer& answer) {
    node.is_ready ? read_snapshot(*node.stores, asked, answer) : answer(starting());
  };
  hooks.act_on_dead_letter = [node](const dead_letter_act& act, const act_origin& origin, const act_answer& answer) {
    if (!node.is_ready)
      return answer(starting());
    act_on_dead_letter(*node.stores, act, origin, [node](const dead_letter_summary& letter, const act_answer& then) { replay_where_it_failed(node, letter, then); }, answer);
  };
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
