#pragma once

/// What a node has beside its own actors when it is one of several: its membership, the ways to the others, and the router that finds the
/// owner of a tenant wherever it is.
///
/// Errors    start: an address in use, an id that another process has, a store that nodes cannot share.
/// Order     leave (others take over, this node goes on as a gateway), then stop, then the actors may end.
/// Threads   one for start, leave and stop; the rest from any.

#include "actors/protocol/interfaces.hpp"
#include "config/settings.hpp"
#include "runtime/node/cluster_keeper.hpp"
#include "runtime/peers/cluster_router.hpp"
#include "runtime/peers/peer_network.hpp"

namespace dotmac {

class cluster_part {
public:
  /// All of them, and `local`, must live longer.
  cluster_part(caf::actor_system& system, node_actor guardian, tenant_service& local, std::shared_ptr<store_factory> stores, const settings& given,
               std::function<void(const result<void>&)> on_look);
  ~cluster_part() { stop(); }

  result<void> start();
  void leave() { keeper_->leave(); }
  void stop();
  tenant_service& tenants() noexcept { return *router_; }
  /// Null until the tables were read first.
  std::shared_ptr<const cluster_view> view() const;
  std::string own() const { return keeper_ ? keeper_->own() : std::string{}; }
  store_check last_check() const { return keeper_->last_check(); }
  std::size_t shards_served() const noexcept { return keeper_->shards_served(); }
  bool is_coordinator() const noexcept { return keeper_->is_coordinator(); }

private:
  cluster_keeper::hooks keeper_hooks(std::function<void(const result<void>&)> on_look);

  caf::actor_system& system_;
  node_actor guardian_;
  const std::shared_ptr<store_factory> stores_;
  const settings& given_;
  const std::function<void(const result<void>&)> on_look_;
  std::unique_ptr<shard_gate> gate_;
  peer_door_actor door_;
  std::unique_ptr<cluster_keeper> keeper_;
  std::unique_ptr<peer_links> links_;
  std::unique_ptr<cluster_router> router_;
  mutable std::mutex mutex_;
  std::shared_ptr<const cluster_view> view_;
};

} // namespace dotmac
