#pragma once

/// A node's address: whether somebody listens there.
///
/// Cost   Blocks for `within` at most, beside the time that resolving a host name takes.

#include "core/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace dotmac {

struct peer_address {
  std::string host;
  std::uint16_t port = 0;
};
/// "host:port", "[::1]:port". validation_failed where it is neither.
result<peer_address> parse_peer_address(const std::string& text, const std::string& field);

enum class knock_outcome : std::uint8_t { accepted, refused /**< the host is there, and says that nobody listens */, unknown };
knock_outcome knock(const peer_address& address, std::chrono::milliseconds within);

/// A connected socket, in non-blocking mode, for the caller to close. actor_unavailable where there is none to be had.
result<int> connect_to(const peer_address& address, std::chrono::milliseconds within);

} // namespace dotmac
