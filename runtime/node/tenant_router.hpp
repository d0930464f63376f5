#pragma once

/// The gateway's way to the actors: finds the actor that a call is for, asks it, and brings the answer back.
///
/// Promise    as actors/protocol/tenant_service.hpp. Addresses found are kept until their actor ends or says that it was let
///            go; a call that an ended actor never handled is sent once more to its successor, which cannot double it.
/// Limits     calls_waiting_max calls under way (too_many_requests beyond); addresses_max kept addresses.
/// Threads    `ask` from any thread. Answers come on the router's threads: the gateway hands them on to its own.

#include "actors/protocol/interfaces.hpp"
#include "actors/protocol/tenant_service.hpp"

#include <caf/actor_system.hpp>

#include <vector>

namespace dotmac {

struct router_limits {
  std::size_t calls_waiting_max = 100'000;
  std::size_t addresses_max = 100'000;
};

class tenant_router : public tenant_service {
public:
  tenant_router(caf::actor_system& system, node_actor node, std::size_t routers, router_limits limits);
  ~tenant_router() override;

  void ask(call_options options, tenant_call call, std::function<void(result<tenant_answer>)> on_answer) override;
  std::size_t calls_waiting() const noexcept { return calls_waiting_->load(std::memory_order_relaxed); }
  /// Ends the routers; calls under way are answered with actor_unavailable.
  void stop();

private:
  std::vector<caf::actor> routers_;
  router_limits limits_;
  std::shared_ptr<std::atomic<std::size_t>> calls_waiting_ = std::make_shared<std::atomic<std::size_t>>(0);
};

} // namespace dotmac
