#pragma once

/// HTTP/1.1 on Boost.Beast: connections in, one response per request out, in order (keep-alive, pipelining).
///
/// Promise   The handler is called once per well-formed request, on the I/O thread of its connection; `respond` may be called
///           from any thread, once. Whatever the peer does, memory per connection is bounded by the limits, and a request
///           that breaks one is answered with the matching 4xx (the one error shape) before the connection is closed.
/// Limits    http_limits. Beyond connections_max a new connection is answered 503 and closed.
/// Errors    start: the address cannot be bound (message says why).
/// Threads   start, drain and stop from one thread; the rest inside.

#include "api/http_message.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace dotmac {

struct http_limits {
  std::size_t header_bytes_max = 16u << 10;
  std::size_t body_bytes_max = 32u << 20;
  std::size_t connections_max = 10'000;
  std::chrono::milliseconds header_timeout{10'000}; ///< from the first byte of a request to the end of its header
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{75'000};
  std::chrono::milliseconds write_timeout{30'000};
};

/// One finished request, for the access log.
struct access_record {
  std::string method;
  std::string path;
  std::string request_id;
  std::string remote_address;
  unsigned status = 0;
  std::size_t request_bytes = 0;
  std::size_t response_bytes = 0;
  std::chrono::microseconds took{0};
};

struct http_server_options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000; ///< 0: any free one
  std::size_t threads = 1;
  http_limits limits;
};

using respond_function = std::function<void(http_response)>;
using http_handler = std::function<void(http_request, respond_function)>;

/// The body of every error: {"detail", "code", "request_id"}; with Retry-After where a retry can help.
http_response error_response(const failure& why, const std::string& request_id);

class http_server {
public:
  http_server(http_server_options options, http_handler handler, std::function<void(const access_record&)> log_access);
  ~http_server();

  /// Binds and starts the threads; returns the port.
  result<std::uint16_t> start();
  /// Takes no new connection; idle ones are closed, the others after their present request.
  void drain();
  /// Waits at most `within` for the present requests, then ends all.
  void stop(std::chrono::milliseconds within);
  std::size_t open_connections() const noexcept;

private:
  struct implementation;
  std::shared_ptr<implementation> implementation_;
};

} // namespace dotmac
