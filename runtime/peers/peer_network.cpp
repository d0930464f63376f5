#include "runtime/peers/peer_network.hpp"

#include "actors/protocol/errors.hpp"
#include "runtime/peers/peer_address.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

namespace dotmac {

void configure_peer_network(caf::actor_system_config& configuration, std::chrono::milliseconds silent_for) {
  configuration.add_message_types<caf::id_block::dotmac_peers>();
  configuration.load<caf::io::middleman>();
  configuration.set("middleman.heartbeat-interval", caf::timespan{silent_for / 5});
  configuration.set("middleman.connection-timeout", caf::timespan{silent_for});
}

result<std::uint16_t> publish_peer_door(caf::actor_system& system, const peer_door_actor& door, const std::string& host, std::uint16_t port) {
  const auto bound = system.middleman().publish(door, port, host.c_str(), true);
  if (!bound)
    return failure{error_code::validation_failed, "other nodes cannot be let in at " + host + ":" + std::to_string(port) + ": " + system.render(bound.error()), "PEER_ADDRESS", {}};
  return *bound;
}

void close_peer_door(caf::actor_system& system, const peer_door_actor& door) {
  system.middleman().unpublish(door);
  caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
}

find_door make_find_door(caf::actor_system& system, std::chrono::milliseconds within) {
  return [&system, within](const std::string& text) -> result<peer_door_actor> {
    const auto address = parse_peer_address(text, "peer_address");
    if (!address)
      return address.error();
    if (knock(*address, within) != knock_outcome::accepted)
      return failure{error_code::actor_unavailable, "nobody listens there", {}, {}};
    const auto door = system.middleman().remote_actor<peer_door_actor>(address->host, address->port);
    if (!door)
      return failure{error_code::actor_unavailable, "it does not speak our protocol: " + system.render(door.error()), {}, {}};
    return *door;
  };
}

} // namespace dotmac
