#include "api/answer_forms.hpp"
#include "api/handlers.hpp"
#include "api/live_requests.hpp"
#include "api/live_writer.hpp"
#include "core/events/watch_questions.hpp"

#include <charconv>

namespace dotmac {
namespace {

constexpr std::size_t live_page_bytes = 64u << 10;
constexpr std::size_t live_memory = 256u << 10; ///< what a stream counts for while it is open
constexpr std::uint64_t live_backlog_max = 100'000; ///< events by which a reader may be behind before it is told that it missed some
constexpr std::int64_t heartbeat_milliseconds = 10'000;

/// One reader's stream. It asks for more only when what it has has gone out, so that a slow reader costs a page and holds up nobody. Readers that are as far and want the same share
/// their questions: an event costs its actor the same however many watch.
class live_stream : public std::enable_shared_from_this<live_stream> {
public:
  live_stream(gateway_call_pointer call, event_selection selection, std::optional<std::uint64_t> next_row)
      : call_{std::move(call)}, next_row_{next_row}, ends_at_{std::chrono::steady_clock::now() + call_->host->options.live_lifetime_max} {
    page_.selection = std::move(selection);
    page_.page_bytes = live_page_bytes;
  }

  void await(std::int64_t patience_milliseconds) {
    if (writer_ && writer_->is_asked_to_end())
      return end(live_end::leaving);
    if (writer_ && std::chrono::steady_clock::now() >= ends_at_)
      return end(live_end::too_old);
    const auto timeout = call_->host->options.request_timeout + std::chrono::milliseconds{patience_milliseconds};
    call_->host->live_waits.ask(call_->options_for(timeout), await_events{next_row_.value_or(0), patience_milliseconds}, [self = shared_from_this()](const result<events_awaited>& found) {
      gateway_call::guard(self->call_, [&] { found ? self->take_count(found->row_count) : self->give_up(found.error()); });
    });
  }

private:
  /// The client connects again by itself, and goes on behind the last event that it got.
  void give_up(const failure& why) {
    if (!writer_)
      return call_->refuse(why);
    if (!describe(why.code).retryable && why.code != error_code::cancelled && call_->host->hooks.log_failure)
      call_->host->hooks.log_failure(call_->request.request_id, "a live stream ends: " + text_for_log(why));
    end(live_end_of(why.code));
  }

  void end(live_end why) {
    writer_->end(why);
    writer_.reset();
  }

  void take_count(std::uint64_t row_count) {
    const bool is_first = !writer_;
    if (is_first && !(writer_ = begin_live_answer(*call_)))
      return;
    auto next = std::min(next_row_.value_or(row_count), row_count); // an id that was never given is as good as none
    if (row_count - next > live_backlog_max) {
      const auto missed = row_count - next - live_backlog_max;
      next += missed;
      writer_->add_missed(next, missed);
    } else if (is_first || next == row_count) {
      writer_->add_place(next);
    }
    next_row_ = next;
    send([row_count](live_stream& self) { *self.next_row_ < row_count ? self.ask_for_page(row_count) : self.await(heartbeat_milliseconds); });
  }

  void ask_for_page(std::uint64_t end_row) {
    page_.first_row = *next_row_;
    page_.end_row = end_row;
    call_->host->live_pages.ask(call_->options_for(call_->host->options.query_timeout), page_, [self = shared_from_this()](const result<events_exported>& page) {
      gateway_call::guard(self->call_, [&] { page ? self->take_page(*page) : self->give_up(page.error()); });
    });
  }

  void take_page(const events_exported& page) {
    for (const auto& each : page.events)
      writer_->add_event(each.row + 1, each);
    next_row_ = page.next_row;
    if (writer_->is_empty() && std::chrono::steady_clock::now() - wrote_at_ >= std::chrono::milliseconds{heartbeat_milliseconds})
      writer_->add_place(page.next_row); // much comes, and nothing of it matches
    send([page_end = page.end_row](live_stream& self) { *self.next_row_ < page_end ? self.ask_for_page(page_end) : self.await(heartbeat_milliseconds); });
  }

  /// What was added, if anything; then on.
  template <class GoOn> void send(GoOn go_on) {
    if (writer_->is_empty())
      return go_on(*this);
    wrote_at_ = std::chrono::steady_clock::now();
    writer_->send([self = shared_from_this(), go_on](bool went_out) {
      if (!went_out)
        return self->writer_.reset();
      gateway_call::guard(self->call_, [&] { go_on(*self); });
    });
  }

  const gateway_call_pointer call_;
  export_events page_;
  std::optional<std::uint64_t> next_row_; ///< none: from now on
  const std::chrono::steady_clock::time_point ends_at_;
  std::chrono::steady_clock::time_point wrote_at_;
  std::unique_ptr<live_writer> writer_; ///< none before the answer has begun, and after its end
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
                                              "because the reader was too slow; an empty one every ten seconds. A client that asks for a WebSocket gets 101 and the same as messages: "
                                              "{\"id\", \"event\", \"data\"}, the empty one with the id alone"}};
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
