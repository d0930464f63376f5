#include "api/answer_forms.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"
#include "api/trend_requests.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace dotmac {
namespace {

constexpr const char* measures_known = "count, unique_users, unique_sessions, unique_customers, events_per_user, sum, avg, min, max, median, distinct_values, or p0 to p100";

/// What the answer is made of: the names of the series and the formulas over them.
struct named_trends {
  event_trends_request request;
  std::vector<std::string> names;
  std::vector<formula> formulas;
};

failure wrong(std::string field, std::string why) { return {error_code::validation_failed, std::move(why), std::move(field)}; }

result<std::vector<std::string>> names_of(const event_trends_request& request) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < request.series.size(); ++i) {
    const auto field = "series." + std::to_string(i) + ".name";
    auto name = request.series[i].name.value_or(std::string(1, static_cast<char>('A' + i)));
    if (!is_formula_name(name))
      return wrong(field, "must be a letter, then letters, digits and _");
    if (std::find(names.begin(), names.end(), name) != names.end())
      return wrong(field, "two series have the name " + name);
    names.push_back(std::move(name));
  }
  return names;
}

result<named_trends> with_names(event_trends_request request) {
  auto names = names_of(request);
  if (!names)
    return names.error();
  named_trends out{std::move(request), std::move(*names), {}};
  auto taken = out.names;
  for (std::size_t i = 0; i < out.request.formulas.size(); ++i) {
    const auto& each = out.request.formulas[i];
    const auto field = "formulas." + std::to_string(i);
    if (std::find(taken.begin(), taken.end(), each.name) != taken.end())
      return wrong(field + ".name", "the name " + each.name + " is taken");
    taken.push_back(each.name);
    auto parsed = formula::parse(each.expression, out.names);
    if (!parsed)
      return wrong(field + ".expression", parsed.error().message);
    out.formulas.push_back(std::move(*parsed));
  }
  return out;
}

measure_trends question_of(const event_trends_request& request, const zone_rules& zone) {
  measure_trends question;
  for (const auto& each : request.series)
    question.series.push_back({each.event_type, each.event_name, each.filters, each.measure.measure, each.property.value_or(""), each.measure.percentile});
  question.filters = request.filters;
  question.start_time = request.start_time;
  question.end_time = request.end_time;
  question.size = request.size;
  question.zone = zone;
  question.dimensions = request.dimensions;
  question.groups_answered = request.limit;
  question.is_cumulative = request.cumulative;
  question.groups_of_first = !request.formulas.empty();
  question.derived_series = static_cast<std::int64_t>(request.formulas.size());
  question.compares = request.compare == trend_comparison::previous_period;
  return question;
}

json points(const std::vector<timestamp>& buckets, const std::vector<scalar>& values, const named_trends& named, timestamp start) {
  json out = json::array();
  for (std::size_t b = 0; b < buckets.size() && b < values.size(); ++b)
    out.push_back({{"time_bucket", format_timestamp(named.request.size == granularity::all ? start : buckets[b])}, {"value", write_json(values[b])}});
  return out;
}

json line_as_json(const std::string& name, const trend_line& line, const trends_measured& found, const named_trends& named) {
  const auto& request = named.request;
  json dimensions = json::object();
  for (std::size_t d = 0; d < request.dimensions.size() && d < line.dimensions.size(); ++d)
    dimensions[request.dimensions[d]] = write_json(line.dimensions[d]);
  json out{{"name", name}, {"dimensions", std::move(dimensions)}, {"is_other", line.is_other}, {"total", write_json(line.total)},
           {"points", points(found.buckets, line.values, named, request.start_time)}};
  if (request.compare == trend_comparison::previous_period) {
    const timestamp start{request.start_time.milliseconds - (request.end_time.milliseconds - request.start_time.milliseconds)};
    out["previous"] = {{"total", write_json(line.compared_total)}, {"points", points(found.compared_buckets, line.compared_values, named, start)}};
  }
  return out;
}

std::optional<double> number_of(const scalar& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value))
    return static_cast<double>(*whole);
  const auto* decimal = std::get_if<double>(&value);
  return decimal == nullptr ? std::nullopt : std::optional{*decimal};
}

scalar applied(const formula& to, const std::vector<const trend_line*>& lines, const std::function<scalar(const trend_line&)>& pick) {
  std::vector<std::optional<double>> values;
  for (const auto* each : lines)
    values.push_back(each == nullptr ? std::nullopt : number_of(pick(*each)));
  const auto found = to.value(values);
  return found ? scalar{*found} : scalar{};
}

/// A formula's line of one group, from the lines of all series for that group.
trend_line line_of(const formula& of, const std::vector<const trend_line*>& lines, const trends_measured& found, bool compares) {
  const auto& first = **std::find_if(lines.begin(), lines.end(), [](const auto* each) { return each != nullptr; });
  trend_line out{0, first.dimensions, first.is_other, applied(of, lines, [](const trend_line& each) { return each.total; }), {}, {}, {}};
  for (std::size_t b = 0; b < found.buckets.size(); ++b)
    out.values.push_back(applied(of, lines, [b](const trend_line& each) { return each.values[b]; }));
  if (!compares)
    return out;
  out.compared_total = applied(of, lines, [](const trend_line& each) { return each.compared_total; });
  for (std::size_t b = 0; b < found.compared_buckets.size(); ++b)
    out.compared_values.push_back(applied(of, lines, [b](const trend_line& each) { return b < each.compared_values.size() ? each.compared_values[b] : scalar{}; }));
  return out;
}

void add_formulas(json& to, const named_trends& named, const trends_measured& found) {
  if (named.formulas.empty())
    return;
  // By group in the order of the first series; "other" has no dimensions and comes last.
  std::vector<std::pair<std::pair<bool, std::vector<scalar>>, std::vector<const trend_line*>>> groups;
  for (const auto& line : found.lines) {
    const std::pair key{line.is_other, line.dimensions};
    auto at = std::find_if(groups.begin(), groups.end(), [&](const auto& each) { return each.first == key; });
    if (at == groups.end())
      at = groups.insert(groups.end(), {key, std::vector<const trend_line*>(named.names.size(), nullptr)});
    at->second[line.series] = &line;
  }
  std::stable_partition(groups.begin(), groups.end(), [](const auto& each) { return !each.first.first; });
  for (std::size_t f = 0; f < named.formulas.size(); ++f)
    for (const auto& each : groups)
      to.push_back(line_as_json(named.request.formulas[f].name, line_of(named.formulas[f], each.second, found, named.request.compare == trend_comparison::previous_period), found, named));
}

} // namespace

void json_form<measure_form>::read(json_reader& in, const json& from, measure_form& into) {
  if (from.is_string()) {
    const auto& text = from.get_ref<const std::string&>();
    if (text == "median") {
      into = {trend_measure::percentile, 50};
      return;
    }
    if (text.size() > 1 && text.front() == 'p' && text.find_first_not_of("0123456789.", 1) == text.npos) {
      const auto [end, why] = std::from_chars(text.data() + 1, text.data() + text.size(), into.percentile);
      if (why != std::errc{} || end != text.data() + text.size() || into.percentile < 0 || into.percentile > 100)
        return in.complain("out_of_bounds", "a percentile is p0 to p100", from);
      into.measure = trend_measure::percentile;
      return;
    }
    const auto& names = enumeration<trend_measure>::names;
    const auto found = std::find(names.begin(), names.end(), text);
    if (found != names.end() && static_cast<trend_measure>(found - names.begin()) != trend_measure::percentile) {
      into.measure = static_cast<trend_measure>(found - names.begin());
      return;
    }
  }
  in.complain("enum", std::string{"must be one of: "} + measures_known, from);
}

json json_form<measure_form>::write(const measure_form& from) {
  if (from.measure != trend_measure::percentile)
    return std::string{name_of(from.measure)};
  return from.percentile == 50 ? json("median") : json("p" + json(from.percentile).dump());
}

json json_form<measure_form>::schema() {
  return {{"type", "string"}, {"pattern", "^(count|unique_users|unique_sessions|unique_customers|events_per_user|sum|avg|min|max|median|distinct_values|p[0-9]{1,3}(\\.[0-9]+)?)$"}};
}

void show_event_trends(const gateway_call_pointer& call) {
  auto body = call->read_body<event_trends_request>();
  if (!body || !check_interval(call, body->start_time, body->end_time))
    return;
  auto named = with_names(*std::move(body));
  if (!named)
    return call->refuse(named.error());
  const auto timezone = named->request.timezone;
  with_zone(call, timezone, [call, held = *std::move(named)](const std::shared_ptr<const zone_rules>& zone) {
    gateway_call::ask_tenant(call, question_of(held.request, *zone), call->host->options.query_timeout,
                             std::function<void(trends_measured&)>{[call, held, zone](trends_measured& found) {
                               json lines = json::array();
                               for (const auto& each : found.lines)
                                 lines.push_back(line_as_json(held.names[each.series], each, found, held));
                               add_formulas(lines, held, found);
                               json answer{{"series", std::move(lines)}, {"granularity", std::string{name_of(held.request.size)}}, {"timezone", zone->name}, {"group_count", found.groups}};
                               add_scope(answer, found.scope, held.request.start_time, held.request.end_time);
                               call->answer(answer);
                             }});
  });
}

json event_trends_form() {
  using namespace form_parts;
  const json value{{"type", json::array({"number", "null"})}};
  const auto point_list = list_of(object_of({{"time_bucket", time(), "its start"}, {"value", value, "null where the measure has nothing to say"}}));
  const auto line = object_of({{"name", text(), "of its series or formula"}, {"dimensions", object_with(json_schema<scalar>()), "by name; null where an event has none; empty of the others' line"},
                               {"is_other", {{"type", "boolean"}}, "all groups beyond limit together"},
                               {"total", value, "of the whole interval, measured as a whole: unique users of a month are no sum of days"}, {"points", point_list, "every bucket of the interval"},
                               {"previous", object_of({{"total", value, ""}, {"points", point_list, "every bucket of that interval"}}), "of the interval before, where asked for", false}});
  return joined(object_of({{"series", list_of(line), "by series, the largest total first; then formulas"}, {"granularity", json_schema<granularity>(), "as asked for"},
                           {"timezone", text(), "whose calendar"}, {"group_count", count(), "groups found, of the series with the most"}}),
                scope_form());
}

} // namespace dotmac
