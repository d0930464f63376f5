#include "api/answer_forms.hpp"
#include "api/export_stream.hpp"
#include "api/handlers.hpp"

namespace dotmac {
namespace {

/// What an export holds at one time at most, by and large: a page of events as it comes, and the same as text.
constexpr std::size_t export_memory = 8u << 20;

/// One export under way: a page is asked for when the one before has gone out, so that a slow reader holds up nobody but itself.
class event_export : public std::enable_shared_from_this<event_export> {
public:
  event_export(gateway_call_pointer call, event_export_request request, std::string first_lines)
      : call_{std::move(call)}, format_{request.format}, writer_{std::move(request.columns)}, first_lines_{std::move(first_lines)} {
    question_.selection = {request.event_type, request.event_name, request.user_id, request.session_id, request.customer_id,
                           request.start_time.value_or(timestamp_min), request.end_time.value_or(timestamp_end), std::move(request.filters)};
  }

  void ask_for_page() {
    auto& host = *call_->host;
    ask(host.tenants, call_->options_for(host.options.query_timeout), question_,
        std::function<void(result<events_exported>)>{[self = shared_from_this()](result<events_exported> page) {
          if (!page)
            return self->give_up(page.error());
          // A megabyte of text is not for a connection's thread.
          self->call_->host->large_bodies.submit(self->call_->tenant, [self, held = std::make_shared<events_exported>(*std::move(page))] {
            gateway_call::guard(self->call_, [&] { self->write(*held); });
          });
        }});
  }

private:
  /// Before the first page the answer can still be an error; later the body ends without its last chunk.
  void give_up(const failure& why) {
    if (!stream_)
      return call_->refuse(why);
    if (why.code != error_code::cancelled && call_->host->hooks.log_failure)
      call_->host->hooks.log_failure(call_->request.request_id, "an export ends before its end: " + text_for_log(why));
    stream_.reset();
  }

  void write(const events_exported& page) {
    std::string text;
    if (!stream_) {
      stream_ = call_->respond_in_pieces(head());
      if (!stream_)
        return;
      text = std::move(first_lines_);
      if (format_ == export_format::csv)
        writer_.append_csv_head(text);
    }
    for (const auto& each : page.events)
      format_ == export_format::csv ? writer_.append_csv_line(text, each) : writer_.append_json_line(text, each);
    const bool is_last = page.next_row == page.end_row;
    question_.first_row = page.next_row;
    question_.end_row = page.end_row;
    stream_->write(std::move(text), [self = shared_from_this(), is_last](bool went_out) {
      if (!went_out)
        self->stream_.reset();
      else if (is_last)
        self->stream_->end();
      else
        gateway_call::guard(self->call_, [&] { self->ask_for_page(); });
    });
  }

  http_response head() const {
    const bool is_csv = format_ == export_format::csv;
    return {200, is_csv ? csv_type : lines_type, {}, {{"Content-Disposition", is_csv ? "attachment; filename=\"events.csv\"" : "attachment; filename=\"events.ndjson\""}}, {}};
  }

  static constexpr const char* lines_type = "application/x-ndjson";
  static constexpr const char* csv_type = "text/csv; charset=utf-8; header=present";

  const gateway_call_pointer call_;
  const export_format format_;
  const event_columns_writer writer_;
  std::string first_lines_; ///< until they have gone out
  export_events question_;
  std::shared_ptr<response_stream> stream_;
};

} // namespace

json export_form() { return {{"type", "string"}, {"description", "a line of JSON for each event, or CSV (text/csv), by arrival; in chunks, the last of which is missing where it is not whole"}}; }

void export_events_as_lines(const gateway_call_pointer& call) {
  auto body = call->read_body<event_export_request>();
  if (!body || !check_interval(call, body->start_time.value_or(timestamp_min), body->end_time.value_or(timestamp_end)))
    return;
  if (const auto fault = fault_of_columns(body->columns))
    return call->refuse(*fault);
  stream_events(call, *std::move(body), {});
}

void stream_events(const gateway_call_pointer& call, event_export_request request, std::string first_lines) {
  if (auto held = call->host->reserve(*call, export_memory); !held)
    return call->refuse(held.error());
  std::make_shared<event_export>(call, std::move(request), std::move(first_lines))->ask_for_page();
}

} // namespace dotmac
