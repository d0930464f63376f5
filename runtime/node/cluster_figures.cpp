#include "runtime/node/cluster_figures.hpp"

#include "core/identity.hpp"

#include <map>

namespace dotmac {
namespace {

using nlohmann::json;

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

const char* name_of(node_wish wish) { return wish == node_wish::serve ? "serve" : wish == node_wish::cordon ? "cordon" : "drain"; }

const char* state_of(const node_row& node) {
  if (!node.is_present)
    return "absent";
  if (node.is_leaving)
    return "leaving";
  return node.wish == node_wish::serve ? "serving" : node.wish == node_wish::cordon ? "cordoned" : "draining";
}

const char* role_of(const node_card& card) { return !card.takes_shards ? "gateway" : card.takes_calls ? "both" : "worker"; }

struct node_share {
  std::uint64_t shards = 0, wanted = 0, load = 0;
};

json describe(const node_row& node, const node_share& share) {
  return {{"id", node.card.id},
          {"incarnation", node.incarnation},
          {"state", state_of(node)},
          {"scheduling", name_of(node.wish)},
          {"role", role_of(node.card)},
          {"peer_address", text_or_null(node.card.peer_address)},
          {"http_address", text_or_null(node.card.http_address)},
          {"version", node.card.version},
          {"since_heartbeat_ms", node.since_heartbeat.count()},
          {"shards", share.shards},
          {"shards_wanted", share.wanted},
          {"load", share.load}};
}

} // namespace

std::string id_in_owner(const std::string& owner) { return owner.substr(0, owner.rfind('#')); }

nlohmann::json describe_cluster(const cluster_view& view, const std::string& name, const std::string& own_id) {
  std::map<std::string, node_share> shares;
  std::uint64_t moving = 0;
  json shards = json::array();
  for (const auto& row : view.shards) {
    const auto owner = id_in_owner(row.owner);
    shares[owner].shards += 1;
    shares[owner].load += row.load;
    shares[row.wanted].wanted += 1;
    moving += owner != row.wanted;
    shards.push_back({{"shard", to_number(row.shard)}, {"owner", text_or_null(owner)}, {"epoch", to_number(row.epoch)}, {"wanted", text_or_null(row.wanted)}, {"pinned", text_or_null(row.pinned)},
                      {"load", row.load}, {"is_served", !row.is_expired}});
  }
  json nodes = json::array();
  for (const auto& node : view.nodes)
    nodes.push_back(describe(node, shares[node.card.id]));
  return {{"name", text_or_null(name)},   {"node", own_id}, {"coordinator", text_or_null(view.is_coordinator_expired ? std::string{} : id_in_owner(view.coordinator))},
          {"moving", moving}, {"nodes", std::move(nodes)}, {"shards", std::move(shards)}};
}

cluster_view view_of_lone_node(node_card card) {
  cluster_view view;
  node_row node;
  node.card = std::move(card);
  node.incarnation = 1;
  node.is_present = true;
  view.coordinator = owner_text(node.name());
  view.is_coordinator_expired = false;
  for (std::uint16_t i = 0; i < shard_count; ++i)
    view.shards.push_back({shard_id{i}, view.coordinator, ownership_epoch{1}, false, node.card.id, {}, 0});
  view.nodes.push_back(std::move(node));
  return view;
}

} // namespace dotmac
