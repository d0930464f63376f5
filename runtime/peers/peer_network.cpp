#include "runtime/peers/peer_network.hpp"

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

peer_network::peer_network(caf::actor_system& system, std::optional<peer_certificates> certificates, std::chrono::milliseconds within, std::function<void(const std::string&)> log)
    : system_{system}, certificates_{std::move(certificates)}, within_{within}, log_{std::move(log)} {}

result<std::uint16_t> peer_network::let_in(const peer_door_actor& door, const std::string& host, std::uint16_t port) {
  door_ = door;
  const auto refused = [&](const std::string& why) {
    return failure{error_code::validation_failed, "other nodes cannot be let in at " + host + ":" + std::to_string(port) + ": " + why, "PEER_PORT", {}};
  };
  if (certificates_) {
    auto opened = tls_listener::open(system_, door, host, port, *certificates_, within_, log_);
    if (!opened)
      return refused(opened.error().message);
    listener_ = std::move(*opened);
    return listener_->port();
  }
  const auto bound = system_.middleman().publish(door, port, host.c_str(), true);
  return bound ? result<std::uint16_t>{*bound} : result<std::uint16_t>{refused(system_.render(bound.error()))};
}

void peer_network::let_nobody_in() {
  if (!door_)
    return;
  const auto door = std::exchange(door_, {});
  listener_.reset();
  if (!certificates_)
    system_.middleman().unpublish(door);
  caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
}

find_door peer_network::finder() const {
  return [&system = system_, certificates = certificates_, within = within_](const std::string& text) -> result<peer_door_actor> {
    const auto address = parse_peer_address(text, "peer_address");
    return address ? find_door_at(system, *address, certificates, within) : result<peer_door_actor>{address.error()};
  };
}

} // namespace dotmac
