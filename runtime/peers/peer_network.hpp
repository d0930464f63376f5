#pragma once

/// The actor system's side of the network between nodes.
///
/// Promise   With certificates everything between nodes is encrypted, and nobody is let in whose certificate the cluster's authority did not sign.
/// Errors    an address in use; a node that is not there, or is not what it should be (peer_tls.hpp).
/// Threads   let_in and let_nobody_in from one; find_door from any.

#include "runtime/peers/peer_links.hpp"
#include "runtime/peers/tls_transport.hpp"

#include <caf/actor_system_config.hpp>

namespace dotmac {

/// Adds the messages, and the module with its settings: a silent peer is noticed after `silent_for`.
void configure_peer_network(caf::actor_system_config& configuration, std::chrono::milliseconds silent_for);

class peer_network {
public:
  /// `within`: for connecting, and for a handshake.
  peer_network(caf::actor_system& system, std::optional<peer_certificates> certificates, std::chrono::milliseconds within, std::function<void(const std::string&)> log);
  ~peer_network() { let_nobody_in(); }

  /// Lets others in at `host`:`port` (0: any). Returns the port.
  result<std::uint16_t> let_in(const peer_door_actor& door, const std::string& host, std::uint16_t port);
  /// Any more; what came in ends.
  void let_nobody_in();
  find_door finder() const;

private:
  caf::actor_system& system_;
  const std::optional<peer_certificates> certificates_;
  const std::chrono::milliseconds within_;
  const std::function<void(const std::string&)> log_;
  peer_door_actor door_;
  std::unique_ptr<tls_listener> listener_;
};

} // namespace dotmac
