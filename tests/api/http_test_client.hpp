#pragma once

/// A plain socket that sends what a test wants, right or wrong, and reads responses.

#include <arpa/inet.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>

namespace dotmac {

struct test_response {
  int status = 0;
  std::string head;
  std::string body;
  nlohmann::json document() const { return nlohmann::json::parse(body, nullptr, false); }
  std::string header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == head.npos)
      return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class http_test_client {
public:
  explicit http_test_client(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~http_test_client() { hang_up(); }
  http_test_client(const http_test_client&) = delete;
  http_test_client& operator=(const http_test_client&) = delete;

  void hang_up() {
    if (socket_ >= 0)
      ::close(socket_);
    socket_ = -1;
  }

  /// Half of a hang-up: answers can still come.
  void shut_sending() { ::shutdown(socket_, SHUT_WR); }

  bool is_connected() const { return connected_; }

  /// False where the server does not take it all.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Nothing where the connection ends first.
  std::optional<test_response> receive(bool has_body = true) {
    const auto head_end = read_until("\r\n\r\n");
    if (head_end == std::string::npos)
      return std::nullopt;
    test_response response;
    response.head = buffer_.substr(0, head_end);
    buffer_.erase(0, head_end + 4);
    response.status = std::stoi(response.head.substr(9, 3));
    const auto length = response.header("Content-Length");
    if (!has_body || length.empty())
      return response;
    const auto size = std::stoul(length);
    while (buffer_.size() < size)
      if (!read_more())
        return std::nullopt;
    response.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return response;
  }

  /// What comes until the server closes.
  std::string receive_all() {
    while (read_more()) {
    }
    return std::move(buffer_);
  }

  /// True where the server has closed and nothing more comes.
  bool is_closed() { return buffer_.empty() && !read_more(); }

  std::optional<test_response> call(std::string_view method, std::string_view path, std::string_view body = {}, std::string_view headers = {}) {
    std::string text{method};
    text.append(" ").append(path).append(" HTTP/1.1\r\nHost: test\r\n").append(headers);
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    text += body;
    if (!send(text))
      return std::nullopt;
    return receive(method != "HEAD");
  }

private:
  bool read_more() {
    char chunk[65'536];
    const auto got = ::recv(socket_, chunk, sizeof chunk, 0);
    if (got <= 0)
      return false;
    buffer_.append(chunk, static_cast<std::size_t>(got));
    return true;
  }
  std::size_t read_until(std::string_view mark) {
    for (;;) {
      if (const auto at = buffer_.find(mark); at != buffer_.npos)
        return at;
      if (!read_more())
        return std::string::npos;
    }
  }

  int socket_;
  bool connected_ = false;
  std::string buffer_;
};

} // namespace dotmac
