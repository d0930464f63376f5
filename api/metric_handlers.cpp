#include "api/handlers.hpp"

#include "api/metric_requests.hpp"
#include "core/metrics/metric_semantics.hpp"

#include <algorithm>
#include <charconv>

namespace dotmac {
namespace {

json metric_as_json(const metric_definition& metric) {
  auto body = write_json(metric);
  body["calculation_config"] = json::parse(metric.calculation_config, nullptr, false);
  return body;
}

json context_as_json(const std::string& text) { return text.empty() ? json::object() : json::parse(text, nullptr, false); }

} // namespace

void json_form<aggregation_form>::read(json_reader& in, const json& from, aggregation_form& into) {
  if (from.is_string()) {
    const auto& text = from.get_ref<const std::string&>();
    if (text.size() > 1 && text.front() == 'p' && text.find_first_not_of("0123456789.", 1) == text.npos) {
      const auto [end, why] = std::from_chars(text.data() + 1, text.data() + text.size(), into.percentile);
      if (why != std::errc{} || end != text.data() + text.size() || into.percentile < 0 || into.percentile > 100)
        return in.complain("out_of_bounds", "a percentile is p0 to p100", from);
      into.method = aggregation_method::percentile;
      return;
    }
    const auto& names = enumeration<aggregation_method>::names;
    const auto found = std::find(names.begin(), names.end(), text);
    if (found != names.end() && static_cast<aggregation_method>(found - names.begin()) != aggregation_method::percentile) {
      into.method = static_cast<aggregation_method>(found - names.begin());
      return;
    }
  }
  in.complain("enum", "must be one of: sum, avg, min, max, count, distinct_count, median, stddev, first, last, rate, increase, or p0 to p100", from);
}

json json_form<aggregation_form>::schema() {
  return {{"type", "string"}, {"pattern", "^(sum|avg|min|max|count|distinct_count|median|stddev|first|last|rate|increase|p[0-9]{1,3}(\\.[0-9]+)?)$"}};
}

void create_metric_definition(const gateway_call_pointer& call) {
  auto body = call->read_body<metric_request>();
  if (!body)
    return;
  if (body->calculation_config.text.size() > metric_context_size_max)
    return call->refuse({error_code::validation_failed, "has more than " + std::to_string(metric_context_size_max) + " bytes", "calculation_config"});
  metric_definition metric{"m_" + random_identifier(8), body->name, body->display_name, body->type, body->description_text, body->unit,
                           body->calculation_config.text, body->dimensions, body->tags, body->retention_days, call->received_at};
  if (auto semantics = semantics_of(metric); !semantics)
    return call->refuse(semantics.error());
  gateway_call::ask_tenant(call, create_metric{metric}, call->host->options.request_timeout,
                           std::function<void(done&)>{[call, metric](done&) { call->answer(metric_as_json(metric)); }});
}

void list_metric_definitions(const gateway_call_pointer& call) {
  const auto limit = call->query_number("limit", 100, {1, 1'000});
  if (!limit)
    return;
  const auto offset = call->query_number("offset", 0, {0, offset_max});
  if (!offset)
    return;
  list_metrics question{{}, {}, *limit, *offset};
  const auto& query = call->request.query;
  if (const auto type = query.find("metric_type"); type != query.end()) {
    json_reader in;
    if (!in.read(json(type->second), question.type.emplace()))
      return call->refuse(in.complaints());
  }
  if (const auto tags = query.find("tags"); tags != query.end())
    for (std::string_view rest = tags->second; !rest.empty();) {
      const auto end = rest.find(',');
      const auto pair = rest.substr(0, end);
      rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
      const auto colon = pair.find(':');
      if (colon == pair.npos)
        return call->refuse({{"tags", {"query", "tags"}, "must be name:value, several divided by commas", tags->second.substr(0, 100)}});
      question.tags[std::string{pair.substr(0, colon)}] = std::string{pair.substr(colon + 1)};
    }
  gateway_call::ask_tenant(call, std::move(question), call->host->options.request_timeout,
                           std::function<void(metrics_listed&)>{[call, limit = *limit, offset = *offset](metrics_listed& listed) {
                             json metrics = json::array();
                             for (const auto& each : listed.metrics)
                               metrics.push_back(metric_as_json(each));
                             call->answer({{"metrics", std::move(metrics)}, {"count", listed.metrics.size()}, {"total", listed.total}, {"limit", limit}, {"offset", offset}});
                           }});
}

void show_metric(const gateway_call_pointer& call) {
  gateway_call::ask_tenant(call, get_metric{call->parameters["metric_id"]}, call->host->options.request_timeout,
                           std::function<void(metric_definition&)>{[call](metric_definition& metric) { call->answer(metric_as_json(metric)); }});
}

void query_values(const gateway_call_pointer& call) {
  const auto body = call->read_body<value_page_request>();
  if (!body)
    return;
  const auto start = body->start_time.value_or(timestamp_min);
  const auto end = body->end_time.value_or(after_all_times);
  if (!check_interval(call, start, end))
    return;
  of_metric<find_values> message{body->metric_id, {start, end, body->dimensions, body->limit, body->offset}};
  gateway_call::ask_tenant(call, std::move(message), call->host->options.query_timeout,
                           std::function<void(values_found&)>{[call, request = *body, start, end](values_found& found) {
                             json values = json::array();
                             for (const auto& each : found.values)
                               values.push_back({{"id", each.value_id}, {"value", each.value}, {"timestamp", format_timestamp(each.at)},
                                                 {"recorded_at", format_timestamp(each.recorded_at)}, {"dimensions", write_json(each.dimensions)},
                                                 {"context", context_as_json(each.context)}});
                             json answer{{"values", std::move(values)}, {"count", found.values.size()}, {"total", found.total},
                                         {"limit", request.limit}, {"offset", request.offset}};
                             add_scope(answer, found.scope, start, end);
                             call->answer(answer);
                           }});
}

void aggregate_metric(const gateway_call_pointer& call) {
  auto body = call->read_body<value_aggregate_request>();
  if (!body || !check_interval(call, body->start_time, body->end_time))
    return;
  const auto timezone = body->timezone;
  with_zone(call, timezone, [call, request = *std::move(body)](const std::shared_ptr<const zone_rules>& zone) {
    of_metric<aggregate_values> message{request.metric_id, {request.method.method, request.method.percentile, request.size, *zone, request.start_time,
                                                            request.end_time, request.dimensions, request.filters, request.fill == bucket_fill::zero}};
    gateway_call::ask_tenant(call, std::move(message), call->host->options.query_timeout,
                             std::function<void(value_aggregates&)>{[call, request, zone](value_aggregates& found) {
                               json rows = json::array();
                               for (const auto& each : found.aggregates) {
                                 json dimensions = json::object();
                                 for (std::size_t i = 0; i < request.dimensions.size() && i < each.dimensions.size(); ++i)
                                   dimensions[request.dimensions[i]] = write_json(each.dimensions[i]);
                                 rows.push_back({{"time_bucket", format_timestamp(each.time_bucket)}, {"value", write_json(each.value)},
                                                 {"sample_count", each.sample_count}, {"dimensions", std::move(dimensions)}});
                               }
                               json answer{{"aggregates", std::move(rows)}, {"count", found.aggregates.size()}, {"exact", found.exact}, {"timezone", zone->name}};
                               add_scope(answer, found.scope, request.start_time, request.end_time);
                               call->answer(answer);
                             }});
  });
}

void compare_metric_periods(const gateway_call_pointer& call) {
  const auto body = call->read_body<trend_request>();
  if (!body || !check_interval(call, body->current_start, body->current_end, "current_period_end")
      || !check_interval(call, body->comparison_start, body->comparison_end, "comparison_period_end"))
    return;
  of_metric<compare_periods> message{body->metric_id, {body->current_start, body->current_end, body->comparison_start, body->comparison_end}};
  gateway_call::ask_tenant(call, std::move(message), call->host->options.query_timeout,
                           std::function<void(periods_compared&)>{[call, metric = body->metric_id](periods_compared& found) {
                             call->answer({{"metric_id", metric}, {"current_period", write_json(found.current)}, {"comparison_period", write_json(found.comparison)},
                                           {"trend", {{"change_percent", write_json(found.change_percent)}, {"direction", std::string{name_of(found.direction)}},
                                                      {"absolute_change", write_json(found.absolute_change)}}},
                                           {"interval", "[start, end)"}, {"as_of", optional_time(found.scope.as_of)}, {"rows_scanned", found.scope.rows_scanned}});
                           }});
}

} // namespace dotmac
