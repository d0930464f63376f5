#pragma once

/// The actor system's side of the network between nodes.
///
/// Errors    storage for them is in the failure: an address in use, a certificate that cannot be read, a peer that refuses ours.
/// Threads   any; publish before others are looked for.

#include "runtime/peers/peer_links.hpp"

#include <caf/actor_system_config.hpp>

namespace dotmac {

/// Adds the messages, and the modules with their settings: a silent peer is noticed after `silent_for`.
void configure_peer_network(caf::actor_system_config& configuration, std::chrono::milliseconds silent_for);

/// Lets others in at `host`:`port` (0: any). Returns the port.
result<std::uint16_t> publish_peer_door(caf::actor_system& system, const peer_door_actor& door, const std::string& host, std::uint16_t port);

/// Lets nobody in any more, and ends what came in.
void close_peer_door(caf::actor_system& system, const peer_door_actor& door);

/// Looks whether somebody listens before it connects: a connection that hangs would hold up all others.
find_door make_find_door(caf::actor_system& system, std::chrono::milliseconds within);

} // namespace dotmac
