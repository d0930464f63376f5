#include "api/http_connection.hpp"

#include "api/websocket_connection.hpp"

#include <array>
#include <charconv>

namespace dotmac {

namespace asio = boost::asio;

/// What a handler holds of a streamed answer: every call goes to the connection's thread.
class connection_stream final : public response_stream {
public:
  explicit connection_stream(std::shared_ptr<http_connection> connection) : connection_{std::move(connection)} {}
  ~connection_stream() override {
    if (!is_ended_)
      on_thread([](http_connection& connection) { connection.give_stream_up(); });
  }
  void write(std::string piece, std::function<void(bool)> on_written) override {
    on_thread([held = std::move(piece), on_written = std::move(on_written)](http_connection& connection) mutable {
      connection.write_piece(std::move(held), std::move(on_written));
    });
  }
  void end() override {
    is_ended_ = true;
    on_thread([](http_connection& connection) { connection.end_stream(); });
  }
  void end_when_asked() override {
    on_thread([](http_connection& connection) { connection.is_endless_ = true; });
  }
  bool is_asked_to_end() const override { return connection_->context_->is_asked_to_end(); }

private:
  template <class Act> void on_thread(Act act) {
    if (!connection_->context_->ended.load(std::memory_order_acquire))
      asio::post(connection_->socket_.get_executor(), [self = connection_, act = std::move(act)]() mutable { act(*self); });
  }

  const std::shared_ptr<http_connection> connection_;
  bool is_ended_ = false;
};

std::shared_ptr<response_stream> http_connection::begin_stream(http_response head) {
  if (!context_->ended.load(std::memory_order_acquire))
    asio::post(socket_.get_executor(), [self = shared_from_this(), held = std::move(head)]() mutable { self->start_stream(std::move(held)); });
  return std::make_shared<connection_stream>(shared_from_this());
}

/// The watch for a hang-up goes on: between two pieces nothing else would notice one.
void http_connection::start_stream(http_response head) {
  is_streaming_ = true;
  is_endless_ = false;
  streamed_bytes_ = 0;
  is_chunked_ = parser_->get().version() >= 11;
  keeps_alive_ = keeps_alive_ && is_chunked_;
  keeps_alive_after_stream_ = begin_answer(head, is_chunked_ ? "\r\nTransfer-Encoding: chunked" : "");
  stream_head_ = std::move(head);
}

void http_connection::write_piece(std::string piece, std::function<void(bool)> on_written) {
  if (!is_streaming_ || is_head_request_ || cancellation_->load(std::memory_order_relaxed))
    return on_written(false);
  on_piece_ = std::move(on_written);
  body_ = std::move(piece);
  streamed_bytes_ += body_.size();
  chunk_head_.clear();
  if (is_chunked_ && !body_.empty()) { // an empty chunk would be the last
    std::array<char, 16> digits;
    chunk_head_.assign(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), body_.size(), 16).ptr).append("\r\n");
    body_ += "\r\n";
  }
  arm(context_->limits.write_timeout);
  const std::array<asio::const_buffer, 3> parts{asio::buffer(head_), asio::buffer(chunk_head_), asio::buffer(body_)};
  asio::async_write(socket_, parts, [self = shared_from_this()](error why, std::size_t) { self->end_piece(why); });
}

void http_connection::leave() {
  if (const auto websocket = websocket_.lock())
    websocket->close(websocket_going_away);
  if (is_streaming_ && is_endless_ && !on_piece_)
    end_stream();
}

void http_connection::end_piece(error why) {
  disarm();
  head_.clear();
  if (why)
    give_stream_up();
  else if (is_endless_ && context_->is_asked_to_end())
    end_stream();
  if (const auto on_piece = std::exchange(on_piece_, {}))
    on_piece(is_streaming_);
}

void http_connection::end_stream() {
  if (!is_streaming_)
    return;
  log_stream();
  is_streaming_ = false;
  keeps_alive_after_stream_ = keeps_alive_after_stream_ && !context_->is_asked_to_end();
  end_watch();
  body_ = is_chunked_ && !is_head_request_ ? "0\r\n\r\n" : "";
  write(keeps_alive_after_stream_);
}

void http_connection::give_stream_up() {
  if (!is_streaming_)
    return;
  if (is_head_request_)
    return end_stream();
  log_stream();
  is_streaming_ = false;
  close();
}

void http_connection::log_stream() const {
  if (context_->hooks.log_access)
    log(stream_head_.status, stream_head_.tenant, streamed_bytes_);
}

} // namespace dotmac
