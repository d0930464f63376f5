#include "api/funnel_requests.hpp"

#include "api/answer_forms.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"

#include <algorithm>

namespace dotmac {
namespace {

json seconds_of(const std::optional<double>& milliseconds) { return milliseconds ? json(*milliseconds / 1'000) : json(nullptr); }

/// Each step's label; a label that comes again carries its number, so that no step hides another.
std::vector<std::string> labels_of(const std::vector<funnel_step>& steps) {
  std::vector<std::string> labels;
  for (const auto& each : steps) {
    const auto label = !each.text.empty() ? each.text : each.event_name ? *each.event_name : each.event_type.value_or("any event");
    auto unique = label;
    for (std::size_t n = 2; std::find(labels.begin(), labels.end(), unique) != labels.end(); ++n)
      unique = label + " (" + std::to_string(n) + ")";
    labels.push_back(std::move(unique));
  }
  return labels;
}

json histogram_as_json(const std::vector<funnel_bin>& bins) {
  json list = json::array();
  for (const auto& each : bins)
    list.push_back({{"from_seconds", static_cast<double>(each.from_milliseconds) / 1'000}, {"to_seconds", static_cast<double>(each.to_milliseconds) / 1'000}, {"count", each.count}});
  return list;
}

/// What of a funnel's answer the request asked for.
struct funnel_shape {
  std::vector<std::string> labels;
  bool has_users = false;
  bool has_histograms = false;
  bool has_trend = false;
};

json funnel_steps_as_json(const funnel_shape& shape, const std::vector<funnel_step_result>& results) {
  json list = json::array();
  const auto share = [](std::uint64_t part, std::uint64_t whole) { return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole); };
  for (std::size_t i = 0; i < results.size() && i < shape.labels.size(); ++i) {
    const auto& each = results[i];
    const auto before = i == 0 ? each.count : results[i - 1].count;
    json step{{"step", i + 1}, {"name", shape.labels[i]}, {"count", each.count}, {"conversion_rate", share(each.count, results[0].count)},
              {"drop_off", before - each.count}, {"drop_off_rate", share(before - each.count, before)}, {"average_seconds_to_convert", seconds_of(each.from_before.average_milliseconds)},
              {"median_seconds_to_convert", seconds_of(each.from_before.median_milliseconds)}, {"p90_seconds_to_convert", seconds_of(each.from_before.p90_milliseconds)}};
    if (shape.has_users)
      step["users"] = each.users;
    if (shape.has_histograms)
      step["histogram"] = histogram_as_json(each.from_before.histogram);
    list.push_back(std::move(step));
  }
  return list;
}

json funnel_points_as_json(const std::vector<funnel_point>& points) {
  json list = json::array();
  for (const auto& each : points)
    list.push_back({{"time_bucket", format_timestamp(each.time_bucket)}, {"entered", each.entered}, {"converted", each.converted},
                    {"conversion_rate", each.entered == 0 ? json(nullptr) : json(static_cast<double>(each.converted) / static_cast<double>(each.entered))},
                    {"median_seconds_to_convert", seconds_of(each.median_milliseconds)}});
  return list;
}

json figures_as_json(const funnel_shape& shape, const funnel_figures& figures) {
  const auto& took = figures.to_convert;
  json body{{"steps", funnel_steps_as_json(shape, figures.steps)},
            {"time_to_convert", {{"average_seconds", seconds_of(took.average_milliseconds)}, {"median_seconds", seconds_of(took.median_milliseconds)}, {"p90_seconds", seconds_of(took.p90_milliseconds)}}}};
  if (shape.has_histograms)
    body["time_to_convert"]["histogram"] = histogram_as_json(took.histogram);
  if (shape.has_trend)
    body["trend"] = funnel_points_as_json(figures.points);
  return body;
}

json funnel_as_json(const funnel_request& request, const funnel_counted& counted) {
  funnel_shape shape{labels_of(request.funnel_steps), request.users_limit > 0, request.histogram_bins > 0, request.size.has_value()};
  auto body = figures_as_json(shape, counted.all);
  auto& data = body["funnel_data"] = json::object();
  for (const auto& each : body["steps"]) {
    auto& entry = data[each["name"].get<std::string>()] = {{"count", each["count"]}, {"conversion_rate", each["conversion_rate"]}};
    if (shape.has_users)
      entry["users"] = each["users"];
  }
  body["funnel_steps"] = shape.labels;
  body["analysis_period"] = {{"start", format_timestamp(request.start_time)}, {"end", format_timestamp(request.end_time)}};
  if (request.dimensions.empty())
    return body;
  shape.has_histograms = false;
  auto& groups = body["groups"] = json::array();
  for (const auto& each : counted.groups) {
    auto group = figures_as_json(shape, each.figures);
    group["dimensions"] = dimensions_as_json(request.dimensions, each.dimensions);
    groups.push_back(std::move(group));
  }
  return body;
}

count_funnel question_of(const funnel_body& body) {
  count_funnel question;
  question.steps = body.funnel_steps;
  question.start_time = body.start_time;
  question.end_time = body.end_time;
  question.user_id_field = field_of(body.user_id_field);
  if (body.conversion_window)
    question.window_milliseconds = body.conversion_window->milliseconds;
  question.order = body.order;
  question.start = body.start;
  question.exclusions = body.exclusions;
  question.dimensions = body.dimensions;
  question.attribution = body.attribution;
  question.attribution_step = body.attribution_step;
  question.hold_constant = body.hold_constant;
  return question;
}

/// The values of the group in the order of the dimensions; none, and answered 422, where it names others.
std::optional<std::vector<scalar>> group_values(const gateway_call_pointer& call, const funnel_users_request& request) {
  std::vector<scalar> values;
  for (const auto& each : request.dimensions)
    if (const auto found = request.group->find(each); found != request.group->end())
      values.push_back(found->second);
  if (values.size() == request.dimensions.size() && request.group->size() == values.size())
    return values;
  call->refuse({error_code::validation_failed, "must have a value for each of the dimensions, and no other", "group"});
  return std::nullopt;
}

json funnel_users_as_json(const std::vector<std::string>& dimensions, const std::vector<funnel_user_found>& users) {
  json list = json::array();
  for (const auto& each : users) {
    json user{{"id", each.id}, {"reached", json::array()}};
    for (const auto at : each.reached)
      user["reached"].push_back(format_timestamp(at));
    if (!dimensions.empty())
      user["dimensions"] = dimensions_as_json(dimensions, each.dimensions);
    list.push_back(std::move(user));
  }
  return list;
}

} // namespace

void analyse_funnel(const gateway_call_pointer& call) {
  auto body = call->read_body<funnel_request>();
  if (!body || !check_interval(call, body->start_time, body->end_time))
    return;
  const auto timezone = body->timezone;
  with_zone(call, timezone, [call, request = *std::move(body)](const std::shared_ptr<const zone_rules>& zone) {
    auto question = question_of(request);
    question.users_listed = request.users_limit;
    question.unit = request.unit;
    question.histogram_bins = request.histogram_bins;
    question.has_trend = request.size.has_value();
    question.size = request.size.value_or(granularity::day);
    question.zone = *zone;
    gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                             std::function<void(funnel_counted&)>{[call, request, zone](funnel_counted& counted) {
                               auto answer = funnel_as_json(request, counted);
                               if (request.size) {
                                 answer["granularity"] = std::string{name_of(*request.size)};
                                 answer["timezone"] = zone->name;
                               }
                               add_scope(answer, counted.scope, request.start_time, request.end_time);
                               call->answer(answer);
                             }});
  });
}

void list_funnel_users(const gateway_call_pointer& call) {
  auto body = call->read_body<funnel_users_request>();
  if (!body || !check_interval(call, body->start_time, body->end_time))
    return;
  find_funnel_users question;
  question.funnel = question_of(*body);
  question.step = body->step.value_or(static_cast<std::int64_t>(body->funnel_steps.size()));
  question.outcome = body->outcome;
  question.limit = body->limit;
  if (body->group) {
    question.group = group_values(call, *body);
    if (!question.group)
      return;
  }
  if (body->cursor) {
    question.after = key_of_cursor(cursor_kind::funnel_users, *body->cursor);
    if (!question.after)
      return call->refuse({not_a_cursor("body", *body->cursor)});
  }
  gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                           std::function<void(funnel_users_found&)>{[call, request = *std::move(body)](funnel_users_found& found) {
                             json answer{{"total", found.total}, {"users", funnel_users_as_json(request.dimensions, found.users)},
                                         {"next_cursor", found.has_more && !found.users.empty() ? json(cursor_after(cursor_kind::funnel_users, found.users.back().id)) : json(nullptr)}};
                             add_scope(answer, found.scope, request.start_time, request.end_time);
                             call->answer(answer);
                           }});
}

namespace {

using namespace form_parts;

json rate_form() { return {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}; }

json histogram_form() {
  return list_of(object_of({{"from_seconds", {{"type", "number"}}, "from this on"}, {"to_seconds", {{"type", "number"}}, "below this"}, {"count", count(), ""}}));
}

json funnel_steps_form() {
  return list_of(object_of({{"step", {{"type", "integer"}, {"minimum", 1}}, "its number"},
                            {"name", text(), "its label; one that comes again carries its number"},
                            {"count", count(), "users (or attempts) that came this far"},
                            {"conversion_rate", rate_form(), "of step 1"},
                            {"drop_off", count(), "lost since the step before"},
                            {"drop_off_rate", rate_form(), "of the step before"},
                            {"average_seconds_to_convert", number_or_null(), "from the step before"},
                            {"median_seconds_to_convert", number_or_null(), "from the step before"},
                            {"p90_seconds_to_convert", number_or_null(), "from the step before"},
                            {"histogram", histogram_form(), "of the time from the step before; where bins were asked for, and not in groups", false},
                            {"users", list_of(text()), "at most users_limit ids, where asked for", false}}));
}

json funnel_figures_form() {
  const auto took = object_of({{"average_seconds", number_or_null(), ""}, {"median_seconds", number_or_null(), ""}, {"p90_seconds", number_or_null(), ""},
                               {"histogram", histogram_form(), "where bins were asked for, and not in groups", false}});
  const auto point = object_of({{"time_bucket", time(), "its start"}, {"entered", count(), "attempts whose first event lies in it"}, {"converted", count(), "of these"},
                                {"conversion_rate", number_or_null(), "null where none entered"}, {"median_seconds_to_convert", number_or_null(), "from the first event to the last step"}});
  return object_of({{"steps", funnel_steps_form(), "in order"}, {"time_to_convert", took, "from the attempt's first event to its last step; null where nobody converted"},
                    {"trend", list_of(point), "every bucket of the interval, where a granularity was asked for", false}});
}

} // namespace

json funnel_form() {
  const auto data = object_of({{"count", count(), ""}, {"conversion_rate", {{"type", "number"}}, "of step 1"}, {"users", list_of(text()), "where asked for", false}});
  const auto group = joined(object_of({{"dimensions", object_with(json_schema<scalar>()), "as of the event that attribution names"}}), funnel_figures_form());
  return joined(joined(object_of({{"funnel_steps", list_of(text()), "labels in order"},
                                  {"analysis_period", object_of({{"start", time(), ""}, {"end", time(), "excluded"}}), ""},
                                  {"funnel_data", object_with(data), "by label"},
                                  {"groups", list_of(group), "where dimensions were asked for; largest first", false},
                                  {"granularity", json_schema<granularity>(), "as asked for, with a trend", false}, {"timezone", text(), "whose calendar, with a trend", false}}),
                       funnel_figures_form()),
                scope_form());
}

json funnel_users_form() {
  const auto user = object_of({{"id", text(), "of the field asked for"}, {"reached", list_of(time()), "when he reached each step, as far as he came"},
                               {"dimensions", object_with(json_schema<scalar>()), "his group, where dimensions were asked for", false}});
  return joined(object_of({{"total", count(), "users, whatever the page"}, {"users", list_of(user), "by id"}, {"next_cursor", text_or_null(), "cursor of the next page; null on the last one"}}), scope_form());
}

} // namespace dotmac
