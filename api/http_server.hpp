#pragma once

/// HTTP/1.1 on Boost.Beast: connections in, one response per request out, in order (keep-alive, pipelining).
///
/// Promise   The handler is called once per well-formed header, on the I/O thread of its connection, before the body is read: what is
///           refused costs no memory for its body. Whatever the peer does, memory per connection is bounded by the limits and by what the
///           handler's `reserve` allows, and a request that breaks one is answered with the matching 4xx (the one error shape) before
///           the connection is closed. A request whose end is not certain (Transfer-Encoding other than chunked, both lengths, two
///           different lengths) is refused and nothing behind it is read.
/// Hang-up   A client that closes its side, also only its sending side (FIN), counts as gone, as with nginx: nobody can tell the two
///           apart until a write fails. Its cancellation flag is set, which ends questions; what was written stays written, and whatever
///           answer there is is still sent.
/// Limits    http_limits. Beyond connections_max a new connection is answered 503 too_many_connections and closed; beyond another
///           turned_away_max of those, closed only.
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
  std::chrono::milliseconds websocket_silence_max{40'000}; ///< a WebSocket's client from which nothing came for so long is gone; after half of it, it is pinged
};

inline constexpr std::size_t turned_away_max = 64; ///< connections over the limit that are being told so at one time

/// One finished request, for the access log. The texts live as long as the call that hands them over.
struct access_record {
  std::string_view method;
  std::string_view path; ///< as sent, without the query
  std::string_view request_id;
  std::string_view remote_address;
  std::string_view tenant; ///< empty: none was proven
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

/// What the server calls; all from its I/O threads. All but `handle` may be empty.
struct http_server_hooks {
  std::function<void(http_request, std::shared_ptr<http_exchange>)> handle;
  std::function<void(const access_record&)> log_access;
  /// Headers for an answer that the server gives by itself, to a page of `origin` (empty: none).
  std::function<void(std::string_view origin, http_response&)> add_headers;
  std::function<void(std::string_view what)> log_failure; ///< an exception reached the I/O thread
};

/// The body of every error: {"detail", "code", "request_id"}; with Retry-After where a retry can help, and WWW-Authenticate
/// where a credential is wanted, and what to upgrade to where that is wanted.
http_response error_response(const failure& why, const std::string& request_id);

class http_server {
public:
  http_server(http_server_options options, http_server_hooks hooks);
  ~http_server();

  /// Binds and starts the threads; returns the port.
  result<std::uint16_t> start();
  /// Goes on as before, but every answer ends its connection: clients move elsewhere.
  void ask_to_leave();
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
