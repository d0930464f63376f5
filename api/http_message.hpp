#pragma once

/// A request and its response as the rest of the gateway sees them: no Beast here.

#include "actors/protocol/tenant_service.hpp"

#include "api/message_stream.hpp"
#include "core/result.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dotmac {

struct http_request {
  std::string method;
  std::string path;                         ///< as sent, without the query: valid percent-encoded UTF-8, decoded part by part (api/routes.hpp)
  std::map<std::string, std::string> query; ///< decoded; of a repeated name the last
  std::vector<std::pair<std::string, std::string>> headers; ///< names in lower case
  std::string body;                         ///< decompressed; empty until it was read
  std::string request_id;
  std::string remote_address;
  bool is_from_loopback = false;
  bool is_http_1_1 = true;  ///< else 1.0
  bool is_followed = false; ///< by a body, or by more bytes that did not wait for the answer
  std::optional<websocket_upgrade> upgrade; ///< where the route may become a WebSocket, and the client wants one
  cancellation_flag cancellation; ///< set when the client hangs up, where http_exchange::watch_for_hang_up was called

  /// Empty where there is none.
  std::string_view header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers)
      if (name == lower_case_name)
        return value;
    return {};
  }
};

struct http_response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string tenant; ///< whom it was for, where that was proven; for the access log
};

/// Asked before memory for `more` bytes of a body is taken; a failure ends the reading.
using reserve_bytes = std::function<result<void>(std::size_t more)>;

/// The body of an answer that is sent piece by piece, in chunks (HTTP/1.0: until the connection ends). Let go of before `end`, the connection
/// is closed without the last chunk: the client sees that the body is not whole.
/// Threads   any; one piece at a time.
class response_stream {
public:
  virtual ~response_stream() = default;
  /// The next one after `on_written`, which is called once, never inside this call: true where the piece was taken by the network within
  /// http_limits::write_timeout and the client is still there. Where the server ends it may not be called at all, only let go of.
  virtual void write(std::string piece, std::function<void(bool went_out)> on_written) = 0;
  /// The body is whole. After the last `on_written`.
  virtual void end() = 0;
  /// For a body without an end of its own: where the node is asked to leave or stops, the body is whole with the piece that is under way.
  virtual void end_when_asked() = 0;
  virtual bool is_asked_to_end() const = 0;
};

/// One request whose header has come: its body is read where it is wanted, and it is answered.
class http_exchange {
public:
  virtual ~http_exchange() = default;
  /// Once, from any thread. A body that was not read is not waited for: the connection ends unless it has come already.
  virtual void respond(http_response response) = 0;
  /// Instead of `respond`, once, from any thread: `head` goes out with the first piece; its body is not looked at.
  virtual std::shared_ptr<response_stream> begin_stream(http_response head) = 0;
  /// Instead of `respond`, once, from any thread, where the request wants a WebSocket: 101, and messages from then on. `tenant` is for the access log.
  virtual std::shared_ptr<message_stream> begin_messages(websocket_upgrade upgrade, std::string tenant) = 0;
  /// Sets the request's cancellation flag when the client hangs up before `respond`. From any thread; asked for where an answer that nobody waits
  /// for is worth ending, because watching costs system calls.
  virtual void watch_for_hang_up() = 0;
  /// At most once, before `respond`, from any thread. `on_body` is called once, on the connection's thread (inside this call where the
  /// whole body has come and this is that thread): the body as sent, or payload_too_large, malformed_request, request_timeout, cancelled
  /// (the client hung up), or what `reserve` said. All of a Content-Length is reserved at once, a chunked body as it grows.
  virtual void read_body(reserve_bytes reserve, std::function<void(result<std::string>)> on_body) = 0;
};

} // namespace dotmac
