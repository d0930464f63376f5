#include "api/http_connection.hpp"

#include <array>

namespace dotmac {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t kept_body_size = 1 << 20;
constexpr std::size_t discarded_at_once = 16 * 1024;
constexpr std::size_t logged_path_size_max = 256;
constexpr std::chrono::milliseconds linger_time{2'000};

std::string_view text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

} // namespace

void http_connection::respond(http_response response) {
  if (context_->ended.load(std::memory_order_acquire))
    return;
  asio::post(socket_.get_executor(), [self = shared_from_this(), held = std::move(response)]() mutable { self->write_response(std::move(held)); });
}

/// What all answers begin with; true where the connection goes on after this one.
bool http_connection::begin_answer(const http_response& response, std::string_view framing) {
  if (keeps_alive_ && has_unread_body_ && !skip_body())
    keeps_alive_ = false;
  const bool keep_alive = keeps_alive_ && !context_->draining.load(std::memory_order_relaxed) && !context_->leaving.load(std::memory_order_relaxed);
  head_ = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head_ += std::string{http::obsolete_reason(static_cast<http::status>(response.status))};
  if (response.status != static_cast<unsigned>(http::status::no_content) && response.status != static_cast<unsigned>(http::status::not_modified))
    head_.append("\r\nContent-Type: ").append(response.content_type).append(framing);
  head_ += "\r\nX-Request-ID: " + request_id_ + (keep_alive ? "\r\nConnection: keep-alive" : "\r\nConnection: close");
  for (const auto& [name, value] : response.headers)
    head_ += "\r\n" + name + ": " + value;
  head_ += "\r\n\r\n";
  return keep_alive;
}

void http_connection::end_watch() {
  if (std::exchange(is_watching_, false)) {
    error ignored;
    socket_.cancel(ignored);
  }
}

void http_connection::write_response(http_response response) {
  end_watch();
  body_ = std::move(response.body);
  const bool keep_alive = begin_answer(response, "\r\nContent-Length: " + std::to_string(body_.size()));
  if (context_->hooks.log_access)
    log(response.status, response.tenant, body_.size());
  if (is_head_request_)
    body_.clear();
  write(keep_alive);
}

void http_connection::log(unsigned status, std::string_view tenant, std::size_t body_size) const {
  access_record record;
  record.method = record.path = "-";
  if (has_header_) {
    record.method = text_of(parser_->get().method_string());
    record.path = path_of(text_of(parser_->get().target())).substr(0, logged_path_size_max);
  }
  record.request_id = request_id_;
  record.remote_address = remote_address_;
  record.tenant = tenant;
  record.status = status;
  record.request_bytes = request_bytes_;
  record.response_bytes = body_size;
  record.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_);
  context_->hooks.log_access(record);
}

void http_connection::write(bool keep_alive) {
  arm(context_->limits.write_timeout);
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head_), asio::buffer(body_)};
  asio::async_write(socket_, parts, [self = shared_from_this(), keep_alive](error why, std::size_t) {
    self->disarm();
    if (why)
      return self->close();
    self->body_.clear();
    if (self->body_.capacity() > kept_body_size)
      self->body_.shrink_to_fit();
    keep_alive ? self->read_header() : self->linger();
  });
}

/// An answer that no handler gives. On the I/O thread.
void http_connection::refuse(const failure& why) {
  keeps_alive_ = false;
  auto response = error_response(why, request_id_);
  if (context_->hooks.add_headers)
    context_->hooks.add_headers(parser_ ? text_of(parser_->get()[http::field::origin]) : std::string_view{}, response);
  write_response(std::move(response));
}

/// Closing with unread bytes would reset the connection and lose the answer: take in what still comes for a short while.
void http_connection::linger() {
  error ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  in_request_ = false;
  timed_out_ = false;
  parser_.reset(); // what was read of a body goes now
  buffer_.clear();
  arm(linger_time);
  struct discard {
    static void more(const std::shared_ptr<http_connection>& self) {
      self->socket_.async_read_some(self->buffer_.prepare(discarded_at_once), [self](error why, std::size_t) {
        if (why || self->timed_out_)
          return self->close();
        more(self);
      });
    }
  };
  discard::more(shared_from_this());
}

} // namespace dotmac
