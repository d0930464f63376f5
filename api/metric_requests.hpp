#pragma once

/// The bodies of requests about metrics as clients send them: their field names, bounds and defaults, declared once.

#include "api/requests.hpp"

namespace dotmac {

struct metric_request {
  std::string name, display_name;
  metric_type type = metric_type::gauge;
  std::string description_text, unit;
  json_text calculation_config{"{}"};
  std::vector<std::string> dimensions;
  std::map<std::string, std::string> tags;
  std::int64_t retention_days = 90;
};
template <> struct description<metric_request> {
  using r = metric_request;
  static constexpr auto fields = std::tuple{
      field{"name", &r::name, "unique within the tenant", bounds{1, metric_name_size_max}, presence::required},
      field{"display_name", &r::display_name, "for people", bounds{1, 500}, presence::required},
      field{"metric_type", &r::type, "what its values mean", presence::required}, field{"description", &r::description_text, "for people", bounds{0, 4'000}},
      field{"unit", &r::unit, "of its values", bounds{0, 100}}, field{"calculation_config", &r::calculation_config, "options; cumulative: true says that a counter's values are readings"},
      field{"dimensions", &r::dimensions, "names that its samples usually carry", bounds{0, metric_dimensions_max}},
      field{"tags", &r::tags, "for finding it", bounds{0, 64}}, field{"retention_days", &r::retention_days, "how long samples are kept after their receipt", bounds{1, 36'500}}};
};

struct value_request {
  std::string metric_id, value_id;
  double value = 0;
  std::optional<timestamp> at;
  dimension_map dimensions;
  std::optional<json_text> context;
};
template <> struct description<value_request> {
  using r = value_request;
  static constexpr auto fields = std::tuple{
      field{"metric_id", &r::metric_id, "id or name", bounds{1, metric_name_size_max}, presence::required},
      field{"value", &r::value, "finite", presence::required}, field{"value_id", &r::value_id, "sent again: no effect", bounds{0, 256}},
      field{"timestamp", &r::at, "when it was so; else now"}, field{"dimensions", &r::dimensions, "its series", bounds{0, metric_dimensions_max}},
      field{"context", &r::context, "kept beside it"}};
};

struct value_page_request {
  std::string metric_id;
  std::optional<timestamp> start_time, end_time;
  dimension_map dimensions;
  std::int64_t limit = 1'000, offset = 0;
  std::optional<std::string> cursor;
};
template <> struct description<value_page_request> {
  using r = value_page_request;
  static constexpr auto fields = std::tuple{
      field{"metric_id", &r::metric_id, "id or name", bounds{1, metric_name_size_max}, presence::required},
      field{"start_time", &r::start_time, "from this time on"}, field{"end_time", &r::end_time, "before this time"},
      field{"dimensions", &r::dimensions, "equality of each", bounds{0, metric_dimensions_max}},
      field{"limit", &r::limit, "how many", bounds{1, metric_query_limit_max}}, field{"offset", &r::offset, "how many to pass over", bounds{0, offset_max}},
      field{"cursor", &r::cursor, "next_cursor of the page before; not together with offset", bounds{1, cursor_size_max}}};
};

/// "sum", "avg" ..., or "p95", "p99.9" for percentiles.
struct aggregation_form {
  aggregation_method method = aggregation_method::avg;
  double percentile = 50;
};
template <> struct json_form<aggregation_form> {
  static void read(json_reader& in, const json& from, aggregation_form& into);
  static json schema();
};

struct value_aggregate_request {
  std::string metric_id;
  aggregation_form method;
  granularity size = granularity::hour;
  timestamp start_time, end_time;
  std::vector<std::string> dimensions;
  filter_node filters;
  std::optional<std::string> timezone;
  bucket_fill fill = bucket_fill::none;
};
template <> struct description<value_aggregate_request> {
  using r = value_aggregate_request;
  static constexpr auto fields = std::tuple{
      field{"metric_id", &r::metric_id, "id or name", bounds{1, metric_name_size_max}, presence::required},
      field{"aggregation_method", &r::method, "how", presence::required}, field{"granularity", &r::size, "length of a bucket", presence::required},
      field{"start_time", &r::start_time, "from this time on", presence::required}, field{"end_time", &r::end_time, "before this time", presence::required},
      field{"dimensions", &r::dimensions, "group by", bounds{0, metric_dimensions_max}}, field{"filters", &r::filters, "conditions on value and dimensions"},
      field{"timezone", &r::timezone, "whose calendar; else the tenant's", bounds{1, 64}}, field{"fill", &r::fill, "zero: empty buckets too, for every group seen in the interval"}};
};

struct trend_request {
  std::string metric_id;
  timestamp current_start, current_end, comparison_start, comparison_end;
};
template <> struct description<trend_request> {
  using r = trend_request;
  static constexpr auto fields = std::tuple{
      field{"metric_id", &r::metric_id, "id or name", bounds{1, metric_name_size_max}, presence::required},
      field{"current_period_start", &r::current_start, "of the period in question", presence::required},
      field{"current_period_end", &r::current_end, "excluded", presence::required},
      field{"comparison_period_start", &r::comparison_start, "of the period to compare with", presence::required},
      field{"comparison_period_end", &r::comparison_end, "excluded", presence::required}};
};

} // namespace dotmac
