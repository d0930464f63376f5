#include "api/live_writer.hpp"

#include "api/event_writer.hpp"

namespace dotmac {
namespace {

/// An end has no words of its own here: the client connects again by itself.
class server_sent_events final : public live_writer {
public:
  explicit server_sent_events(std::shared_ptr<response_stream> stream) : stream_{std::move(stream)}, text_{"retry: 1000\n"} { stream_->end_when_asked(); }

  void add_place(std::uint64_t id) override { text_ += "id: " + std::to_string(id) + "\n\n"; }
  void add_missed(std::uint64_t id, std::uint64_t events) override {
    text_ += "id: " + std::to_string(id) + "\nevent: missed\ndata: {\"events\":" + std::to_string(events) + "}\n\n";
  }
  void add_event(std::uint64_t id, const found_event& event) override {
    text_ += "id: " + std::to_string(id) + "\nevent: event\ndata: ";
    append_event_as_json(text_, event);
    text_ += "\n\n";
  }
  bool is_empty() const override { return text_.empty(); }
  void send(std::function<void(bool)> on_written) override { stream_->write(std::exchange(text_, {}), std::move(on_written)); }
  void end(live_end) override { stream_->end(); }
  bool is_asked_to_end() const override { return stream_->is_asked_to_end(); }

private:
  const std::shared_ptr<response_stream> stream_;
  std::string text_;
};

class websocket_messages final : public live_writer {
public:
  explicit websocket_messages(std::shared_ptr<message_stream> stream) : stream_{std::move(stream)} {}

  void add_place(std::uint64_t id) override { messages_.push_back("{\"id\":" + std::to_string(id) + "}"); }
  void add_missed(std::uint64_t id, std::uint64_t events) override {
    messages_.push_back("{\"id\":" + std::to_string(id) + ",\"event\":\"missed\",\"data\":{\"events\":" + std::to_string(events) + "}}");
  }
  void add_event(std::uint64_t id, const found_event& event) override {
    auto& text = messages_.emplace_back("{\"id\":" + std::to_string(id) + ",\"event\":\"event\",\"data\":");
    append_event_as_json(text, event);
    text += '}';
  }
  bool is_empty() const override { return messages_.empty(); }
  void send(std::function<void(bool)> on_written) override { stream_->write(std::exchange(messages_, {}), std::move(on_written)); }
  void end(live_end why) override { stream_->close(close_of(why)); }
  bool is_asked_to_end() const override { return stream_->is_asked_to_end(); }

private:
  static const websocket_close& close_of(live_end why) {
    switch (why) {
    case live_end::leaving: return websocket_going_away;
    case live_end::too_old: return websocket_too_old;
    case live_end::restarting: return websocket_restarting;
    case live_end::overloaded: return websocket_overloaded;
    case live_end::broken: break;
    }
    return websocket_broken;
  }

  const std::shared_ptr<message_stream> stream_;
  std::vector<std::string> messages_;
};

} // namespace

std::unique_ptr<live_writer> begin_live_answer(gateway_call& call) {
  if (call.request.upgrade) {
    auto stream = call.respond_in_messages();
    return stream ? std::make_unique<websocket_messages>(std::move(stream)) : nullptr;
  }
  auto stream = call.respond_in_pieces({200, "text/event-stream", {}, {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}, {}});
  return stream ? std::make_unique<server_sent_events>(std::move(stream)) : nullptr;
}

} // namespace dotmac
