#include "cluster/coordination.hpp"

#include <algorithm>
#include <map>

namespace dotmac {

void coordination::note_view(cluster_view view) {
  is_evening_loads_ = is_evening_loads_ || (rebalances_seen_ && *rebalances_seen_ != view.rebalances);
  rebalances_seen_ = view.rebalances;
  view_ = std::move(view);
  const auto gone = absent();
  std::erase_if(refused_, [&](const node_name& each) { return std::find(gone.begin(), gone.end(), each) == gone.end(); });
}

void coordination::note_refused(const node_name& name) {
  const auto gone = absent();
  if (std::find(gone.begin(), gone.end(), name) != gone.end())
    refused_.insert(name);
}

std::vector<node_name> coordination::absent() const {
  std::vector<node_name> names;
  for (const auto& node : view_.nodes)
    if (!node.is_present)
      names.push_back(node.name());
  return names;
}

std::vector<burial> coordination::dead() const {
  std::vector<burial> burials;
  for (const auto& node : view_.nodes)
    if (const bool has_ended = refused_.contains(node.name()); has_ended || node.since_heartbeat > limits_.silent_for)
      burials.push_back({node.name(), has_ended});
  return burials;
}

bool coordination::has_ended(const std::string& owner) const {
  return std::any_of(refused_.begin(), refused_.end(), [&](const node_name& each) { return owner_text(each) == owner; });
}

std::vector<shard_assignment> coordination::plan() {
  if (!dead().empty())
    return {};
  std::vector<placement_node> nodes;
  std::map<std::string, std::string> id_of_owner;
  for (const auto& node : view_.nodes) {
    id_of_owner.emplace(owner_text(node.name()), node.card.id);
    if (node.card.takes_shards)
      nodes.push_back({node.card.id, !node.is_leaving && node.wish != node_wish::drain, !node.is_leaving && node.wish == node_wish::serve});
  }
  std::vector<placement_shard> shards;
  for (const auto& row : view_.shards) {
    const auto owner = id_of_owner.find(row.owner);
    const auto is_moving = owner != id_of_owner.end() && !row.wanted.empty() && owner->second != row.wanted;
    shards.push_back({row.shard, row.wanted, row.pinned, row.load, is_moving});
  }
  auto planned = plan_placement(nodes, shards, limits_.placement, is_evening_loads_);
  is_evening_loads_ = planned.is_evening_loads;
  return std::move(planned.assignments);
}

} // namespace dotmac
