// The questions about events: /events/query, /events/aggregate, /events/funnel, /events/stats.

#include "api/event_handlers.hpp"

#include "api/event_requests.hpp"
#include "config/time_zones.hpp"

#include <charconv>

namespace dotmac {
namespace {

constexpr std::string_view interval_note = "[start, end)";

void add_scope(json& body, const answer_scope& scope) {
  body["as_of"] = scope.as_of ? json(format_timestamp(*scope.as_of)) : json(nullptr);
  body["rows_scanned"] = scope.rows_scanned;
}

std::string write_cursor(const event_position& at) { return std::to_string(at.at.milliseconds) + "." + std::to_string(at.row); }

std::optional<event_position> read_cursor(std::string_view text) {
  event_position at;
  const auto point = text.find('.');
  if (point == text.npos)
    return std::nullopt;
  const auto time = std::from_chars(text.data(), text.data() + point, at.at.milliseconds);
  const auto row = std::from_chars(text.data() + point + 1, text.data() + text.size(), at.row);
  if (time.ec != std::errc{} || row.ec != std::errc{} || time.ptr != text.data() + point || row.ptr != text.data() + text.size())
    return std::nullopt;
  return at;
}

json write_event(const found_event& event) {
  constexpr std::array<std::string_view, event_field_count> names{"event_type", "event_name", "event_id", "user_id", "session_id", "customer_id", "source"};
  json body = json::object();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!event.texts[i].empty())
      body[std::string{names[i]}] = event.texts[i];
  body["timestamp"] = format_timestamp(event.at, event.nanoseconds_below);
  body["received_at"] = format_timestamp(event.received_at);
  body["properties"] = json::object();
  for (const auto& each : event.properties) {
    auto& scope = body[each.scope == property_scope::properties ? "properties" : "context"];
    scope[each.key] = each.json.empty() ? write_json(each.value) : json::parse(each.json, nullptr, false);
  }
  return body;
}

/// Rules of the zone asked for, else of the tenant's.
void with_zone(const gateway_call_pointer& call, const std::optional<std::string>& asked, std::function<void(const zone_rules&)> use) {
  const auto find = [call, use](const std::string& name) {
    auto zone = find_time_zone(name);
    if (!zone)
      return call->refuse(zone.error());
    use(**zone);
  };
  if (asked)
    return find(*asked);
  call->host->with_context(call->tenant, call, [find](const tenant_context& context) { find(context.timezone); });
}

bool refuse_period(const gateway_call_pointer& call, timestamp start, timestamp end) {
  if (start < end)
    return false;
  call->refuse(failure{error_code::validation_failed, "end_time must be later than start_time; the interval is [start, end)", "end_time"});
  return true;
}

json write_steps(const std::vector<funnel_step_result>& results, const std::vector<std::string>& labels, bool with_users) {
  json steps = json::array();
  const auto first = results.empty() ? 0 : results.front().count;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& each = results[i];
    const auto before = i == 0 ? each.count : results[i - 1].count;
    json step{{"step", labels[i]},
              {"count", each.count},
              {"conversion_rate", first == 0 ? 0.0 : static_cast<double>(each.count) / static_cast<double>(first)},
              {"drop_off", before - each.count},
              {"median_seconds", each.median_milliseconds ? json(*each.median_milliseconds / 1'000) : json(nullptr)},
              {"p90_seconds", each.p90_milliseconds ? json(*each.p90_milliseconds / 1'000) : json(nullptr)}};
    if (with_users)
      step["users"] = each.users;
    steps.push_back(std::move(step));
  }
  return steps;
}

std::string label_of(const funnel_step& step) {
  if (!step.text.empty())
    return step.text;
  if (step.event_type && step.event_name)
    return *step.event_type + ":" + *step.event_name;
  return step.event_type.value_or(step.event_name.value_or("any event"));
}

json write_funnel(const funnel_request& asked, const funnel_counted& counted) {
  std::vector<std::string> labels;
  for (const auto& each : asked.steps)
    labels.push_back(label_of(each));
  const auto steps = write_steps(counted.steps, labels, asked.users > 0);
  json data = json::object();
  // A repeated step keeps its first figures here; `steps` has all of them.
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (!data.contains(labels[i])) {
      data[labels[i]] = {{"count", steps[i]["count"]}, {"conversion_rate", steps[i]["conversion_rate"]}};
      if (asked.users > 0)
        data[labels[i]]["users"] = steps[i]["users"];
    }
  json body{{"funnel_steps", labels},
            {"analysis_period", {{"start_time", format_timestamp(asked.start_time)}, {"end_time", format_timestamp(asked.end_time)}, {"interval", interval_note}}},
            {"funnel_data", std::move(data)},
            {"steps", steps}};
  if (!asked.dimensions.empty()) {
    body["groups"] = json::array();
    for (const auto& group : counted.groups) {
      json values = json::object();
      for (std::size_t i = 0; i < asked.dimensions.size(); ++i)
        values[asked.dimensions[i]] = write_json(group.dimensions[i]);
      body["groups"].push_back({{"dimensions", std::move(values)}, {"steps", write_steps(group.steps, labels, asked.users > 0)}});
    }
  }
  add_scope(body, counted.scope);
  return body;
}

std::optional<event_field> user_field(std::string_view name) {
  if (name == "user_id")
    return event_field::user_id;
  if (name == "session_id")
    return event_field::session_id;
  if (name == "customer_id")
    return event_field::customer_id;
  return std::nullopt;
}

} // namespace

json query_schema_document() { return json_schema<event_query_request>(); }
json aggregate_schema_document() { return json_schema<event_aggregate_request>(); }
json funnel_schema_document() { return json_schema<funnel_request>(); }

void query_events(const gateway_call_pointer& call) {
  const auto asked = call->read_body<event_query_request>();
  if (!asked)
    return;
  find_events question;
  auto& selection = question.selection;
  selection = {asked->event_type, asked->event_name, asked->user_id, asked->session_id, asked->customer_id,
               asked->start_time.value_or(timestamp_min), asked->end_time.value_or(timestamp{timestamp_max.milliseconds + 1}), asked->filters};
  if (refuse_period(call, selection.start_time, selection.end_time))
    return;
  question.limit = asked->limit;
  question.offset = asked->offset;
  if (asked->cursor) {
    question.before = read_cursor(*asked->cursor);
    if (!question.before)
      return call->refuse(failure{error_code::validation_failed, "is not a cursor of an earlier answer", "cursor"});
  }
  gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                           std::function<void(events_found&)>{[call, asked = *asked](events_found& found) {
                             json events = json::array();
                             for (const auto& each : found.events)
                               events.push_back(write_event(each));
                             json body{{"count", events.size()}, {"limit", asked.limit}, {"offset", asked.offset}, {"total", found.total}, {"interval", interval_note}};
                             body["next_cursor"] = found.events.size() < static_cast<std::size_t>(asked.limit)
                                                       ? json(nullptr)
                                                       : json(write_cursor({found.events.back().at, found.events.back().row}));
                             body["events"] = std::move(events);
                             add_scope(body, found.scope);
                             call->answer(body);
                           }});
}

void aggregate_events_by_time(const gateway_call_pointer& call) {
  auto asked = call->read_body<event_aggregate_request>();
  if (!asked || refuse_period(call, asked->start_time, asked->end_time))
    return;
  if (asked->fill && *asked->fill != "zero" && *asked->fill != "none")
    return call->refuse(failure{error_code::validation_failed, "must be zero or none", "fill"});
  with_zone(call, asked->timezone, [call, asked = *asked](const zone_rules& zone) {
    aggregate_events question;
    question.selection.event_type = asked.event_type;
    question.selection.event_name = asked.event_name;
    question.selection.start_time = asked.start_time;
    question.selection.end_time = asked.end_time;
    question.selection.filters = asked.filters;
    question.size = asked.size;
    question.zone = zone;
    question.dimensions = asked.dimensions;
    question.fill_zero = asked.fill == "zero";
    gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                             std::function<void(event_aggregates&)>{[call, asked, name = zone.name](event_aggregates& found) {
                               json list = json::array();
                               for (const auto& each : found.aggregates) {
                                 json values = json::object();
                                 for (std::size_t i = 0; i < asked.dimensions.size(); ++i)
                                   values[asked.dimensions[i]] = write_json(each.dimensions[i]);
                                 list.push_back({{"time_bucket", format_timestamp(each.time_bucket)}, {"granularity", std::string{name_of(asked.size)}},
                                                 {"event_count", each.event_count}, {"unique_users", each.unique_users},
                                                 {"unique_sessions", each.unique_sessions}, {"unique_customers", each.unique_customers},
                                                 {"dimensions", std::move(values)}});
                               }
                               json body{{"count", list.size()}, {"timezone", name}, {"interval", interval_note}};
                               body["aggregates"] = std::move(list);
                               add_scope(body, found.scope);
                               call->answer(body);
                             }});
  });
}

void analyze_funnel(const gateway_call_pointer& call) {
  const auto asked = call->read_body<funnel_request>();
  if (!asked || refuse_period(call, asked->start_time, asked->end_time))
    return;
  const auto who = user_field(asked->user_id_field);
  if (!who)
    return call->refuse(failure{error_code::validation_failed, "must be user_id, session_id or customer_id", "user_id_field"});
  count_funnel question{asked->steps, asked->start_time, asked->end_time, *who, {}, asked->order, asked->start, asked->exclusions, asked->dimensions, asked->users};
  if (asked->window)
    question.window_milliseconds = asked->window->milliseconds;
  gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                           std::function<void(funnel_counted&)>{[call, asked = *asked](funnel_counted& counted) { call->answer(write_funnel(asked, counted)); }});
}

void describe_events(const gateway_call_pointer& call) {
  gateway_call::ask_tenant(call, summarize_events{}, call->host->options.query_timeout, std::function<void(event_summary&)>{[call](event_summary& summary) {
                             json kinds = json::array();
                             for (const auto& each : summary.kinds)
                               kinds.push_back({{"event_type", each.event_type}, {"event_name", each.event_name}, {"count", each.count}});
                             call->answer({{"event_count", summary.event_count}, {"user_count", summary.user_count}, {"memory_bytes", summary.memory_bytes},
                                           {"first_event", write_json(summary.first_event)}, {"last_event", write_json(summary.last_event)}, {"kinds", std::move(kinds)}});
                           }});
}

} // namespace dotmac
