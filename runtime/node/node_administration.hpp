#pragma once

/// The gateway's hooks of administration: what is seen of nodes and actors, here or on another node, and done to them.

#include "api/gateway.hpp"
#include "runtime/actor/store_pool.hpp"
#include "runtime/node/cluster_part.hpp"
#include "runtime/node/node_questions.hpp"

#include <atomic>

namespace dotmac {

/// Parts of a node, which outlive its gateway; those that are not there yet when the hooks are made are there before it is ready.
struct administered_node {
  const std::atomic<bool>& is_ready;
  const settings& given;
  const std::shared_ptr<figures_registry>& registry;
  const std::shared_ptr<store_pool>& stores;
  const std::unique_ptr<cluster_part>& cluster; ///< null for a node that is alone
  const std::shared_ptr<shared_poison_ledger>& poison;
  tenant_service& tenants;
  std::function<timestamp()> now;
};

/// Of this node, about itself.
questioned_node as_questioned(const administered_node& node);
void add_administration(gateway_hooks& hooks, const administered_node& node);

} // namespace dotmac
