#include "api/handlers.hpp"

#include "api/event_writer.hpp"
#include "api/requests.hpp"

#include <algorithm>

namespace dotmac {
namespace {

/// One parser and builder per I/O thread, for batches.
struct batch_workplace {
  event_parser parser;
  event_block_builder builder;
};
batch_workplace& workplace() {
  thread_local batch_workplace mine;
  return mine;
}

json faults_as_json(const std::vector<event_fault>& faults) {
  json list = json::array();
  for (const auto& each : faults)
    list.push_back({{"index", each.index}, {"detail", each.detail}});
  return list;
}

failure too_many_names() {
  return {error_code::validation_failed, "has a new name, and the tenant has property_keys_max = " + std::to_string(property_keys_max) + " names already", "properties"};
}

void answer_batch(const gateway_call_pointer& call, const parsed_batch& batch, const std::vector<event_outcome>& outcomes) {
  std::size_t duplicates = 0;
  json conflicts = json::array();
  auto faults = batch.faults;
  for (std::size_t row = 0; row < outcomes.size(); ++row) {
    duplicates += outcomes[row] == event_outcome::duplicate;
    if (outcomes[row] == event_outcome::conflicting)
      conflicts.push_back(batch.positions[row]);
    if (outcomes[row] == event_outcome::refused)
      faults.push_back({batch.positions[row], "properties: " + too_many_names().message});
  }
  std::sort(faults.begin(), faults.end(), [](const event_fault& a, const event_fault& b) { return a.index < b.index; });
  const auto taken = batch.event_count - faults.size();
  const auto status = faults.empty() ? "completed" : taken == 0 ? "failed" : "partial_success";
  json body{{"batch_id", random_identifier(16)}, {"status", status}, {"success_count", taken}, {"error_count", faults.size()},
            {"errors", faults_as_json(faults)}, {"duplicates", duplicates}, {"processed_at", format_timestamp(call->host->hooks.now())}};
  if (!conflicts.empty())
    body["conflicts"] = {{"detail", "these events were here before with other content: the first stays"}, {"indexes", std::move(conflicts)}};
  call->answer(body);
}

/// The time is that of the event kept. Of one that was here before it is known where the client sent it again, and null else.
void answer_tracked(const gateway_call_pointer& call, const tracked_event& tracked) {
  if (tracked.outcome == event_outcome::refused)
    return call->refuse(too_many_names());
  json body{{"event_id", tracked.event_id}, {"status", "tracked"}, {"timestamp", nullptr}};
  if (tracked.sent_at && tracked.outcome != event_outcome::conflicting)
    body["timestamp"] = format_timestamp(tracked.sent_at->at, tracked.sent_at->nanoseconds_below);
  else if (tracked.outcome == event_outcome::accepted)
    body["timestamp"] = format_timestamp(call->received_at);
  if (tracked.outcome != event_outcome::accepted)
    body["duplicates"] = 1;
  if (tracked.outcome == event_outcome::conflicting)
    body["note"] = "this event_id was here before with other content: the first stays";
  call->answer(body);
}

void append_batch(const gateway_call_pointer& call, const event_schemas& schemas) {
  auto& mine = workplace();
  auto type = std::string{call->request.header("content-type")};
  for (auto& c : type)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const bool is_lines = type.find("ndjson") != type.npos || type.find("jsonl") != type.npos;
  auto batch = is_lines ? mine.parser.parse_lines(call->request.body, call->received_at, mine.builder, &schemas)
                        : mine.parser.parse_batch(call->request.body, call->received_at, mine.builder, &schemas);
  auto block = mine.builder.finish(); // also empties the builder where the body turned out wrong half way
  if (!batch)
    return call->refuse(batch.error());
  if (batch->positions.empty())
    return answer_batch(call, *batch, {});
  gateway_call::ask_tenant(call, append_events{std::move(block), false}, call->host->options.request_timeout,
                           std::function<void(events_appended&)>{[call, held = *std::move(batch)](events_appended& appended) {
                             if (appended.outcomes.size() != held.positions.size())
                               return call->refuse({error_code::internal_error, "the answer to an append lacks rows", {}});
                             answer_batch(call, held, appended.outcomes);
                           }});
}

} // namespace

json dimensions_as_json(const std::vector<std::string>& names, const std::vector<scalar>& values) {
  json object = json::object();
  for (std::size_t i = 0; i < names.size() && i < values.size(); ++i)
    object[names[i]] = write_json(values[i]);
  return object;
}

json schema_as_json(const event_schema& schema) {
  auto body = write_json(schema);
  body["schema_definition"] = json::parse(schema.schema_definition, nullptr, false);
  return body;
}

void track_event(const gateway_call_pointer& call) {
  call->host->with_context(call->tenant, call, [call](const known_tenant_pointer& known) {
    const auto refused = call->host->batcher.track(call->tenant, std::move(call->request.body), call->received_at, &known->schemas, [call](result<tracked_event> outcome) {
      outcome ? answer_tracked(call, *outcome) : call->refuse(outcome.error());
    });
    if (refused)
      refused->faults.empty() ? call->refuse(refused->why) : call->refuse(refused->faults);
  });
}

void track_batch(const gateway_call_pointer& call) {
  call->host->with_context(call->tenant, call, [call](const known_tenant_pointer& known) { append_batch(call, known->schemas); });
}

void query_events(const gateway_call_pointer& call) {
  auto body = call->read_body<event_page_request>();
  if (!body)
    return;
  find_events question;
  question.selection = {body->event_type, body->event_name, body->user_id, body->session_id, body->customer_id,
                        body->start_time.value_or(timestamp_min), body->end_time.value_or(timestamp_end), std::move(body->filters)};
  question.limit = body->limit;
  question.offset = body->offset;
  question.oldest_first = body->order == event_order::oldest;
  const auto kind = question.oldest_first ? cursor_kind::oldest_events : cursor_kind::events;
  const auto start = question.selection.start_time;
  const auto end = question.selection.end_time;
  if (!check_interval(call, start, end))
    return;
  if (const auto fault = fault_of_columns(body->columns))
    return call->refuse(*fault);
  if (body->cursor) {
    question.before = position_of_cursor(kind, *body->cursor);
    if (!question.before)
      return call->refuse({not_a_cursor("body", *body->cursor)});
    if (body->offset != 0)
      return call->refuse({cursor_with_offset("body", body->offset)});
  }
  answer_event_page(call, std::move(question), kind, event_columns_writer{std::move(body->columns)});
}

void answer_event_page(const gateway_call_pointer& call, find_events question, cursor_kind kind, event_columns_writer columns) {
  const auto limit = question.limit;
  const auto offset = question.offset;
  const auto start = question.selection.start_time;
  const auto end = question.selection.end_time;
  gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                           std::function<void(events_found&)>{[call, limit, offset, start, end, kind, writer = std::move(columns)](events_found& found) {
                             std::string text = R"({"events":[)";
                             for (const auto& each : found.events) {
                               if (&each != &found.events.front())
                                 text += ',';
                               writer.append_json(text, each);
                             }
                             text += ']';
                             const auto count = found.events.size();
                             const bool goes_on = count > 0 && (found.is_cut || count == static_cast<std::size_t>(limit));
                             json rest{{"count", count}, {"total", found.total}, {"limit", limit}, {"offset", offset},
                                       {"next_cursor", goes_on ? json(cursor_after(kind, event_position{found.events.back().at, found.events.back().row})) : json(nullptr)}};
                             add_scope(rest, found.scope, start, end);
                             text.append(",").append(std::string_view{rest.dump()}.substr(1)); // stored JSON is no part of a json document: it would lose digits
                             call->respond({200, "application/json", std::move(text), {}});
                           }});
}

void aggregate_event_counts(const gateway_call_pointer& call) {
  auto body = call->read_body<event_aggregate_request>();
  if (!body || !check_interval(call, body->start_time, body->end_time))
    return;
  const auto timezone = body->timezone;
  with_zone(call, timezone, [call, request = *std::move(body)](const std::shared_ptr<const zone_rules>& zone) {
    aggregate_events question;
    question.selection = {request.event_type, request.event_name, {}, {}, {}, request.start_time, request.end_time, request.filters};
    question.size = request.size;
    question.zone = *zone;
    question.dimensions = request.dimensions;
    question.fill_zero = request.fill == bucket_fill::zero;
    gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                             std::function<void(event_aggregates&)>{[call, request, zone](event_aggregates& found) {
                               json rows = json::array();
                               for (const auto& each : found.aggregates)
                                 rows.push_back({{"time_bucket", format_timestamp(request.size == granularity::all ? request.start_time : each.time_bucket)}, {"granularity", std::string{name_of(request.size)}},
                                                 {"event_count", each.event_count}, {"unique_users", each.unique_users},
                                                 {"unique_sessions", each.unique_sessions}, {"unique_customers", each.unique_customers},
                                                 {"dimensions", dimensions_as_json(request.dimensions, each.dimensions)}});
                               json answer{{"aggregates", std::move(rows)}, {"count", found.aggregates.size()}, {"timezone", zone->name}};
                               add_scope(answer, found.scope, request.start_time, request.end_time);
                               call->answer(answer);
                             }});
  });
}

void create_schema(const gateway_call_pointer& call) {
  const auto body = call->read_body<event_schema_request>();
  if (!body)
    return;
  if (body->definition.text.size() > schema_definition_bytes_max)
    return call->refuse({error_code::validation_failed, "has more than " + std::to_string(schema_definition_bytes_max) + " bytes", "schema_definition"});
  if (auto outcome = check_schema_definition(json::parse(body->definition.text, nullptr, false)); !outcome)
    return call->refuse(outcome.error());
  event_schema schema{"s_" + random_identifier(8), body->event_type, body->event_name, body->definition.text, body->version, body->mode, call->received_at};
  gateway_call::ask_tenant(call, create_event_schema{schema}, call->host->options.request_timeout, std::function<void(done&)>{[call, schema](done&) {
                             call->host->forget_context(call->tenant);
                             call->answer(schema_as_json(schema));
                           }});
}

namespace {

json storage_as_json(const std::optional<event_storage>& of) {
  if (!of)
    return nullptr;
  auto out = write_json(*of);
  out["bytes_per_event"] = of->stored_rows == 0 ? json(nullptr) : json(static_cast<double>(of->stored_bytes) / static_cast<double>(of->stored_rows));
  return out;
}

} // namespace

void show_event_stats(const gateway_call_pointer& call) {
  gateway_call::ask_tenant(call, summarize_events{}, call->host->options.query_timeout, std::function<void(event_summary&)>{[call](event_summary& found) {
                             json kinds = json::array();
                             for (const auto& each : found.kinds)
                               kinds.push_back(write_json(each));
                             call->answer({{"storage", storage_as_json(found.storage)}, {"event_count", found.event_count}, {"user_count", found.user_count}, {"memory_bytes", found.memory_bytes},
                                           {"first_event", optional_time(found.first_event)}, {"last_event", optional_time(found.last_event)},
                                           {"as_of", optional_time(found.last_event)}, {"kinds", std::move(kinds)}});
                           }});
}

} // namespace dotmac
