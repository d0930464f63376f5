#include "api/http_connection.hpp"

#include "api/websocket_connection.hpp"

#include <sys/socket.h>

namespace dotmac {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr std::size_t first_read_size = 4 * 1024;   ///< of a request; what an idle connection holds
constexpr std::size_t kept_buffer_size = 16 * 1024; ///< an idle connection keeps no more
constexpr std::size_t chunked_reserve_min = 4'096;

std::string in_milliseconds(std::chrono::milliseconds time) { return std::to_string(time.count()) + " ms"; }

failure malformed(boost::system::error_code why, std::string field) {
  return {error_code::malformed_request, "not valid HTTP: " + why.message(), std::move(field)};
}

std::string_view view_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

} // namespace

http_connection::http_connection(std::shared_ptr<void> lane, asio::ip::tcp::socket socket, std::shared_ptr<connection_context> context)
    : lane_{std::move(lane)}, socket_{std::move(socket)}, context_{std::move(context)}, timer_{socket_.get_executor()},
      buffer_{context_->limits.header_bytes_max + read_size} {
  context_->open.fetch_add(1, std::memory_order_relaxed);
}

http_connection::~http_connection() { context_->open.fetch_sub(1, std::memory_order_relaxed); }

void http_connection::know_peer() {
  error ignored; // an option that cannot be set costs latency only
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  error unknown;
  const auto peer = socket_.remote_endpoint(unknown);
  if (!unknown) {
    remote_address_ = peer.address().to_string();
    is_from_loopback_ = peer.address().is_loopback();
  }
}

void http_connection::start() {
  know_peer();
  read_header();
}

void http_connection::turn_away() {
  know_peer();
  begin_request();
  refuse({error_code::too_many_connections, "more than " + std::to_string(context_->limits.connections_max) + " connections are open", {}});
}

void http_connection::drain() {
  in_request_ ? leave() : close();
}

void http_connection::close() {
  error ignored; // the peer may be gone already
  disarm();
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

void http_connection::abandon() {
  reserve_ = {};
  on_body_ = {};
  on_piece_ = {};
  if (const auto websocket = websocket_.lock())
    websocket->abandon();
  close();
}

void http_connection::arm(std::chrono::milliseconds within) {
  deadline_ = std::chrono::steady_clock::now() + within;
  if (!waits_until_ || *waits_until_ > deadline_)
    wait_until(deadline_);
}

void http_connection::disarm() { deadline_ = std::chrono::steady_clock::time_point::max(); }

void http_connection::wait_until(std::chrono::steady_clock::time_point at) {
  waits_until_ = at;
  timer_.expires_at(at);
  timer_.async_wait([weak = weak_from_this(), at](error why) {
    // One that was on its way when it was set anew does not count.
    if (auto self = weak.lock(); self && !why && self->waits_until_ == at)
      self->on_timer();
  });
}

/// Deadlines change several times a request and are hardly ever reached: a timer of its own for each would cost more than this.
void http_connection::on_timer() {
  waits_until_.reset();
  if (deadline_ == std::chrono::steady_clock::time_point::max())
    return;
  if (deadline_ > std::chrono::steady_clock::now())
    return wait_until(deadline_);
  timed_out_ = true;
  error ignored;
  socket_.cancel(ignored);
}

void http_connection::begin_request() {
  in_request_ = true;
  began_ = std::chrono::steady_clock::now();
  request_id_ = context_->make_request_id();
  cancellation_ = std::make_shared<std::atomic<bool>>(false);
  request_bytes_ = 0;
  is_head_request_ = false;
  wants_watch_ = false;
  is_streaming_ = false;
}

void http_connection::read_header() {
  if (context_->draining.load(std::memory_order_relaxed))
    return close();
  in_request_ = false;
  timed_out_ = false;
  has_header_ = false;
  has_unread_body_ = false;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(context_->limits.header_bytes_max));
  parser_->body_limit(context_->limits.body_bytes_max);
  if (buffer_.size() == 0 && buffer_.capacity() > kept_buffer_size)
    buffer_.shrink_to_fit();
  const auto begin = [self = shared_from_this()](error why, std::size_t size) {
    if (why)
      return self->close();
    self->buffer_.commit(size);
    self->begin_request();
    self->arm(self->context_->limits.header_timeout);
    http::async_read_header(self->socket_, self->buffer_, *self->parser_,
                            [self](error outcome, std::size_t) { self->on_header(outcome); });
  };
  if (buffer_.size() > 0)
    return begin({}, 0);
  arm(context_->limits.idle_timeout);
  socket_.async_read_some(buffer_.prepare(first_read_size), begin);
}

failure http_connection::describe_header_error(error why) const {
  const auto& limits = context_->limits;
  if (timed_out_)
    return {error_code::request_timeout, "the header did not arrive within " + in_milliseconds(limits.header_timeout), {}};
  if (why == http::error::header_limit || why == http::error::buffer_overflow)
    return {error_code::header_too_large, "the header is over the limit of " + std::to_string(limits.header_bytes_max) + " bytes", {}};
  if (why == http::error::body_limit)
    return {error_code::payload_too_large, "the body is over the limit of " + std::to_string(limits.body_bytes_max) + " bytes", "body"};
  return malformed(why, {});
}

void http_connection::on_header(error why) {
  disarm();
  const auto& message = parser_->get();
  if (!why || why == http::error::body_limit) {
    has_header_ = true;
    is_head_request_ = message.method() == http::verb::head;
    if (const auto sent = view_of(message["X-Request-ID"]); is_sane_request_id(sent))
      request_id_ = sent;
  }
  if (!timed_out_ && (why == http::error::end_of_stream || why == asio::error::connection_reset || why == asio::error::eof
                      || why == http::error::partial_message))
    return close();
  if (why || timed_out_)
    return refuse(describe_header_error(why));
  if (const auto sound = check_framing(message); !sound)
    return refuse(sound.error());
  handle();
}

void http_connection::handle() {
  auto request = read_head(parser_->get());
  if (!request)
    return refuse(request.error());
  request->request_id = request_id_;
  request->remote_address = remote_address_;
  request->is_from_loopback = is_from_loopback_;
  request->cancellation = cancellation_;
  keeps_alive_ = parser_->get().keep_alive();
  has_unread_body_ = !parser_->is_done();
  request->is_http_1_1 = parser_->get().version() >= 11;
  request->is_followed = has_unread_body_ || buffer_.size() > 0;
  context_->hooks.handle(*std::move(request), shared_from_this());
}

// -- the body --------------------------------------------------------------------------------------------------------------

void http_connection::read_body(reserve_bytes reserve, std::function<void(result<std::string>)> on_body) {
  asio::dispatch(socket_.get_executor(), [self = shared_from_this(), reserve = std::move(reserve), on_body = std::move(on_body)]() mutable {
    self->reserve_ = std::move(reserve);
    self->on_body_ = std::move(on_body);
    self->begin_body();
  });
}

void http_connection::begin_body() {
  reserved_ = 0;
  parser_->eager(true);
  if (const auto length = parser_->content_length(); length && *length > 0)
    if (auto outcome = reserve_up_to(static_cast<std::size_t>(*length)); !outcome)
      return end_body(outcome.error());
  if (auto parsed = parse_what_came(); !parsed)
    return end_body(parsed.error());
  if (parser_->is_done())
    return end_body(std::move(parser_->get().body()));
  arm(context_->limits.body_timeout);
  if (!boost::beast::iequals(parser_->get()[http::field::expect], "100-continue"))
    return read_more();
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(go_on), [self = shared_from_this()](error why, std::size_t) {
    why ? self->on_more(why, 0) : self->read_more();
  });
}

void http_connection::read_more() {
  socket_.async_read_some(buffer_.prepare(std::min(read_size, buffer_.max_size() - buffer_.size())),
                          [self = shared_from_this()](error why, std::size_t size) { self->on_more(why, size); });
}

void http_connection::on_more(error why, std::size_t size) {
  buffer_.commit(size);
  if (timed_out_)
    return end_body(failure{error_code::request_timeout, "the body did not arrive within " + in_milliseconds(context_->limits.body_timeout), "body"});
  if (why)
    return end_body(failure{error_code::cancelled, "the client hung up before the end of the body", "body"});
  if (auto parsed = parse_what_came(); !parsed)
    return end_body(parsed.error());
  parser_->is_done() ? end_body(std::move(parser_->get().body())) : read_more();
}

/// A chunked body may grow to twice what came: that is how much a string takes.
result<void> http_connection::reserve_up_to(std::size_t size) {
  if (size <= reserved_)
    return {};
  const auto wanted = parser_->chunked() ? std::max({size, 2 * reserved_, chunked_reserve_min}) : size;
  auto outcome = reserve_(wanted - reserved_);
  if (outcome)
    reserved_ = wanted;
  return outcome;
}

result<void> http_connection::parse_what_came() {
  while (!parser_->is_done() && buffer_.size() > 0) {
    if (parser_->chunked() && reserve_)
      if (auto outcome = reserve_up_to(parser_->get().body().size() + buffer_.size()); !outcome)
        return outcome;
    error why;
    const auto used = parser_->put(buffer_.cdata(), why);
    buffer_.consume(used);
    if (why == http::error::need_more)
      return {};
    if (why == http::error::body_limit)
      return failure{error_code::payload_too_large, "the body is over the limit of " + std::to_string(context_->limits.body_bytes_max) + " bytes", "body"};
    if (why)
      return malformed(why, "body");
  }
  return {};
}

void http_connection::end_body(result<std::string> outcome) {
  disarm();
  reserve_ = {};
  const auto on_body = std::exchange(on_body_, {});
  if (outcome) {
    has_unread_body_ = false;
    request_bytes_ = outcome->size();
    watch();
  } else {
    keeps_alive_ = false;
  }
  on_body(std::move(outcome));
}

/// A small body that nobody wanted may have come with its header: past it, the connection can go on.
bool http_connection::skip_body() {
  parser_->eager(true);
  return parse_what_came() && parser_->is_done();
}

void http_connection::watch_for_hang_up() {
  asio::dispatch(socket_.get_executor(), [self = shared_from_this(), flag = cancellation_] {
    if (!self->in_request_ || self->cancellation_ != flag)
      return;
    self->wants_watch_ = true;
    self->watch();
  });
}

/// While the request is handled, a socket that turns readable with nothing to read means that nobody waits any more.
void http_connection::watch() {
  if (!wants_watch_ || is_watching_ || has_unread_body_)
    return;
  is_watching_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this(), flag = cancellation_](error why) {
    char peeked = 0;
    if (!why && ::recv(self->socket_.native_handle(), &peeked, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
      flag->store(true, std::memory_order_relaxed);
  });
}

} // namespace dotmac
