#pragma once

/// One client's connection: reads the header of a request, has it handled, reads its body where the handler wants it, writes its
/// response, and again. Lives on one I/O thread. What becomes of a hang-up: see api/http_server.hpp.

#include "api/http_head.hpp"
#include "api/http_server.hpp"

#include <atomic>

namespace dotmac {

/// What the connections of a server share.
struct connection_context {
  http_limits limits;
  http_server_hooks hooks;
  std::atomic<std::size_t> open{0};
  std::atomic<bool> draining{false};
  std::atomic<bool> leaving{false};
  std::atomic<bool> ended{false}; ///< no I/O thread runs any more: late answers go nowhere
  std::function<std::string()> make_request_id;

  /// What has no end of its own ends now.
  bool is_asked_to_end() const {
    return draining.load(std::memory_order_relaxed) || leaving.load(std::memory_order_relaxed) || ended.load(std::memory_order_acquire);
  }
};

class websocket_connection;

class http_connection : public http_exchange, public std::enable_shared_from_this<http_connection> {
public:
  /// `lane` owns the socket's executor and lives as long as this.
  http_connection(std::shared_ptr<void> lane, boost::asio::ip::tcp::socket socket, std::shared_ptr<connection_context> context);
  ~http_connection() override;

  void start();
  /// Says that there are too many connections, and closes.
  void turn_away();
  /// Closes at once where no request is under way, else after it. On the I/O thread.
  void drain();
  /// Ends what has no end of its own. On the I/O thread.
  void leave();
  void close();
  /// Closes, and lets go of who waits for a body. After the I/O thread has ended.
  void abandon();

  void respond(http_response response) override;
  std::shared_ptr<response_stream> begin_stream(http_response head) override;
  std::shared_ptr<message_stream> begin_messages(websocket_upgrade upgrade, std::string tenant) override;
  void watch_for_hang_up() override;
  void read_body(reserve_bytes reserve, std::function<void(result<std::string>)> on_body) override;

private:
  using error = boost::system::error_code;

  void know_peer();
  void begin_request();
  void read_header();
  void on_header(error why);
  failure describe_header_error(error why) const;
  void handle();
  void begin_body();
  void read_more();
  void on_more(error why, std::size_t size);
  void end_body(result<std::string> outcome);
  result<void> reserve_up_to(std::size_t size);
  result<void> parse_what_came();
  bool skip_body();
  void watch();
  bool begin_answer(const http_response& response, std::string_view framing);
  void end_watch();
  void write_response(http_response response);
  void log(unsigned status, std::string_view tenant, std::size_t body_size) const;
  void write(bool keep_alive);

  // A streamed answer, on the I/O thread.
  friend class connection_stream;
  friend class websocket_connection;
  void start_stream(http_response head);
  void write_piece(std::string piece, std::function<void(bool)> on_written);
  void end_piece(error why);
  void end_stream();
  void give_stream_up();
  void log_stream() const;
  void refuse(const failure& why);
  void linger();
  void arm(std::chrono::milliseconds within);
  void disarm();
  void wait_until(std::chrono::steady_clock::time_point at);
  void on_timer();

  std::shared_ptr<void> lane_;
  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<connection_context> context_;
  boost::asio::steady_timer timer_; ///< set no later than to deadline_; it moves only when it goes off too early
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::optional<std::chrono::steady_clock::time_point> waits_until_; ///< the timer
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  reserve_bytes reserve_;
  std::function<void(result<std::string>)> on_body_;
  std::size_t reserved_ = 0;
  std::string head_;
  std::string body_;
  std::string request_id_;
  std::string remote_address_;
  cancellation_flag cancellation_;
  std::chrono::steady_clock::time_point began_;
  std::size_t request_bytes_ = 0;
  bool is_from_loopback_ = false;
  bool is_head_request_ = false;
  bool has_header_ = false; ///< a whole one came: method and target are known
  bool has_unread_body_ = false;
  bool keeps_alive_ = false;
  bool in_request_ = false;
  bool wants_watch_ = false; ///< for a hang-up
  bool is_streaming_ = false;
  bool is_chunked_ = false;
  bool is_endless_ = false; ///< the stream
  bool keeps_alive_after_stream_ = false;
  std::size_t streamed_bytes_ = 0;
  http_response stream_head_; ///< for the access log
  std::string chunk_head_;
  std::function<void(bool)> on_piece_; ///< waits for the piece that is being written
  std::weak_ptr<websocket_connection> websocket_; ///< what the connection has become
  bool is_watching_ = false;
  bool timed_out_ = false;
};

} // namespace dotmac
