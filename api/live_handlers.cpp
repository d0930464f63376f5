#include "api/answer_forms.hpp"
#include "api/event_writer.hpp"
#include "api/handlers.hpp"
#include "api/live_requests.hpp"
#include "core/events/watch_questions.hpp"

#include <charconv>

namespace dotmac {
namespace {

constexpr std::size_t live_page_bytes = 64u << 10;
constexpr std::size_t live_memory = 256u << 10; ///< what a stream counts for while it is open
constexpr std::uint64_t live_backlog_max = 100'000; ///< events by which a reader may be behind before it is told that it missed some
constexpr std::int64_t heartbeat_milliseconds = 10'000;
constexpr std::chrono::hours live_lifetime_max{1}; ///< then the client connects, and is authorized, anew

/// One reader's stream. It asks for more only when what it has has gone out, so that a slow reader costs a page and holds up nobody.
class live_stream : public std::enable_shared_from_this<live_stream> {
public:
  live_stream(gateway_call_pointer call, event_selection selection, std::optional<std::uint64_t> next_row)
      : call_{std::move(call)}, next_row_{next_row}, ends_at_{std::chrono::steady_clock::now() + live_lifetime_max} {
    page_.selection = std::move(selection);
    page_.page_bytes = live_page_bytes;
  }

  void await(std::int64_t patience_milliseconds) {
    if (stream_ && (stream_->is_asked_to_end() || std::chrono::steady_clock::now() >= ends_at_))
      return end();
    const auto timeout = call_->host->options.request_timeout + std::chrono::milliseconds{patience_milliseconds};
    ask(call_->host->tenants, call_->options_for(timeout), await_events{next_row_.value_or(0), patience_milliseconds},
        std::function<void(result<events_awaited>)>{[self = shared_from_this()](result<events_awaited> found) {
          gateway_call::guard(self->call_, [&] { found ? self->take_count(found->row_count) : self->give_up(found.error()); });
        }});
  }

private:
  /// The client connects again by itself, and goes on behind the last event that it got.
  void give_up(const failure& why) {
    if (!stream_)
      return call_->refuse(why);
    if (!describe(why.code).retryable && why.code != error_code::cancelled && call_->host->hooks.log_failure)
      call_->host->hooks.log_failure(call_->request.request_id, "a live stream ends: " + text_for_log(why));
    end();
  }

  void end() {
    stream_->end();
    stream_.reset();
  }

  void take_count(std::uint64_t row_count) {
    const bool is_first = !stream_;
    if (is_first) {
      stream_ = call_->respond_in_pieces({200, "text/event-stream", {}, {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}, {}});
      if (!stream_)
        return;
      stream_->end_when_asked();
    }
    auto next = std::min(next_row_.value_or(row_count), row_count); // an id that was never given is as good as none
    std::string text = is_first ? "retry: 1000\n" : "";
    if (row_count - next > live_backlog_max) {
      const auto missed = row_count - next - live_backlog_max;
      next += missed;
      text += "id: " + std::to_string(next) + "\nevent: missed\ndata: {\"events\":" + std::to_string(missed) + "}\n\n";
    } else if (is_first || next == row_count) {
      text += "id: " + std::to_string(next) + "\n\n"; // no event: it keeps the connection, and the place in it, alive
    }
    next_row_ = next;
    const auto go_on = [row_count](live_stream& self) { *self.next_row_ < row_count ? self.ask_for_page(row_count) : self.await(heartbeat_milliseconds); };
    text.empty() ? go_on(*this) : write(std::move(text), go_on);
  }

  void ask_for_page(std::uint64_t end_row) {
    page_.first_row = *next_row_;
    page_.end_row = end_row;
    ask(call_->host->tenants, call_->options_for(call_->host->options.query_timeout), page_,
        std::function<void(result<events_exported>)>{[self = shared_from_this()](result<events_exported> page) {
          gateway_call::guard(self->call_, [&] { page ? self->take_page(*page) : self->give_up(page.error()); });
        }});
  }

  void take_page(const events_exported& page) {
    std::string text;
    for (const auto& each : page.events) {
      text += "id: " + std::to_string(each.row + 1) + "\nevent: event\ndata: ";
      append_event_as_json(text, each);
      text += "\n\n";
    }
    next_row_ = page.next_row;
    const auto go_on = [page_end = page.end_row](live_stream& self) {
      *self.next_row_ < page_end ? self.ask_for_page(page_end) : self.await(heartbeat_milliseconds);
    };
    text.empty() ? go_on(*this) : write(std::move(text), go_on);
  }

  template <class GoOn> void write(std::string text, GoOn go_on) {
    stream_->write(std::move(text), [self = shared_from_this(), go_on](bool went_out) {
      if (!went_out)
        return self->stream_.reset();
      gateway_call::guard(self->call_, [&] { go_on(*self); });
    });
  }

  const gateway_call_pointer call_;
  export_events page_;
  std::optional<std::uint64_t> next_row_; ///< none: from now on
  const std::chrono::steady_clock::time_point ends_at_;
  std::shared_ptr<response_stream> stream_;
};

/// Nothing, and refused, where they are not what a filter is.
std::optional<filter_node> filters_of(const gateway_call_pointer& call, const std::optional<std::string>& text) {
  filter_node filters;
  if (!text)
    return filters;
  std::string why_not;
  const auto document = parse_json(*text, json_depth_max, why_not);
  if (!document) {
    call->refuse({complaint{"json_invalid", {"query", "filters"}, "is not valid JSON: " + why_not, *text}});
    return std::nullopt;
  }
  json_reader in{"query"};
  if (!in.read(*document, filters)) {
    call->refuse(in.complaints());
    return std::nullopt;
  }
  if (const auto sound = check_filter(filters); !sound) { // later it would be too late for an answer
    call->refuse({complaint{"value_error", {"query", "filters"}, sound.error().message, *text}});
    return std::nullopt;
  }
  return filters;
}

std::optional<std::uint64_t> place_of(const live_events_request& request, std::string_view header) {
  if (request.last_event_id)
    return static_cast<std::uint64_t>(*request.last_event_id);
  std::uint64_t number = 0;
  const auto read = std::from_chars(header.data(), header.data() + header.size(), number);
  if (header.empty() || read.ec != std::errc{} || read.ptr != header.data() + header.size())
    return std::nullopt; // what a browser kept from another stream is no reason to refuse this one
  return number;
}

} // namespace

json live_form() {
  return {{"type", "string"}, {"description", "Server-sent events: `event` with an event as /events/query shows it, and `missed` with the number of events that were passed over "
                                              "because the reader was too slow; an empty one every ten seconds"}};
}

void show_live_events(const gateway_call_pointer& call) {
  auto request = call->read_query<live_events_request>();
  if (!request)
    return;
  auto filters = filters_of(call, request->filters);
  if (!filters)
    return;
  if (auto held = call->host->reserve(*call, live_memory); !held)
    return call->refuse(held.error());
  event_selection selection{request->event_type, request->event_name, request->user_id, request->session_id, request->customer_id, timestamp_min, timestamp_end, std::move(*filters)};
  std::make_shared<live_stream>(call, std::move(selection), place_of(*request, call->request.header("last-event-id")))->await(0);
}

} // namespace dotmac
