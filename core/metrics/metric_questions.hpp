#pragma once

/// What a metric is, what it is told, what it can be asked, and its answers, as data. Intervals are half-open [start, end).

#include "core/describe/description.hpp"
#include "core/events/event_questions.hpp"
#include "core/events/filter.hpp"
#include "core/time/calendar.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t metric_name_size_max = 200;
inline constexpr std::size_t metric_dimensions_max = 32;        ///< per sample
inline constexpr std::size_t metric_dimension_size_max = 256;   ///< bytes of a name or a value
inline constexpr std::size_t metric_series_max = 1'000'000;     ///< combinations of dimensions per metric
inline constexpr std::size_t metric_batch_values_max = 10'000;
inline constexpr std::size_t metric_context_size_max = 65'536;  ///< bytes of JSON
inline constexpr std::int64_t metric_query_limit_max = 10'000;

enum class metric_type : std::uint8_t { counter, gauge, histogram, summary, rate, percentage, duration, size };
template <> struct enumeration<metric_type> {
  static constexpr std::array<std::string_view, 8> names{"counter", "gauge", "histogram", "summary",
                                                         "rate", "percentage", "duration", "size"};
};

enum class aggregation_method : std::uint8_t {
  sum, avg, min, max, count, distinct_count, median, percentile, stddev, first, last, rate, increase,
};
/// In JSON a percentile is written "p95", "p99.9" ...: see aggregate_values::percentile.
template <> struct enumeration<aggregation_method> {
  static constexpr std::array<std::string_view, 13> names{"sum", "avg", "min", "max", "count", "distinct_count", "median",
                                                          "percentile", "stddev", "first", "last", "rate", "increase"};
};

struct metric_definition {
  std::string metric_id;
  std::string name;
  std::string display_name;
  metric_type type = metric_type::gauge;
  std::string description_text;
  std::string unit;
  std::string calculation_config = "{}"; ///< JSON text; {"cumulative": true} makes a counter's values readings
  std::vector<std::string> dimensions;
  std::map<std::string, std::string> tags;
  std::int64_t retention_days = 90;
  timestamp created_at;
};
template <> struct description<metric_definition> {
  static constexpr auto fields = std::tuple{
      field{"metric_id", &metric_definition::metric_id, "given by the server"},
      field{"name", &metric_definition::name, "unique within the tenant", bounds{1, 200}, presence::required},
      field{"display_name", &metric_definition::display_name, "for people", bounds{1, 500}, presence::required},
      field{"metric_type", &metric_definition::type, "what its values mean", presence::required},
      field{"description", &metric_definition::description_text, "for people", bounds{0, 4'000}},
      field{"unit", &metric_definition::unit, "of its values", bounds{0, 100}},
      field{"calculation_config", &metric_definition::calculation_config, "options as JSON", bounds{0, 65'536}},
      field{"dimensions", &metric_definition::dimensions, "names that its samples usually carry", bounds{0, 32}},
      field{"tags", &metric_definition::tags, "for finding it", bounds{0, 64}},
      field{"retention_days", &metric_definition::retention_days, "how long samples are kept", bounds{1, 36'500}},
      field{"created_at", &metric_definition::created_at, "when it was made"}};
};

/// Names and values of one combination of dimensions, sorted by name.
using dimension_map = std::map<std::string, std::string>;

struct metric_sample {
  std::string value_id; ///< empty: derived by the server
  double value = 0;
  timestamp at;
  timestamp recorded_at;
  dimension_map dimensions;
  std::string context; ///< JSON text; empty: none
};
template <> struct description<metric_sample> {
  static constexpr auto fields = std::tuple{
      field{"value_id", &metric_sample::value_id, "sent again: no effect", bounds{0, 256}},
      field{"value", &metric_sample::value, "finite"}, field{"timestamp", &metric_sample::at, "when it was so"},
      field{"recorded_at", &metric_sample::recorded_at, "when it came"},
      field{"dimensions", &metric_sample::dimensions, "its series"}, field{"context", &metric_sample::context, "as JSON"}};
};

struct record_values {
  std::vector<metric_sample> values;
};
template <> struct description<record_values> {
  static constexpr auto fields = std::tuple{field{"values", &record_values::values, "in order of arrival", bounds{1, 10'000}}};
};

enum class value_outcome : std::uint8_t {
  recorded,    ///< new, and durable now
  duplicate,   ///< its value_id was here before with the same content: no effect
  conflicting, ///< its value_id was here before with other content: the first stays
  refused,     ///< see values_recorded::refusals
};
template <> struct enumeration<value_outcome> {
  static constexpr std::array<std::string_view, 4> names{"recorded", "duplicate", "conflicting", "refused"};
};

struct value_refusal {
  std::uint32_t index = 0; ///< in record_values::values
  std::string field;
  std::string reason;
};
template <> struct description<value_refusal> {
  static constexpr auto fields = std::tuple{field{"index", &value_refusal::index, "which"}, field{"field", &value_refusal::field, "at fault"},
                                            field{"reason", &value_refusal::reason, "why"}};
};

struct values_recorded {
  std::vector<value_outcome> outcomes; ///< per value
  std::vector<std::string> value_ids;  ///< per value; empty where refused
  std::vector<value_refusal> refusals; ///< by index
};
template <> struct description<values_recorded> {
  static constexpr auto fields = std::tuple{field{"outcomes", &values_recorded::outcomes, "per value"},
                                            field{"value_ids", &values_recorded::value_ids, "per value"},
                                            field{"refusals", &values_recorded::refusals, "why values were refused"}};
};

/// Newest first (time, then arrival).
struct find_values {
  timestamp start_time = timestamp_min;
  timestamp end_time = timestamp_end;
  dimension_map dimensions; ///< equality of each
  std::int64_t limit = 1'000;
  std::int64_t offset = 0;
  std::optional<event_position> before; ///< go on after this value of an earlier page
};
template <> struct description<find_values> {
  static constexpr auto fields = std::tuple{
      field{"start_time", &find_values::start_time, "from this time on"}, field{"end_time", &find_values::end_time, "before this time"},
      field{"dimensions", &find_values::dimensions, "equality of each"}, field{"limit", &find_values::limit, "how many"},
      field{"offset", &find_values::offset, "how many to pass over"}, field{"before", &find_values::before, "where to go on"}};
};

struct values_found {
  std::vector<metric_sample> values;
  std::uint64_t total = 0;
  answer_scope scope;
  std::optional<event_position> last; ///< of this page, where more come after it
};
template <> struct description<values_found> {
  static constexpr auto fields = std::tuple{field{"values", &values_found::values, "newest first"},
                                            field{"total", &values_found::total, "whatever the page"},
                                            field{"scope", &values_found::scope, "how far the answer reaches"},
                                            field{"last", &values_found::last, "where to go on"}};
};

/// Filters look at "value" and at dimensions by their names.
struct aggregate_values {
  aggregation_method method = aggregation_method::avg;
  double percentile = 50; ///< of method percentile: 0 to 100
  granularity size = granularity::hour;
  zone_rules zone;
  timestamp start_time = timestamp_min;
  timestamp end_time = timestamp_end;
  std::vector<std::string> dimensions; ///< group by
  filter_node filters;
  bool fill_zero = false; ///< name empty buckets too (value null, but 0 for sum, count, rate, increase), for every group seen in the interval
};
template <> struct description<aggregate_values> {
  static constexpr auto fields = std::tuple{
      field{"method", &aggregate_values::method, "how"}, field{"percentile", &aggregate_values::percentile, "0 to 100"},
      field{"size", &aggregate_values::size, "length of a bucket"}, field{"zone", &aggregate_values::zone, "whose calendar"},
      field{"start_time", &aggregate_values::start_time, "from this time on"},
      field{"end_time", &aggregate_values::end_time, "before this time"},
      field{"dimensions", &aggregate_values::dimensions, "group by"},
      field{"filters", &aggregate_values::filters, "conditions"}, field{"fill_zero", &aggregate_values::fill_zero, "name empty buckets"}};
};

struct value_aggregate {
  timestamp time_bucket;
  std::optional<double> value; ///< none where it is undefined (stddev of one sample, rate of one reading)
  std::uint64_t sample_count = 0;
  std::vector<std::optional<std::string>> dimensions; ///< in the order asked for
};
template <> struct description<value_aggregate> {
  static constexpr auto fields = std::tuple{
      field{"time_bucket", &value_aggregate::time_bucket, "its start"}, field{"value", &value_aggregate::value, "null where undefined"},
      field{"sample_count", &value_aggregate::sample_count, "samples in it"},
      field{"dimensions", &value_aggregate::dimensions, "in the order asked for"}};
};

/// Sorted by bucket, then by dimensions.
struct value_aggregates {
  std::vector<value_aggregate> aggregates;
  bool exact = true; ///< false: percentiles carry a relative error of at most 1 %
  answer_scope scope;
};
template <> struct description<value_aggregates> {
  static constexpr auto fields = std::tuple{field{"aggregates", &value_aggregates::aggregates, "by bucket"},
                                            field{"exact", &value_aggregates::exact, "or with at most 1 % error"},
                                            field{"scope", &value_aggregates::scope, "how far the answer reaches"}};
};

struct compare_periods {
  timestamp current_start;
  timestamp current_end;
  timestamp comparison_start;
  timestamp comparison_end;
};
template <> struct description<compare_periods> {
  static constexpr auto fields = std::tuple{
      field{"current_period_start", &compare_periods::current_start, "of the period in question", presence::required},
      field{"current_period_end", &compare_periods::current_end, "excluded", presence::required},
      field{"comparison_period_start", &compare_periods::comparison_start, "of the period to compare with", presence::required},
      field{"comparison_period_end", &compare_periods::comparison_end, "excluded", presence::required}};
};

struct period_figures {
  timestamp start;
  timestamp end;
  std::optional<double> average;
  std::uint64_t count = 0;
  double total = 0;
};
template <> struct description<period_figures> {
  static constexpr auto fields = std::tuple{
      field{"start", &period_figures::start, "included"}, field{"end", &period_figures::end, "excluded"},
      field{"average", &period_figures::average, "null without samples"}, field{"count", &period_figures::count, "samples"},
      field{"total", &period_figures::total, "sum of the values"}};
};

enum class trend_direction : std::uint8_t { up, down, flat };
template <> struct enumeration<trend_direction> {
  static constexpr std::array<std::string_view, 3> names{"up", "down", "flat"};
};

/// Change of the total for counters, of the average for all other types.
struct periods_compared {
  period_figures current;
  period_figures comparison;
  std::optional<double> change_percent;  ///< none where the comparison is zero or empty
  std::optional<double> absolute_change; ///< none where either period is empty
  trend_direction direction = trend_direction::flat;
  answer_scope scope;
};
template <> struct description<periods_compared> {
  static constexpr auto fields = std::tuple{
      field{"current_period", &periods_compared::current, "in question"},
      field{"comparison_period", &periods_compared::comparison, "compared with"},
      field{"change_percent", &periods_compared::change_percent, "null where undefined"},
      field{"absolute_change", &periods_compared::absolute_change, "null where undefined"},
      field{"direction", &periods_compared::direction, "up, down or flat"},
      field{"scope", &periods_compared::scope, "how far the answer reaches"}};
};

} // namespace dotmac
