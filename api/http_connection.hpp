#pragma once

/// One client's connection: reads a request, has it handled, writes its response, and again. Lives on one I/O thread.

#include "api/beast.hpp"
#include "api/http_server.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace dotmac {

/// What the connections of a server share.
struct connection_context {
  http_limits limits;
  http_handler handler;
  std::function<void(const access_record&)> log_access;
  std::atomic<std::size_t> open{0};
  std::atomic<bool> draining{false};
  std::function<std::string()> make_request_id;
};

class http_connection : public std::enable_shared_from_this<http_connection> {
public:
  http_connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<connection_context> context);
  ~http_connection();

  void start();
  /// Closes at once where no request is under way, else after it. On the I/O thread.
  void drain();
  void close();

private:
  using error = boost::system::error_code;

  void read_header();
  void on_header(error why);
  void read_body();
  void on_body(error why);
  void handle();
  void watch_for_hang_up();
  void respond(http_response response);
  void write(bool keep_alive);
  void refuse(const failure& why);
  void linger();
  void arm(std::chrono::milliseconds within);
  bool fill_request(http_request& request);

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<connection_context> context_;
  boost::asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::string head_;
  std::string body_;
  std::string request_id_;
  std::string method_;
  std::string path_;
  std::string remote_address_;
  cancellation_flag cancellation_;
  std::chrono::steady_clock::time_point began_;
  std::size_t request_bytes_ = 0;
  bool is_from_loopback_ = false;
  bool is_head_request_ = false;
  bool keeps_alive_ = false;
  bool in_request_ = false;
  bool timed_out_ = false;
  char discarded_[4'096];
};

} // namespace dotmac
