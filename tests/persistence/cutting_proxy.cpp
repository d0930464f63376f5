#include "tests/persistence/cutting_proxy.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace dotmac {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

bool is_readable(int socket) {
  pollfd one{socket, POLLIN, 0};
  return socket >= 0 && poll(&one, 1, 0) > 0;
}

} // namespace

cutting_proxy::cutting_proxy(int server_port)
    : listener_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}, server_port_{server_port} {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error{"the proxy cannot listen"};
  port_ = ntohs(address.sin_port);
  worker_ = std::thread{[this] { run(); }};
}

cutting_proxy::~cutting_proxy() {
  is_stopping_ = true;
  worker_.join();
  for (const auto& link : links_) {
    if (link.client >= 0)
      close(link.client);
    if (link.server >= 0)
      close(link.server);
  }
  close(listener_);
}

void cutting_proxy::lose_answers() {
  const std::lock_guard lock{mutex_};
  for (auto& link : links_)
    link.loses_answers = true;
}

void cutting_proxy::cut_clients() {
  const std::lock_guard lock{mutex_};
  for (auto& link : links_)
    if (link.client >= 0) {
      close(link.client);
      link.client = -1;
    }
}

void cutting_proxy::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(server_port_);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(client);
    close(server);
    return;
  }
  links_.push_back({client, server, false});
}

bool cutting_proxy::forward(int from, int to) {
  char data[65'536];
  const auto size = recv(from, data, sizeof data, 0);
  if (size <= 0)
    return false;
  for (ssize_t sent = 0; to >= 0 && sent < size;) {
    const auto now = send(to, data + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
    if (now <= 0)
      return false;
    sent += now;
  }
  return true;
}

void cutting_proxy::run() {
  while (!is_stopping_) {
    std::vector<pollfd> sockets{{listener_, POLLIN, 0}};
    {
      const std::lock_guard lock{mutex_};
      for (const auto& link : links_)
        for (const int socket : {link.client, link.server})
          if (socket >= 0)
            sockets.push_back({socket, POLLIN, 0});
    }
    poll(sockets.data(), sockets.size(), 5);
    const std::lock_guard lock{mutex_};
    if (is_readable(listener_))
      accept_one();
    for (auto& link : links_) {
      const bool client_ended = is_readable(link.client) && !forward(link.client, link.server);
      const bool server_ended =
          is_readable(link.server) && !forward(link.server, link.loses_answers ? -1 : link.client);
      if (!client_ended && !server_ended)
        continue;
      for (int* socket : {&link.client, &link.server})
        if (*socket >= 0) {
          close(*socket);
          *socket = -1;
        }
    }
  }
}

} // namespace dotmac
