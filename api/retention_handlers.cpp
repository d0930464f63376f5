#include "api/retention_requests.hpp"

#include "api/answer_forms.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"

namespace dotmac {
namespace {

measure_retention retention_question(const event_retention_request& request, const zone_rules& zone) {
  measure_retention question;
  question.start_event = request.start_event;
  question.return_event = request.return_event.value_or(request.start_event);
  question.start_time = request.start_time;
  question.end_time = request.end_time;
  question.size = granularity_of(request.size);
  question.zone = zone;
  question.periods = request.periods;
  question.kind = request.kind;
  question.cohorts = request.cohort;
  question.user_id_field = field_of(request.user_id_field);
  question.dimensions = request.dimensions;
  question.groups_answered = request.limit;
  return question;
}

json cohorts_as_json(const event_retention_request& request, const std::vector<retention_cohort>& cohorts) {
  json list = json::array();
  for (const auto& each : cohorts) {
    json retained = json::array();
    for (const auto& users : each.retained)
      retained.push_back(users ? json(*users) : json(nullptr));
    json cohort{{"time_bucket", format_timestamp(each.time_bucket)}, {"size", each.size}, {"retained", std::move(retained)}};
    if (!request.dimensions.empty()) {
      auto& values = cohort["dimensions"] = json::object();
      for (std::size_t d = 0; d < request.dimensions.size() && d < each.dimensions.size(); ++d)
        values[request.dimensions[d]] = write_json(each.dimensions[d]);
    }
    list.push_back(std::move(cohort));
  }
  return list;
}

json retention_summary_as_json(const std::vector<retention_period>& summary) {
  json list = json::array();
  for (std::size_t n = 0; n < summary.size(); ++n)
    list.push_back({{"period", n}, {"users", summary[n].users}, {"retained", summary[n].retained},
                    {"rate", summary[n].users == 0 ? json(nullptr) : json(static_cast<double>(summary[n].retained) / static_cast<double>(summary[n].users))}});
  return list;
}

} // namespace

void show_event_retention(const gateway_call_pointer& call) {
  auto body = call->read_body<event_retention_request>();
  if (!body || !check_interval(call, body->start_time, body->end_time))
    return;
  const auto timezone = body->timezone;
  with_zone(call, timezone, [call, request = *std::move(body)](const std::shared_ptr<const zone_rules>& zone) {
    gateway_call::ask_tenant(call, retention_question(request, *zone), call->host->options.query_timeout,
                             std::function<void(retention_measured&)>{[call, request, zone](retention_measured& found) {
                               json answer{{"cohorts", cohorts_as_json(request, found.cohorts)}, {"summary", retention_summary_as_json(found.summary)},
                                           {"granularity", std::string{name_of(request.size)}}, {"timezone", zone->name}, {"group_count", found.groups}};
                               add_scope(answer, found.scope, request.start_time, request.end_time);
                               call->answer(answer);
                             }});
  });
}

json event_retention_form() {
  using namespace form_parts;
  const json count_or_null{{"type", json::array({"integer", "null"})}, {"minimum", 0}};
  const auto cohort = object_of({{"time_bucket", time(), "its start; the first may begin before the interval"},
                                 {"dimensions", object_with(json_schema<scalar>()), "by name; null where the event has none; where dimensions were asked for", false},
                                 {"size", count(), "its users"},
                                 {"retained", list_of(count_or_null), "those who came back, by period from 0; null where the period does not begin before end_time"}});
  const auto period = object_of({{"period", count(), "from 0"}, {"users", count(), "of all cohorts whose period has ended by end_time"}, {"retained", count(), "of them"},
                                 {"rate", number_or_null(), "retained of users; null where there are none"}});
  return joined(object_of({{"cohorts", list_of(cohort), "the largest group first, in each every period of the interval"}, {"summary", list_of(period), "of all cohorts and groups"},
                           {"granularity", json_schema<period_length>(), "as asked for"}, {"timezone", text(), "whose calendar"}, {"group_count", count(), "groups found"}}),
                scope_form());
}

} // namespace dotmac
