#pragma once

/// What a connection becomes after 101: a WebSocket on which the server talks and the client answers pings and says when it goes.
///
/// Promise   Messages go out whole and in order, control frames between them. A ping of the client is answered; where nothing comes from it, also no answer to our pings, for
///           websocket_silence_max, or it takes nothing for write_timeout, the connection ends. A message of the client ends it with 1003 (binary) or 1008 (text), one of more than
///           client_message_bytes_max with 1009, a breach of RFC 6455 with 1002 or 1007.
/// Limits    client_message_bytes_max; closing_time for the client's answer to a close frame.
/// Threads   all on the I/O thread of the connection, but for `begin_messages` and what it returns.
/// Cost      a system call a message.

#include "api/http_connection.hpp"

namespace dotmac {

inline constexpr std::size_t client_message_bytes_max = 4'096;

class websocket_connection : public std::enable_shared_from_this<websocket_connection> {
public:
  websocket_connection(std::shared_ptr<http_connection> http, std::string tenant);

  void accept(const websocket_upgrade& upgrade);
  void write(std::vector<std::string> messages, std::function<void(bool)> on_written);
  /// Once; later ones do nothing. After the message that is under way.
  void close(const websocket_close& why);
  /// Lets go of who waits. After the I/O thread has ended.
  void abandon();

private:
  using error = boost::system::error_code;
  using web_socket = boost::beast::websocket::stream<boost::asio::ip::tcp::socket&, false>; ///< false: without compression

  void on_accepted(error why);
  void read();
  void write_next();
  void end_write(bool went_out);
  void send_close();
  void end();

  const std::shared_ptr<http_connection> http_;
  const std::string tenant_; ///< for the access log
  web_socket socket_;
  boost::beast::flat_buffer received_; ///< bounded by read_message_max
  std::vector<std::string> messages_;
  std::size_t next_message_ = 0;
  std::function<void(bool)> on_written_; ///< waits for the messages that are being written
  std::size_t written_bytes_ = 0;
  std::optional<websocket_close> closing_;
  bool is_open_ = false; ///< 101 went out
  bool is_over_ = false;
};

} // namespace dotmac
