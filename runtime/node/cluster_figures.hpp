#pragma once

/// A view of the cluster as JSON, in the form of GET /admin/cluster.

#include "persistence/ports/cluster_table.hpp"

#include <nlohmann/json.hpp>

namespace dotmac {

/// `name` empty: the node is alone.
nlohmann::json describe_cluster(const cluster_view& view, const std::string& name, const std::string& own_id);

/// What a node that is alone looks like: it owns everything.
cluster_view view_of_lone_node(node_card card);

/// "a" of "a#3".
std::string id_in_owner(const std::string& owner);

} // namespace dotmac
