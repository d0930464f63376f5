#include "api/websocket_connection.hpp"

namespace dotmac {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

namespace {

constexpr std::chrono::milliseconds closing_time{2'000};
constexpr unsigned switching_protocols = 101;

/// What a handler holds of a WebSocket: every call goes to the connection's thread.
class connection_messages final : public message_stream {
public:
  connection_messages(std::shared_ptr<websocket_connection> socket, std::shared_ptr<connection_context> context, asio::ip::tcp::socket::executor_type executor)
      : socket_{std::move(socket)}, context_{std::move(context)}, executor_{std::move(executor)} {}
  ~connection_messages() override {
    if (!is_closed_)
      on_thread([](websocket_connection& socket) { socket.close(websocket_broken); });
  }
  void write(std::vector<std::string> messages, std::function<void(bool)> on_written) override {
    on_thread([held = std::move(messages), on_written = std::move(on_written)](websocket_connection& socket) mutable {
      socket.write(std::move(held), std::move(on_written));
    });
  }
  void close(const websocket_close& why) override {
    is_closed_ = true;
    on_thread([why](websocket_connection& socket) { socket.close(why); });
  }
  bool is_asked_to_end() const override { return context_->is_asked_to_end(); }

private:
  template <class Act> void on_thread(Act act) {
    if (!context_->ended.load(std::memory_order_acquire))
      asio::post(executor_, [socket = socket_, act = std::move(act)]() mutable { act(*socket); });
  }

  const std::shared_ptr<websocket_connection> socket_;
  const std::shared_ptr<connection_context> context_;
  const asio::ip::tcp::socket::executor_type executor_;
  bool is_closed_ = false;
};

} // namespace

std::shared_ptr<message_stream> http_connection::begin_messages(websocket_upgrade upgrade, std::string tenant) {
  auto socket = std::make_shared<websocket_connection>(shared_from_this(), std::move(tenant));
  if (!context_->ended.load(std::memory_order_acquire))
    asio::post(socket_.get_executor(), [self = shared_from_this(), socket, upgrade = std::move(upgrade)] {
      self->websocket_ = socket;
      self->end_watch();
      socket->accept(upgrade);
    });
  return std::make_shared<connection_messages>(std::move(socket), context_, socket_.get_executor());
}

websocket_connection::websocket_connection(std::shared_ptr<http_connection> connection, std::string tenant)
    : http_{std::move(connection)}, tenant_{std::move(tenant)}, socket_{http_->socket_} {}

/// What was asked has been checked already (api/websocket_upgrade.hpp): Beast gets what it needs of it.
void websocket_connection::accept(const websocket_upgrade& upgrade) {
  http::request<http::empty_body> request{http::verb::get, "/", 11};
  request.set(http::field::host, "-");
  request.set(http::field::connection, "upgrade");
  request.set(http::field::upgrade, "websocket");
  request.set(http::field::sec_websocket_version, "13");
  request.set(http::field::sec_websocket_key, upgrade.key);
  socket_.set_option(websocket::stream_base::timeout{closing_time, http_->context_->limits.websocket_silence_max, true});
  socket_.set_option(websocket::stream_base::decorator{[protocol = upgrade.protocol, request_id = http_->request_id_](websocket::response_type& response) {
    response.set(http::field::server, "dotmac-analytics"); // else Beast writes its own name
    response.set("X-Request-ID", request_id);
    if (!protocol.empty())
      response.set(http::field::sec_websocket_protocol, protocol);
  }});
  socket_.read_message_max(client_message_bytes_max);
  socket_.auto_fragment(false);
  socket_.text(true);
  socket_.async_accept(request, [self = shared_from_this()](error why) { self->on_accepted(why); });
}

void websocket_connection::on_accepted(error why) {
  if (why) {
    end();
    return end_write(false);
  }
  is_open_ = true;
  read();
  if (closing_)
    send_close();
  else if (http_->context_->is_asked_to_end()) // asked before it was known here
    close(websocket_going_away);
  if (on_written_)
    write_next();
}

/// Pings are answered, pongs noted and close frames answered inside; what comes out is a message, or the end.
void websocket_connection::read() {
  socket_.async_read(received_, [self = shared_from_this()](error why, std::size_t) {
    if (why)
      return self->end();
    self->received_.clear();
    self->close(self->socket_.got_text() ? websocket_refused_text : websocket_refused_kind); // who sends waits for something that will not come
  });
}

void websocket_connection::write(std::vector<std::string> messages, std::function<void(bool)> on_written) {
  if (is_over_ || closing_)
    return on_written(false);
  messages_ = std::move(messages);
  next_message_ = 0;
  on_written_ = std::move(on_written);
  http_->arm(http_->context_->limits.write_timeout);
  if (is_open_)
    write_next();
}

void websocket_connection::write_next() {
  if (is_over_ || closing_)
    return end_write(false);
  if (next_message_ == messages_.size())
    return end_write(true);
  socket_.async_write(asio::buffer(messages_[next_message_]), [self = shared_from_this()](error why, std::size_t size) {
    if (why) {
      self->end();
      return self->end_write(false);
    }
    self->written_bytes_ += size;
    ++self->next_message_;
    self->write_next();
  });
}

void websocket_connection::end_write(bool went_out) {
  http_->disarm();
  messages_.clear();
  if (const auto on_written = std::exchange(on_written_, {}))
    on_written(went_out);
}

void websocket_connection::close(const websocket_close& why) {
  if (is_over_ || closing_)
    return;
  closing_ = why;
  if (is_open_)
    send_close();
}

/// Behind the message that is under way; then the client has closing_time for its answer.
void websocket_connection::send_close() {
  const boost::beast::string_view reason{closing_->reason.data(), closing_->reason.size()};
  socket_.async_close({static_cast<websocket::close_code>(closing_->code), reason}, [self = shared_from_this()](error) { self->end(); });
}

/// Whoever waits for messages is told by their own end, which comes as the socket is closed.
void websocket_connection::end() {
  if (std::exchange(is_over_, true))
    return;
  http_->cancellation_->store(true, std::memory_order_relaxed);
  if (http_->context_->hooks.log_access)
    http_->log(switching_protocols, tenant_, written_bytes_);
  http_->close();
}

void websocket_connection::abandon() {
  is_over_ = true;
  on_written_ = {};
}

} // namespace dotmac
