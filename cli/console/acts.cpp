#include "cli/console/acts.hpp"

#include "cli/http_client.hpp"

namespace dotmac::console {

act schedule_node(const std::string& node, schedule as) {
  const auto path = "/admin/cluster/nodes/" + path_part(node);
  switch (as) {
  case schedule::drain:
    return {"drain " + node, "Drain the node " + node + "? It gives all of its shards away, others take them; it goes on taking calls.", "PUT", path, {{"scheduling", "drain"}}};
  case schedule::cordon:
    return {"cordon " + node, "Cordon the node " + node + "? It keeps the shards that it has, and gets no more.", "PUT", path, {{"scheduling", "cordon"}}};
  case schedule::serve:
    break;
  }
  return {"uncordon " + node, "Uncordon the node " + node + "? It takes its share of the shards again, after cordon or drain.", "PUT", path, {{"scheduling", "serve"}}};
}

act rebalance_cluster() {
  return {"rebalance", "Rebalance the cluster? Every shard that was moved by hand is released, and loads are evened out now, also where they differ little.", "POST", "/admin/cluster/rebalance",
          json::object()};
}

act move_shard(const std::string& shard, const std::string& owner, const std::string& to) {
  return {"move shard " + shard + " to " + to, "Move shard " + shard + " from " + owner + " to " + to + "? Its tenants' calls wait meanwhile. It stays there until it is released.", "PUT",
          "/admin/cluster/shards/" + path_part(shard), {{"node", to}}};
}

act release_shard(const std::string& shard) {
  return {"release shard " + shard, "Release shard " + shard + "? It may go to any node again, wherever it is even.", "PUT", "/admin/cluster/shards/" + path_part(shard), {{"node", nullptr}}};
}

act end_actor(const std::string& path, const std::string& node, bool is_tenant, actor_end how) {
  const std::string along = is_tenant ? " Its events and metrics go along." : "";
  const auto place = path + " on " + node;
  if (how == actor_end::passivate)
    return {"passivate " + path, "Passivate " + place + "? It finishes, writes a snapshot and ends until it is asked for again." + along, "POST", "/admin/actors/acts",
            {{"path", path}, {"act", "passivate"}, {"node", node}}};
  return {"restart " + path, "Restart " + place + "? It ends at once: what waits is refused. Its state is read from the store when it is asked for again." + along, "POST",
          "/admin/actors/acts", {{"path", path}, {"act", "restart"}, {"node", node}}};
}

act end_letter(const std::string& id, const std::string& actor, letter_end how) {
  const auto path = "/admin/dead-letters/" + path_part(id);
  if (how == letter_end::replay)
    return {"replay letter " + id, "Replay the dead letter " + id + " to " + actor + "? The actor is given the message again.", "POST", path + "/replay", json::object()};
  return {"discard letter " + id, "Discard the dead letter " + id + " of " + actor + "? The message is removed, and cannot be had again.", "DELETE", path};
}

} // namespace dotmac::console
