#include "api/habit_requests.hpp"

#include "api/answer_forms.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"

namespace dotmac {
namespace {

json sticky_points(const stickiness_group& group) {
  json list = json::array();
  auto at_least = group.users;
  for (std::size_t n = 0; n < group.users_by_periods.size(); ++n) {
    list.push_back({{"intervals", n + 1}, {"users", group.users_by_periods[n]}, {"users_at_least", at_least}});
    at_least -= group.users_by_periods[n];
  }
  return list;
}

json sticky_groups(const std::vector<std::string>& names, const std::vector<stickiness_group>& groups) {
  json list = json::array();
  for (const auto& each : groups) {
    json values = json::object();
    for (std::size_t d = 0; d < names.size() && d < each.dimensions.size(); ++d)
      values[names[d]] = write_json(each.dimensions[d]);
    list.push_back({{"dimensions", std::move(values)}, {"total_users", each.users}, {"points", sticky_points(each)}});
  }
  return list;
}

json lifecycle_points(const std::vector<lifecycle_period>& periods) {
  json list = json::array();
  for (const auto& each : periods)
    list.push_back({{"time_bucket", format_timestamp(each.time_bucket)}, {"new", each.new_users}, {"returning", each.returning}, {"resurrecting", each.resurrecting}, {"dormant", each.dormant}});
  return list;
}

json sticky_point_list() {
  using namespace form_parts;
  return list_of(object_of({{"intervals", {{"type", "integer"}, {"minimum", 1}}, ""}, {"users", count(), "active in exactly so many"}, {"users_at_least", count(), "active in so many or more"}}));
}

} // namespace

void show_event_stickiness(const gateway_call_pointer& call) {
  auto body = call->read_body<event_stickiness_request>();
  if (!body || !check_interval(call, body->start_time, body->end_time))
    return;
  const auto timezone = body->timezone;
  with_zone(call, timezone, [call, request = *std::move(body)](const std::shared_ptr<const zone_rules>& zone) {
    measure_stickiness question{request.event, request.start_time, request.end_time, granularity_of(request.size), *zone, field_of(request.user_id_field), request.dimensions, request.limit};
    gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                             std::function<void(stickiness_measured&)>{[call, request, zone](stickiness_measured& found) {
                               json answer{{"points", sticky_points(found.all)}, {"total_users", found.all.users}, {"granularity", std::string{name_of(request.size)}}, {"timezone", zone->name}};
                               if (!request.dimensions.empty()) {
                                 answer["groups"] = sticky_groups(request.dimensions, found.groups);
                                 answer["group_count"] = found.group_count;
                               }
                               add_scope(answer, found.scope, request.start_time, request.end_time);
                               call->answer(answer);
                             }});
  });
}

void show_event_lifecycle(const gateway_call_pointer& call) {
  auto body = call->read_body<event_lifecycle_request>();
  if (!body || !check_interval(call, body->start_time, body->end_time))
    return;
  const auto timezone = body->timezone;
  with_zone(call, timezone, [call, request = *std::move(body)](const std::shared_ptr<const zone_rules>& zone) {
    measure_lifecycle question{request.event, request.start_time, request.end_time, granularity_of(request.size), *zone, field_of(request.user_id_field)};
    gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                             std::function<void(lifecycle_measured&)>{[call, request, zone](lifecycle_measured& found) {
                               json answer{{"points", lifecycle_points(found.periods)}, {"granularity", std::string{name_of(request.size)}}, {"timezone", zone->name}};
                               add_scope(answer, found.scope, request.start_time, request.end_time);
                               call->answer(answer);
                             }});
  });
}

json event_stickiness_form() {
  using namespace form_parts;
  const auto group = object_of({{"dimensions", object_with(json_schema<scalar>()), "by name; null where an event has none"}, {"total_users", count(), "with an event of the group"},
                                {"points", sticky_point_list(), "as of all"}});
  return joined(object_of({{"points", sticky_point_list(), "an entry for each number of intervals from 1 to all of them"}, {"total_users", count(), "active at all"},
                           {"groups", list_of(group), "where dimensions were asked for; most users first", false}, {"group_count", count(), "groups found, where dimensions were asked for", false},
                           {"granularity", json_schema<period_length>(), "as asked for"}, {"timezone", text(), "whose calendar"}}),
                scope_form());
}

json event_lifecycle_form() {
  using namespace form_parts;
  const auto point = object_of({{"time_bucket", time(), "its start"}, {"new", count(), "active for the first time ever"}, {"returning", count(), "active, and in the period before too"},
                                {"resurrecting", count(), "active, not in the period before, but earlier"}, {"dormant", count(), "not active, but in the period before"}});
  return joined(object_of({{"points", list_of(point), "every period of the interval"}, {"granularity", json_schema<period_length>(), "as asked for"}, {"timezone", text(), "whose calendar"}}), scope_form());
}

} // namespace dotmac
