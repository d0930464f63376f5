#include "api/http_connection.hpp"

#include "api/gzip.hpp"
#include "api/url.hpp"

#include <sys/socket.h>

namespace dotmac {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t request_id_size_max = 128;
constexpr std::chrono::milliseconds linger_time{2'000};

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

/// A client's id is taken over where it is harmless in a header and a log line.
bool is_sane_request_id(std::string_view text) {
  if (text.empty() || text.size() > request_id_size_max)
    return false;
  return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:") == text.npos;
}

} // namespace

http_connection::http_connection(asio::ip::tcp::socket socket, std::shared_ptr<connection_context> context)
    : socket_{std::move(socket)}, context_{std::move(context)}, timer_{socket_.get_executor()},
      buffer_{context_->limits.header_bytes_max + 64 * 1024} {
  context_->open.fetch_add(1, std::memory_order_relaxed);
}

http_connection::~http_connection() { context_->open.fetch_sub(1, std::memory_order_relaxed); }

void http_connection::start() {
  error ignored; // an option that cannot be set costs latency only
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  error unknown;
  const auto peer = socket_.remote_endpoint(unknown);
  if (!unknown) {
    remote_address_ = peer.address().to_string();
    is_from_loopback_ = peer.address().is_loopback();
  }
  read_header();
}

void http_connection::drain() {
  if (!in_request_)
    close();
}

void http_connection::close() {
  error ignored; // the peer may be gone already
  timer_.cancel();
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

void http_connection::arm(std::chrono::milliseconds within) {
  timer_.expires_after(within);
  timer_.async_wait([weak = weak_from_this()](error why) {
    auto self = weak.lock();
    if (!self || why)
      return;
    self->timed_out_ = true;
    error ignored;
    self->socket_.cancel(ignored);
  });
}

void http_connection::read_header() {
  if (context_->draining.load(std::memory_order_relaxed))
    return close();
  in_request_ = false;
  timed_out_ = false;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(context_->limits.header_bytes_max));
  parser_->body_limit(context_->limits.body_bytes_max);
  const auto begin = [self = shared_from_this()](error why) {
    if (why)
      return self->close();
    self->in_request_ = true;
    self->began_ = std::chrono::steady_clock::now();
    self->arm(self->context_->limits.header_timeout);
    http::async_read_header(self->socket_, self->buffer_, *self->parser_,
                            [self](error outcome, std::size_t) { self->on_header(outcome); });
  };
  if (buffer_.size() > 0)
    return begin({});
  arm(context_->limits.idle_timeout);
  socket_.async_wait(asio::ip::tcp::socket::wait_read, begin);
}

void http_connection::on_header(error why) {
  request_id_ = context_->make_request_id();
  cancellation_ = std::make_shared<std::atomic<bool>>(false);
  method_ = "-";
  path_ = "-";
  request_bytes_ = 0;
  is_head_request_ = false;
  if (timed_out_)
    return refuse({error_code::request_timeout, "the header did not arrive within "
                                                    + std::to_string(context_->limits.header_timeout.count()) + " ms", {}});
  if (why == http::error::end_of_stream || why == asio::error::connection_reset || why == asio::error::eof || why == http::error::partial_message)
    return close();
  if (why == http::error::header_limit || why == http::error::buffer_overflow)
    return refuse({error_code::header_too_large,
                   "the header is over the limit of " + std::to_string(context_->limits.header_bytes_max) + " bytes", {}});
  if (why == http::error::body_limit)
    return refuse({error_code::payload_too_large,
                   "the body is over the limit of " + std::to_string(context_->limits.body_bytes_max) + " bytes", "body"});
  if (why)
    return refuse({error_code::malformed_request, "not valid HTTP: " + why.message(), {}});
  const auto& message = parser_->get();
  method_ = std::string{message.method_string()};
  path_ = std::string{message.target().substr(0, message.target().find('?'))};
  is_head_request_ = message.method() == http::verb::head;
  if (const auto sent = message["X-Request-ID"]; is_sane_request_id({sent.data(), sent.size()}))
    request_id_ = std::string{sent};
  if (boost::beast::iequals(message[http::field::expect], "100-continue")) {
    auto go_on = std::make_shared<std::string>("HTTP/1.1 100 Continue\r\n\r\n");
    return asio::async_write(socket_, asio::buffer(*go_on), [self = shared_from_this(), go_on](error outcome, std::size_t) {
      outcome ? self->close() : self->read_body();
    });
  }
  read_body();
}

void http_connection::read_body() {
  arm(context_->limits.body_timeout);
  http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](error why, std::size_t) { self->on_body(why); });
}

void http_connection::on_body(error why) {
  if (timed_out_)
    return refuse({error_code::request_timeout,
                   "the body did not arrive within " + std::to_string(context_->limits.body_timeout.count()) + " ms", "body"});
  if (why == http::error::body_limit)
    return refuse({error_code::payload_too_large,
                   "the body is over the limit of " + std::to_string(context_->limits.body_bytes_max) + " bytes", "body"});
  if (why == http::error::partial_message || why == asio::error::eof || why == asio::error::connection_reset)
    return close();
  if (why)
    return refuse({error_code::malformed_request, "not valid HTTP: " + why.message(), "body"});
  timer_.cancel();
  handle();
}

bool http_connection::fill_request(http_request& request) {
  auto message = parser_->release();
  request.method = method_;
  request.request_id = request_id_;
  request.cancellation = cancellation_;
  request_bytes_ = message.body().size();
  const std::string_view target{message.target().data(), message.target().size()};
  const auto query_at = target.find('?');
  const auto path = target.substr(0, query_at);
  if (!decode_percent(path, false) || (query_at != target.npos && !parse_query(target.substr(query_at + 1), request.query)))
    return refuse({error_code::malformed_request, "the path or query is not valid percent-encoded UTF-8", "path"}), false;
  request.path = path;
  for (const auto& each : message)
    request.headers.emplace_back(lower_case({each.name_string().data(), each.name_string().size()}), std::string{each.value()});
  request.remote_address = remote_address_;
  request.is_from_loopback = is_from_loopback_;
  keeps_alive_ = message.keep_alive();
  const auto encoding = request.header("content-encoding");
  if (encoding.empty() || encoding == "identity") {
    request.body = std::move(message.body());
    return true;
  }
  if (encoding != "gzip")
    return refuse({error_code::unsupported_media_type, "Content-Encoding must be gzip or identity", "content-encoding"}), false;
  auto plain = decompress_gzip(message.body(), context_->limits.body_bytes_max);
  if (!plain)
    return refuse(plain.error()), false;
  request.body = std::move(*plain);
  return true;
}

void http_connection::handle() {
  http_request request;
  if (!fill_request(request))
    return;
  watch_for_hang_up();
  auto executor = socket_.get_executor();
  context_->handler(std::move(request), [self = shared_from_this(), executor](http_response response) {
    asio::post(executor, [self, held = std::move(response)]() mutable { self->respond(std::move(held)); });
  });
}

/// While the request is handled, a socket that turns readable with nothing to read means that nobody waits any more.
void http_connection::watch_for_hang_up() {
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this(), flag = cancellation_](error why) {
    char peeked = 0;
    if (!why && ::recv(self->socket_.native_handle(), &peeked, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
      flag->store(true, std::memory_order_relaxed);
  });
}

void http_connection::respond(http_response response) {
  const bool keep_alive = keeps_alive_ && !context_->draining.load(std::memory_order_relaxed);
  error ignored;
  socket_.cancel(ignored); // ends the watch for a hang-up
  body_ = std::move(response.body);
  head_ = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head_ += std::string{http::obsolete_reason(static_cast<http::status>(response.status))};
  head_ += "\r\nContent-Type: " + response.content_type + "\r\nContent-Length: " + std::to_string(body_.size())
           + "\r\nX-Request-ID: " + request_id_ + (keep_alive ? "\r\nConnection: keep-alive" : "\r\nConnection: close");
  for (const auto& [name, value] : response.headers)
    head_ += "\r\n" + name + ": " + value;
  head_ += "\r\n\r\n";
  if (context_->log_access)
    context_->log_access({method_, path_, request_id_, remote_address_, response.status, request_bytes_, body_.size(),
                          std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_)});
  if (is_head_request_)
    body_.clear();
  write(keep_alive);
}

void http_connection::write(bool keep_alive) {
  arm(context_->limits.write_timeout);
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head_), asio::buffer(body_)};
  asio::async_write(socket_, parts, [self = shared_from_this(), keep_alive](error why, std::size_t) {
    self->timer_.cancel();
    if (why)
      return self->close();
    if (!keep_alive)
      return self->linger();
    self->body_.clear();
    if (self->body_.capacity() > 1u << 20)
      self->body_.shrink_to_fit();
    self->read_header();
  });
}

void http_connection::refuse(const failure& why) {
  keeps_alive_ = false;
  respond(error_response(why, request_id_));
}

/// Closing with unread bytes would reset the connection and lose the answer: take in what still comes for a short while.
void http_connection::linger() {
  error ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  in_request_ = false;
  timed_out_ = false;
  arm(linger_time);
  struct discard {
    static void more(const std::shared_ptr<http_connection>& self) {
      self->socket_.async_read_some(asio::buffer(self->discarded_), [self](error why, std::size_t) {
        if (why || self->timed_out_)
          return self->close();
        more(self);
      });
    }
  };
  discard::more(shared_from_this());
}

} // namespace dotmac
