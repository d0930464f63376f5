#include "runtime/node/node_acts.hpp"

#include "api/actor_path.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace dotmac {
namespace {

std::string details_of(const act_origin& origin, nlohmann::json more) {
  more["by"] = origin.by;
  more["request"] = origin.request_id;
  return more.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

node_wish wish_of(node_scheduling scheduling) {
  return scheduling == node_scheduling::serve ? node_wish::serve : scheduling == node_scheduling::cordon ? node_wish::cordon : node_wish::drain;
}
const char* name_of(node_scheduling scheduling) {
  return scheduling == node_scheduling::serve ? "node_uncordoned" : scheduling == node_scheduling::cordon ? "node_cordoned" : "node_drained";
}

audit_entry entry_of(const cluster_act& act, const act_origin& origin) {
  audit_entry entry;
  entry.recorded_at_ms = origin.at.milliseconds;
  switch (act.what) {
  case cluster_act::kind::schedule:
    entry.act = name_of(act.scheduling);
    entry.subject = "node " + act.node;
    entry.details = details_of(origin, {});
    break;
  case cluster_act::kind::place:
    entry.act = act.node.empty() ? "shard_released" : "shard_moved";
    entry.subject = "shard " + std::to_string(act.shard);
    entry.details = details_of(origin, act.node.empty() ? nlohmann::json::object() : nlohmann::json{{"node", act.node}});
    break;
  case cluster_act::kind::rebalance:
    entry.act = "cluster_rebalanced";
    entry.subject = "cluster";
    entry.details = details_of(origin, nlohmann::json::object());
  }
  return entry;
}

result<void> check_node_of(const cluster_view& view, const cluster_act& act) {
  if (act.node.empty())
    return {};
  const auto found = std::find_if(view.nodes.begin(), view.nodes.end(), [&](const node_row& node) { return node.card.id == act.node; });
  if (found == view.nodes.end())
    return failure{error_code::not_found, "no node " + act.node + " is in this cluster", "node"};
  if (!found->card.takes_shards)
    return failure{error_code::validation_failed, "the node " + act.node + " is a gateway: it owns no shards", "node"};
  return {};
}

result<void> do_it(cluster_table& cluster, const cluster_act& act) {
  switch (act.what) {
  case cluster_act::kind::schedule:
    return cluster.set_wish(act.node, wish_of(act.scheduling));
  case cluster_act::kind::place:
    return cluster.pin_shard(shard_id{act.shard}, act.node);
  case cluster_act::kind::rebalance:
    break;
  }
  return cluster.rebalance();
}

const char* name_of(actor_act_kind act) { return act == actor_act_kind::passivate ? "actor_passivated" : "actor_restarted"; }

} // namespace

void carry_out_cluster_act(store_pool& stores, const cluster_act& act, const act_origin& origin, const act_answer& answer) {
  stores.submit({}, [act, origin, answer](result<store*> session) {
    if (!session)
      return answer(session.error());
    const auto view = (*session)->cluster()->read_view(); // what this node has read may be older than the node that is meant
    if (!view)
      return answer(view.error());
    if (auto valid = check_node_of(*view, act); !valid)
      return answer(valid);
    if (auto added = (*session)->audit().add_audit_entry(entry_of(act, origin)); !added)
      return answer(added);
    answer(do_it(*(*session)->cluster(), act));
  });
}

void audit_actor_act(store_pool& stores, const actor_act& act, const act_origin& origin, const std::string& node, act_answer act_it, act_answer answer) {
  audit_entry entry;
  entry.recorded_at_ms = origin.at.milliseconds;
  entry.tenant = tenant_at(act.path);
  entry.act = name_of(act.what);
  entry.subject = act.path;
  entry.details = details_of(origin, {{"node", node}});
  stores.submit(entry.tenant, [entry, act_it = std::move(act_it), answer = std::move(answer)](result<store*> session) {
    if (!session)
      return answer(session.error());
    auto added = (*session)->audit().add_audit_entry(entry);
    added ? act_it(std::move(added)) : answer(std::move(added));
  });
}

result<void> carry_out_actor_act(figures_registry& registry, const actor_act& act) {
  const auto actor = registry.find(act.path);
  if (!actor)
    return failure{error_code::not_found, "no actor runs at " + act.path, "path"};
  const auto& control = act.what == actor_act_kind::passivate ? actor->controls.passivate : actor->controls.restart;
  if (!control)
    return failure{error_code::validation_failed, "only actors of tenants, events and metrics can be let go and started again", "path"};
  control();
  return {};
}

} // namespace dotmac
