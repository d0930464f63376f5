#include "runtime/node/service_manager.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace dotmac {
namespace {

failure untold(std::string_view name, int why) {
  return {error_code::storage_unavailable, "the service manager at " + std::string{name} + " was not told: " + std::strerror(why), "NOTIFY_SOCKET"};
}

} // namespace

result<void> tell_service_manager(std::string_view state) {
  const char* given = std::getenv("NOTIFY_SOCKET");
  if (given == nullptr || *given == '\0')
    return {};
  const std::string_view name{given};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if ((name.front() != '/' && name.front() != '@') || name.size() >= sizeof address.sun_path)
    return untold(name, EINVAL);
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.front() == '@')
    address.sun_path[0] = '\0';
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0)
    return untold(name, errno);
  // A name without a file is as long as it was given; what follows would be part of it.
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const auto sent = ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&address), size);
  const int why = errno;
  ::close(socket);
  return sent == static_cast<ssize_t>(state.size()) ? result<void>{} : untold(name, why);
}

} // namespace dotmac
