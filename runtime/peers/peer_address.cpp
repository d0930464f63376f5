#include "runtime/peers/peer_address.hpp"

#include <cerrno>
#include <charconv>
#include <memory>

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dotmac {
namespace {

knock_outcome outcome_of(int error) { return error == 0 ? knock_outcome::accepted : error == ECONNREFUSED ? knock_outcome::refused : knock_outcome::unknown; }

/// `socket` is connected where the outcome says so, and closed otherwise.
knock_outcome connect_at(const addrinfo& at, std::chrono::milliseconds within, int& socket) {
  socket = ::socket(at.ai_family, at.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at.ai_protocol);
  if (socket < 0)
    return knock_outcome::unknown;
  auto outcome = knock_outcome::accepted;
  if (::connect(socket, at.ai_addr, at.ai_addrlen) != 0) {
    outcome = outcome_of(errno);
    pollfd waited{socket, POLLOUT, 0};
    if (errno == EINPROGRESS && ::poll(&waited, 1, static_cast<int>(within.count())) == 1) {
      int error = 0;
      socklen_t size = sizeof(error);
      outcome = ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? outcome_of(error) : knock_outcome::unknown;
    }
  }
  if (outcome != knock_outcome::accepted)
    ::close(socket);
  return outcome;
}

} // namespace

result<peer_address> parse_peer_address(const std::string& text, const std::string& field) {
  const auto colon = text.rfind(':');
  const failure bad{error_code::validation_failed, "an address of a node is host:port, with a port of 1 to 65535", field, {}};
  if (colon == std::string::npos || colon == 0)
    return bad;
  peer_address address{text.substr(0, colon), 0};
  const auto* end = text.data() + text.size();
  const auto [stopped, why] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (why != std::errc{} || stopped != end || address.port == 0)
    return bad;
  if (address.host.front() == '[' && address.host.back() == ']')
    address.host = address.host.substr(1, address.host.size() - 2);
  else if (address.host.find(':') != std::string::npos)
    return bad;
  return address.host.empty() ? result<peer_address>{bad} : result<peer_address>{std::move(address)};
}

namespace {

/// Of the first of a host's addresses that does not refuse: that is doubt enough.
knock_outcome connect_somewhere(const peer_address& address, std::chrono::milliseconds within, int& socket) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &found) != 0)
    return knock_outcome::unknown;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all{found, ::freeaddrinfo};
  auto outcome = knock_outcome::unknown;
  for (const auto* each = found; each != nullptr; each = each->ai_next) {
    outcome = connect_at(*each, within, socket);
    if (outcome != knock_outcome::refused)
      return outcome;
  }
  return outcome;
}

} // namespace

knock_outcome knock(const peer_address& address, std::chrono::milliseconds within) {
  int socket = -1;
  const auto outcome = connect_somewhere(address, within, socket);
  if (outcome == knock_outcome::accepted)
    ::close(socket);
  return outcome;
}

result<int> connect_to(const peer_address& address, std::chrono::milliseconds within) {
  int socket = -1;
  if (connect_somewhere(address, within, socket) != knock_outcome::accepted)
    return failure{error_code::actor_unavailable, "nobody listens there", {}, {}};
  return socket;
}

} // namespace dotmac
