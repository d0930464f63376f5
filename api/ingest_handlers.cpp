// POST /events/track and /events/track/batch.

#include "api/event_handlers.hpp"

namespace dotmac {
namespace {

bool is_ndjson(const http_request& request) {
  const auto type = request.header("content-type");
  return type.starts_with("application/x-ndjson") || type.starts_with("application/jsonl") || type.starts_with("application/ndjson");
}

json answer_of_batch(const parsed_batch& parsed, const events_appended& appended, timestamp now) {
  std::uint64_t duplicates = 0;
  json conflicts = json::array();
  for (std::size_t row = 0; row < appended.outcomes.size(); ++row) {
    duplicates += appended.outcomes[row] != event_outcome::accepted;
    if (appended.outcomes[row] == event_outcome::conflicting)
      conflicts.push_back(parsed.positions[row]);
  }
  json errors = json::array();
  for (const auto& each : parsed.faults)
    errors.push_back({{"index", each.index}, {"detail", each.detail}});
  json body{{"batch_id", random_identifier(16)},
            {"status", parsed.faults.empty() ? "completed" : "partial_success"},
            {"success_count", appended.outcomes.size()},
            {"error_count", parsed.faults.size()},
            {"duplicates", duplicates},
            {"errors", std::move(errors)},
            {"processed_at", format_timestamp(now)}};
  if (!conflicts.empty())
    body["kept_first_content"] = std::move(conflicts);
  return body;
}

json event_properties() {
  const auto text = [](std::size_t max, const char* meaning) { return json{{"type", "string"}, {"maxLength", max}, {"description", meaning}}; };
  return {{"event_type", text(event_type_size_max, "kind of event")},
          {"event_name", text(event_name_size_max, "what happened")},
          {"event_id", text(event_identifier_size_max, "sent again within the dedupe window: no effect")},
          {"user_id", text(event_identifier_size_max, "who")},
          {"session_id", text(event_identifier_size_max, "in which session")},
          {"customer_id", text(event_identifier_size_max, "of which customer")},
          {"source", text(event_identifier_size_max, "where it comes from")},
          {"timestamp", {{"type", "string"}, {"format", "date-time"}, {"description", "when; default the time of receipt"}}},
          {"properties", {{"type", "object"}, {"description", "at most " + std::to_string(property_count_max) + " with those of context"}}},
          {"context", {{"type", "object"}}}};
}

} // namespace

json event_schema_document() {
  return {{"type", "object"}, {"properties", event_properties()}, {"required", {"event_type", "event_name"}}, {"additionalProperties", false}};
}

json batch_schema_document() {
  return {{"type", "object"},
          {"properties", {{"events", {{"type", "array"}, {"minItems", 1}, {"maxItems", batch_events_max}, {"items", event_schema_document()}}},
                          {"source", {{"type", "string"}, {"description", "of events without one"}}}}},
          {"required", json::array({"events"})},
          {"description", "or a bare list of events; or NDJSON with the content type application/x-ndjson"}};
}

void track_event(const gateway_call_pointer& call) {
  auto& batcher = call->host->batcher;
  batcher.track(call->tenant, std::move(call->request.body), call->received_at, [call](result<tracked_event> outcome) {
    if (!outcome)
      return call->refuse(outcome.error());
    json body{{"event_id", outcome->event_id}, {"status", "tracked"}, {"timestamp", format_timestamp(outcome->at.at, outcome->at.nanoseconds_below)}};
    if (outcome->outcome != event_outcome::accepted)
      body["duplicate"] = true;
    if (outcome->outcome == event_outcome::conflicting)
      body["kept_first_content"] = true;
    call->answer(body);
  });
}

void track_batch(const gateway_call_pointer& call) {
  thread_local event_parser parser;
  event_block_builder builder;
  auto parsed = is_ndjson(call->request) ? parser.parse_lines(call->request.body, call->received_at, builder)
                                         : parser.parse_batch(call->request.body, call->received_at, builder);
  if (!parsed)
    return call->refuse(parsed.error());
  if (parsed->positions.empty())
    return call->answer(answer_of_batch(*parsed, {}, call->host->hooks.now()));
  call->request.body.clear();
  call->request.body.shrink_to_fit();
  gateway_call::ask_tenant(call, append_events{builder.finish(), false}, call->host->options.request_timeout,
                           std::function<void(events_appended&)>{[call, batch = std::move(*parsed)](events_appended& appended) {
                             call->answer(answer_of_batch(batch, appended, call->host->hooks.now()));
                           }});
}

} // namespace dotmac
