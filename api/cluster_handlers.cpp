#include "api/cluster_requests.hpp"

#include "api/actor_path.hpp"
#include "api/handlers.hpp"

#include <charconv>

namespace dotmac {
namespace {

/// What concerns all tenants is not for who is bound to one.
bool is_for_all(const gateway_call_pointer& call) {
  if (!call->may_act_for_all)
    call->refuse({error_code::forbidden, "this credential is bound to the tenant " + call->tenant, {}});
  return call->may_act_for_all;
}

act_origin origin_of(const gateway_call& call) { return {call.caller, call.request.request_id, call.received_at}; }

/// Answers with `body` where the act was done.
act_answer answered_with(const gateway_call_pointer& call, json body) {
  return [call, body = std::move(body)](const result<void>& done) { gateway_call::guard(call, [&] { done ? call->answer(body) : call->refuse(done.error()); }); };
}

std::optional<std::string> read_node_id(const gateway_call_pointer& call, const std::string& id, const char* where, const char* field) {
  if (is_valid_tenant_id(id))
    return id;
  call->refuse({{"node_id", {where, field}, "the id of a node has 1 to 63 letters, digits, '-', '_' or '.', and begins with a letter or digit", id.substr(0, 100)}});
  return std::nullopt;
}

} // namespace

void show_cluster(const gateway_call_pointer& call) {
  if (is_for_all(call))
    call->answer(call->host->hooks.cluster());
}

void show_place_of_tenant(const gateway_call_pointer& call) {
  const auto tenant = call->parameters["tenant_id"];
  if (!is_for_all(call))
    return;
  if (!is_valid_tenant_id(tenant))
    return call->refuse({{"tenant_id", {"path", "tenant_id"}, "a tenant id has 1 to 63 letters, digits, '-', '_' or '.', and begins with a letter or digit", tenant.substr(0, 100)}});
  const auto shard = to_number(shard_of_tenant(tenant));
  auto cluster = call->host->hooks.cluster();
  for (auto& each : cluster["shards"])
    if (each["shard"] == shard) {
      each["tenant_id"] = tenant;
      return call->answer(each);
    }
  call->refuse({error_code::not_ready, "where shards are is not known yet", {}});
}

void schedule_node(const gateway_call_pointer& call) {
  const auto body = call->read_body<node_schedule_request>();
  if (!body || !is_for_all(call))
    return;
  const auto id = read_node_id(call, call->parameters["node_id"], "path", "node_id");
  if (!id)
    return;
  cluster_act act;
  act.what = cluster_act::kind::schedule;
  act.node = *id;
  act.scheduling = body->scheduling;
  call->host->hooks.act_on_cluster(act, origin_of(*call), answered_with(call, {{"node", *id}, {"scheduling", write_json(body->scheduling)}}));
}

void place_shard(const gateway_call_pointer& call) {
  const auto body = call->read_body<shard_place_request>();
  if (!body || !is_for_all(call))
    return;
  const auto& text = call->parameters["shard"];
  std::uint16_t shard = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), shard);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || shard >= shard_count)
    return call->refuse({{"shard", {"path", "shard"}, "must be a number from 0 to " + std::to_string(shard_count - 1), text.substr(0, 100)}});
  if (body->node && !read_node_id(call, *body->node, "body", "node"))
    return;
  cluster_act act;
  act.what = cluster_act::kind::place;
  act.node = body->node.value_or("");
  act.shard = shard;
  call->host->hooks.act_on_cluster(act, origin_of(*call), answered_with(call, {{"shard", shard}, {"node", body->node ? json(*body->node) : json(nullptr)}}));
}

void rebalance_cluster(const gateway_call_pointer& call) {
  if (is_for_all(call))
    call->host->hooks.act_on_cluster({}, origin_of(*call), answered_with(call, {{"status", "requested"}}));
}

void act_on_actor(const gateway_call_pointer& call) {
  auto body = call->read_body<actor_act_request>();
  if (!body)
    return;
  if (body->node && !read_node_id(call, *body->node, "body", "node"))
    return;
  if (!call->may_act_for_all && tenant_at(body->path) != call->tenant)
    return call->refuse({error_code::forbidden, "this credential is bound to the tenant " + call->tenant, "path"});
  json done{{"path", body->path}, {"act", write_json(body->act)}, {"status", "requested"}};
  call->host->hooks.act_on_actor({body->node.value_or(""), body->path, body->act}, origin_of(*call), answered_with(call, std::move(done)));
}

} // namespace dotmac
