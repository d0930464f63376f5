#pragma once

/// CAF's protocol between nodes over TLS sessions of our own. CAF has a module for TLS; it was measured to end connections that are whole when another one ends (it does not
/// empty OpenSSL's list of errors), to spin while somebody who connected keeps silent, and it does not look at names: docs/decisions/0013.
///
/// Promise   A connection is shown to CAF only after both sides have proved who they are.
/// Limits    handshakes_waiting_max connections wait for one of the handshake threads; more are closed.
/// Threads   any.

#include "runtime/actor/worker_pool.hpp"
#include "runtime/peers/peer_door.hpp"
#include "runtime/peers/peer_tls.hpp"

#include <atomic>
#include <thread>

namespace dotmac {

inline constexpr std::size_t handshakes_waiting_max = 64;
inline constexpr std::size_t handshake_threads = 2;

/// Lets others in, until it goes.
class tls_listener {
public:
  /// `port` 0: any.
  static result<std::unique_ptr<tls_listener>> open(caf::actor_system& system, peer_door_actor door, const std::string& host, std::uint16_t port, peer_certificates own,
                                                    std::chrono::milliseconds within, std::function<void(const std::string&)> log);
  ~tls_listener();
  std::uint16_t port() const noexcept { return port_; }

private:
  tls_listener(caf::actor_system& system, peer_door_actor door, int socket, std::uint16_t port, peer_certificates own, std::chrono::milliseconds within, std::function<void(const std::string&)> log);
  void work();
  void let_in(int socket);

  caf::actor_system& system_;
  const peer_door_actor door_;
  const int socket_;
  const std::uint16_t port_;
  const peer_certificates own_;
  const std::chrono::milliseconds within_;
  const std::function<void(const std::string&)> log_;
  worker_pool handshakes_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// The door at an address, over a session or, without certificates, over a plain connection. Blocks.
result<peer_door_actor> find_door_at(caf::actor_system& system, const peer_address& address, const std::optional<peer_certificates>& own, std::chrono::milliseconds within);

} // namespace dotmac
