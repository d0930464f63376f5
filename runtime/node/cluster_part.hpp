#pragma once

/// What a node has beside its own actors when it is one of several: its membership, the ways to the others, and the router that finds the
/// owner of a tenant wherever it is.
///
/// Errors    start: an address in use, an id that another process has, a store that nodes cannot share.
/// Order     leave (others take over, this node goes on as a gateway), then stop, then the actors may end.
/// Threads   one for start, leave and stop; the rest from any.

#include "actors/protocol/interfaces.hpp"
#include "config/settings.hpp"
#include "runtime/actor/actor_figures.hpp"
#include "runtime/node/cluster_keeper.hpp"
#include "runtime/node/shard_load_meter.hpp"
#include "runtime/peers/cluster_router.hpp"
#include "runtime/peers/peer_network.hpp"

namespace dotmac {

/// None where nodes are not told to speak TLS.
std::optional<peer_certificates> certificates_in(const settings& given);

class cluster_part {
public:
  /// All of them, and `local`, must live longer.
  cluster_part(caf::actor_system& system, node_actor guardian, tenant_service& local, std::shared_ptr<store_factory> stores, const settings& given,
               std::shared_ptr<figures_registry> figures, peer_question_handler about_node, std::function<void(const result<void>&)> on_look);
  ~cluster_part() { stop(); }

  result<void> start();
  void leave() { keeper_->leave(); }
  void stop();
  tenant_service& tenants() noexcept { return *router_; }
  /// Null until the tables were read first.
  std::shared_ptr<const cluster_view> view() const;
  std::string own() const { return keeper_ ? keeper_->own() : std::string{}; }
  store_check last_check() const { return keeper_->last_check(); }
  /// The tables were changed here: this node and the others look at them now.
  void tell_of_change();
  /// Something about the node with this id: not_found where it is no member.
  void ask_node(const std::string& id, std::string question, std::function<void(result<std::string>)> on_answer);
  std::size_t calls_waiting() const { return router_->calls_waiting(); }
  std::size_t shards_served() const noexcept { return keeper_->shards_served(); }
  bool is_coordinator() const noexcept { return keeper_->is_coordinator(); }

private:
  std::string advertised_host() const;
  result<void> introduce_to_members(const std::string& id);
  cluster_keeper::hooks keeper_hooks(std::function<void(const result<void>&)> on_look);

  caf::actor_system& system_;
  node_actor guardian_;
  const std::shared_ptr<store_factory> stores_;
  const settings& given_;
  const std::function<void(const result<void>&)> on_look_;
  const std::shared_ptr<figures_registry> figures_;
  const peer_question_handler about_node_;
  shard_load_meter loads_; ///< of the keeper's thread
  std::unique_ptr<shard_gate> gate_;
  peer_network network_;
  std::future<void> peers_are_gone_; ///< ready once none of their calls comes in any more
  std::shared_ptr<cluster_keeper> keeper_;
  std::unique_ptr<peer_links> links_;
  std::unique_ptr<cluster_router> router_;
  mutable std::mutex mutex_;
  std::shared_ptr<const cluster_view> view_;
};

} // namespace dotmac
