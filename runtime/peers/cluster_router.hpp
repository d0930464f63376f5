#pragma once

/// The gateway's way to every tenant, on whichever node it lives.
///
/// Promise   as actors/protocol/tenant_service.hpp. A call goes to the owner of its tenant's shard; while there is none, or the way to it is
///           broken, it waits, at most `route_within` and its deadline. A call that was not carried out is sent again; one of which nobody knows
///           is sent again where that cannot double it (all but the making of tenants, keys, schemas and metrics).
/// Limits    waiting_calls_max calls wait for an owner (too_many_requests beyond).
/// Errors    after route_within: what the last attempt said.
/// Threads   as tenant_service.

#include "runtime/peers/peer_links.hpp"
#include "runtime/peers/shard_gate.hpp"

#include <array>
#include <deque>

namespace dotmac {

struct route_limits {
  std::size_t waiting_calls_max = 50'000;
  std::chrono::milliseconds route_within{10'000};
  std::chrono::milliseconds try_again_after{5};
};

class cluster_router : public tenant_service {
public:
  /// `local` is this node's gate. It may be null: a gateway only.
  cluster_router(tenant_service* local, shard_rights rights, peer_links& peers, std::function<std::string()> own, route_limits limits);
  ~cluster_router() override;

  void ask(call_options options, tenant_call call, std::function<void(result<tenant_answer>)> on_answer) override;
  /// Who owns what, as of now.
  void note_view(const cluster_view& view);
  std::size_t calls_waiting() const;
  void stop();

private:
  struct routed;
  using routed_pointer = std::shared_ptr<routed>;

  void route(const routed_pointer& call);
  void on_failure(const routed_pointer& call, failure why, bool may_have_had_effect);
  void wait(const routed_pointer& call, failure why);
  void work();

  tenant_service* const local_;
  const shard_rights rights_;
  peer_links& peers_;
  const std::function<std::string()> own_;
  const route_limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::array<std::string, shard_count> owners_; ///< owner text; empty: nobody
  std::deque<routed_pointer> waiting_;
  bool is_changed_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace dotmac
