#include "api/session_requests.hpp"

#include "api/answer_forms.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"

#include <algorithm>

namespace dotmac {
namespace {

measure_sessions sessions_question(const event_sessions_request& request, const zone_rules& zone) {
  measure_sessions question;
  question.event = request.event;
  question.start_time = request.start_time;
  question.end_time = request.end_time;
  question.rule = request.by;
  question.gap_minutes = request.gap;
  question.size = request.size;
  question.zone = zone;
  question.user_id_field = field_of(request.user_id_field);
  question.dimensions = request.dimensions;
  question.groups_answered = request.limit;
  question.edge_field = request.edge_field.value_or("");
  question.edge_values_answered = request.edge_limit;
  return question;
}

json session_figures_as_json(const session_figures& from) {
  const auto per_session = [&](double sum) { return from.sessions == 0 ? json(nullptr) : json(sum / static_cast<double>(from.sessions)); };
  const auto seconds_of = [](const std::optional<double>& milliseconds) { return milliseconds ? json(*milliseconds / 1'000) : json(nullptr); };
  return {{"sessions", from.sessions}, {"users", from.users}, {"bounces", from.bounces}, {"bounce_rate", per_session(static_cast<double>(from.bounces))},
          {"events", from.events}, {"events_per_session", per_session(static_cast<double>(from.events))},
          {"average_seconds", seconds_of(from.average_milliseconds)}, {"median_seconds", seconds_of(from.median_milliseconds)},
          {"p90_seconds", seconds_of(from.p90_milliseconds)}};
}

/// Adds totals and points.
void add_session_line(json& to, const session_line& line, const sessions_measured& found, const event_sessions_request& request) {
  to["totals"] = session_figures_as_json(line.total);
  auto& list = to["points"] = json::array();
  for (std::size_t b = 0; b < line.points.size() && b < found.buckets.size(); ++b) {
    auto point = session_figures_as_json(line.points[b]);
    point["time_bucket"] = format_timestamp(request.size == granularity::all ? request.start_time : found.buckets[b]);
    list.push_back(std::move(point));
  }
}

json session_values_as_json(const session_values& from, std::uint64_t sessions) {
  json list = json::array();
  for (const auto& each : from.values) {
    list.push_back({{"value", write_json(each.value)}, {"sessions", each.sessions}, {"bounces", each.bounces}});
    sessions -= std::min(sessions, each.sessions);
  }
  return {{"values", std::move(list)}, {"value_count", from.found}, {"other_sessions", sessions}};
}

json sessions_as_json(const event_sessions_request& request, const sessions_measured& found) {
  json answer;
  add_session_line(answer, found.all, found, request);
  answer["group_count"] = found.group_count;
  if (!request.dimensions.empty()) {
    auto& groups = answer["groups"] = json::array();
    for (const auto& each : found.groups) {
      json group{{"dimensions", json::object()}, {"is_other", each.is_other}};
      for (std::size_t d = 0; d < request.dimensions.size() && d < each.dimensions.size(); ++d)
        group["dimensions"][request.dimensions[d]] = write_json(each.dimensions[d]);
      add_session_line(group, each, found, request);
      groups.push_back(std::move(group));
    }
  }
  if (request.edge_field) {
    answer["entries"] = session_values_as_json(found.entries, found.all.total.sessions);
    answer["exits"] = session_values_as_json(found.exits, found.all.total.sessions);
  }
  return answer;
}

} // namespace

void show_event_sessions(const gateway_call_pointer& call) {
  auto body = call->read_body<event_sessions_request>();
  if (!body || !check_interval(call, body->start_time, body->end_time))
    return;
  const auto timezone = body->timezone;
  with_zone(call, timezone, [call, request = *std::move(body)](const std::shared_ptr<const zone_rules>& zone) {
    gateway_call::ask_tenant(call, sessions_question(request, *zone), call->host->options.query_timeout,
                             std::function<void(sessions_measured&)>{[call, request, zone](sessions_measured& found) {
                               auto answer = sessions_as_json(request, found);
                               answer["granularity"] = std::string{name_of(request.size)};
                               answer["timezone"] = zone->name;
                               add_scope(answer, found.scope, request.start_time, request.end_time);
                               call->answer(answer);
                             }});
  });
}

json event_sessions_form() {
  using namespace form_parts;
  const auto figures = object_of({{"sessions", count(), "that start here"}, {"users", count(), "different ones who have them"}, {"bounces", count(), "sessions of one event"},
                                  {"bounce_rate", number_or_null(), "bounces of sessions; this and what follows null where there are none"}, {"events", count(), "in these sessions"},
                                  {"events_per_session", number_or_null(), "on average"}, {"average_seconds", number_or_null(), "from first event to last"},
                                  {"median_seconds", number_or_null(), "exact"}, {"p90_seconds", number_or_null(), "exact"}});
  const auto points = list_of(joined(object_of({{"time_bucket", time(), "its start; the first may begin before the interval"}}), figures));
  const auto group = object_of({{"dimensions", object_with(json_schema<scalar>()), "by name, as of the session's first event; null where it has none; empty of the others"},
                                {"is_other", {{"type", "boolean"}}, "all groups beyond limit together"}, {"totals", figures, "of the whole interval"}, {"points", points, "every bucket of the interval"}});
  const auto value = object_of({{"value", json_schema<scalar>(), "null where the event has none"}, {"sessions", count(), "with it"}, {"bounces", count(), "sessions of one event with it"}});
  const auto values = object_of({{"values", list_of(value), "most sessions first, then by value"}, {"value_count", count(), "different ones, null too"},
                                 {"other_sessions", count(), "sessions with others than those listed"}});
  return joined(object_of({{"totals", figures, "of the whole interval, measured as a whole"}, {"points", points, "every bucket of the interval"},
                           {"groups", list_of(group), "most sessions first, the others last; where dimensions were asked for", false}, {"group_count", count(), "groups found"},
                           {"entries", values, "at the first events; where edge_field was given", false}, {"exits", values, "at the last events; where edge_field was given", false},
                           {"granularity", json_schema<granularity>(), "as asked for"}, {"timezone", text(), "whose calendar"}}),
                scope_form());
}

} // namespace dotmac
