#pragma once

/// TLS between nodes: certificates of both sides, signed by the authority of the cluster, and nobody else's.
///
/// Promise   Nothing is read from or written to a connection before both sides have proved who they are; whoever connects also sees to it that the certificate
///           names the host it meant. TLS 1.3, without tickets: a later connection proves it anew. Files are read for each connection.
/// Errors    validation_failed, with the setting at fault: a file that cannot be read, a key that is not the certificate's, a certificate that the
///           authority did not sign, that is not valid now, or that does not name this node's host. actor_unavailable: nobody answers in time.
///           forbidden: somebody does, who is not the node that was meant, or lets us not in.
/// Threads   a session: one at a time.
/// Cost      connect and accept block, for `within` at most for each step of connecting and for the handshake.

#include "runtime/peers/peer_address.hpp"

#include <memory>

namespace dotmac {

/// Names of PEM files.
struct peer_certificates {
  std::string certificate, key, authority;
};

/// As a node at `host` would be seen by others.
result<void> check_certificates(const peer_certificates& own, const std::string& host);

class tls_session {
public:
  /// A connection of ours, in non-blocking mode.
  static result<std::unique_ptr<tls_session>> connect(const peer_address& address, const peer_certificates& own, std::chrono::milliseconds within);
  /// Takes `socket` in any case.
  static result<std::unique_ptr<tls_session>> accept(int socket, const peer_certificates& own, std::chrono::milliseconds within);
  ~tls_session();

  enum class outcome : std::uint8_t { done, wait /**< for the socket; nothing was moved */, broken };
  outcome read_some(void* into, std::size_t size, std::size_t& read);
  outcome write_some(const void* from, std::size_t size, std::size_t& written);
  /// Bytes that were received and decrypted, and not read: the socket does not tell of them.
  std::size_t pending() const;
  /// It is the caller's from now on, to be closed after the session's end.
  int release_socket() noexcept;

private:
  struct parts;
  explicit tls_session(std::unique_ptr<parts> given);
  std::unique_ptr<parts> parts_;
};

} // namespace dotmac
