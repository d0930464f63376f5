#pragma once

/// An answer of messages: the server's side of a WebSocket (RFC 6455), as handlers see it.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dotmac {

/// What a request said to become a WebSocket, checked: api/websocket_upgrade.hpp.
struct websocket_upgrade {
  std::string key;
  std::string protocol; ///< the one that is taken of those that were offered; empty: none
};

/// Why a WebSocket ends, as its last frame says it.
struct websocket_close {
  std::uint16_t code = 0;
  std::string_view reason; ///< a literal, of at most 123 bytes
};
inline constexpr websocket_close websocket_going_away{1001, "the node is stopping: connect again, and go on behind the last id"};
inline constexpr websocket_close websocket_refused_kind{1003, "this stream takes no messages"};
inline constexpr websocket_close websocket_refused_text{1008, "this stream takes no messages"};
inline constexpr websocket_close websocket_broken{1011, "a mistake of ours; see the log"};
inline constexpr websocket_close websocket_too_old{1012, "the stream has had its hour: connect again, and go on behind the last id"};
inline constexpr websocket_close websocket_restarting{1012, "the tenant moves or restarts: connect again, and go on behind the last id"};
inline constexpr websocket_close websocket_overloaded{1013, "more waits than the limit allows: try again later"};

/// Let go of before `close`, it is closed with websocket_broken. Where the node is asked to leave or stops, it closes by itself, with websocket_going_away.
/// Threads   any; one `write` at a time.
class message_stream {
public:
  virtual ~message_stream() = default;
  /// Each is one text message: UTF-8. The next ones after `on_written`, which is called once, never inside this call: true where all were taken by the network within
  /// http_limits::write_timeout and the client is still there. Where the server ends it may not be called at all, only let go of.
  virtual void write(std::vector<std::string> messages, std::function<void(bool went_out)> on_written) = 0;
  /// After the last `on_written`; a client that does not answer it within two seconds is left.
  virtual void close(const websocket_close& why) = 0;
  virtual bool is_asked_to_end() const = 0;
};

} // namespace dotmac
