#pragma once

/// Trends: what happened how often, by whom or how much, over time; several series side by side. As data.

#include "core/events/event_questions.hpp"

namespace dotmac {

inline constexpr std::size_t trend_series_max = 16;
inline constexpr std::size_t trend_groups_max = 100'000;        ///< combinations of dimension values, before the largest are chosen
inline constexpr std::size_t trend_groups_answered_max = 1'000; ///< per series
inline constexpr std::size_t trend_points_max = 200'000;        ///< of an answer, with those of formulas and comparisons
inline constexpr std::size_t trend_cells_max = 10'000'000;      ///< groups times buckets, before the largest are chosen

enum class trend_measure : std::uint8_t {
  count, unique_users, unique_sessions, unique_customers, events_per_user, sum, avg, min, max, percentile, distinct_values,
};
/// In JSON a percentile is written "median", "p95", "p99.9" ...: see trend_series::percentile.
template <> struct enumeration<trend_measure> {
  static constexpr std::array<std::string_view, 11> names{"count", "unique_users", "unique_sessions", "unique_customers", "events_per_user",
                                                          "sum", "avg", "min", "max", "percentile", "distinct_values"};
};

/// Measures from `sum` on are of a property; only its numbers count (of distinct_values: every value but null).
struct trend_series {
  std::optional<std::string> event_type;
  std::optional<std::string> event_name;
  filter_node filters;
  trend_measure measure = trend_measure::count;
  std::string property;
  double percentile = 50;
};
template <> struct description<trend_series> {
  static constexpr auto fields = std::tuple{
      field{"event_type", &trend_series::event_type, "only events of this type"}, field{"event_name", &trend_series::event_name, "only events of this name"},
      field{"filters", &trend_series::filters, "conditions"}, field{"measure", &trend_series::measure, "what is measured"},
      field{"property", &trend_series::property, "of which property"}, field{"percentile", &trend_series::percentile, "which, of 0 to 100"}};
};

struct measure_trends {
  std::vector<trend_series> series;
  filter_node filters; ///< of all series
  timestamp start_time = timestamp_min;
  timestamp end_time = timestamp_end;
  granularity size = granularity::day;
  zone_rules zone;
  std::vector<std::string> dimensions;
  std::int64_t groups_answered = 10; ///< per series: the largest by total; the others are one group
  bool is_cumulative = false;        ///< each point holds all from the start of the interval: count, unique_*, sum only
  bool groups_of_first = false;      ///< every series has the groups that are the largest of the first one
  std::int64_t derived_series = 0;   ///< made from these by who asks: their points count towards trend_points_max
  bool compares = false;             ///< the same of the interval as long as this one that ends where it starts
};
template <> struct description<measure_trends> {
  using q = measure_trends;
  static constexpr auto fields = std::tuple{
      field{"series", &q::series, "what is measured"}, field{"filters", &q::filters, "of all series"}, field{"start_time", &q::start_time, "from this time on"},
      field{"end_time", &q::end_time, "before this time"}, field{"size", &q::size, "length of a bucket"}, field{"zone", &q::zone, "whose calendar"},
      field{"dimensions", &q::dimensions, "group by"}, field{"groups_answered", &q::groups_answered, "per series"},
      field{"is_cumulative", &q::is_cumulative, "from the start of the interval"}, field{"groups_of_first", &q::groups_of_first, "every series has the groups of the first"},
      field{"derived_series", &q::derived_series, "made from these by who asks"},
      field{"compares", &q::compares, "with the interval before"}};
};

/// One line of a chart.
struct trend_line {
  std::uint32_t series = 0; ///< its number
  std::vector<scalar> dimensions;
  bool is_other = false;       ///< all groups beyond groups_answered together
  scalar total;                ///< of the whole interval, measured as a whole: no sum of points where that would be wrong
  std::vector<scalar> values;  ///< per bucket; null where a measure has nothing to say
  scalar compared_total;       ///< of the interval before, where it was asked for
  std::vector<scalar> compared_values;
};
template <> struct description<trend_line> {
  static constexpr auto fields = std::tuple{
      field{"series", &trend_line::series, "its number"}, field{"dimensions", &trend_line::dimensions, "values in the order asked for"},
      field{"is_other", &trend_line::is_other, "the groups beyond the largest"}, field{"total", &trend_line::total, "of the whole interval"},
      field{"values", &trend_line::values, "per bucket"}, field{"compared_total", &trend_line::compared_total, "of the interval before"},
      field{"compared_values", &trend_line::compared_values, "of the interval before, per bucket of its own"}};
};

struct trends_measured {
  std::vector<timestamp> buckets; ///< all of the interval; the first may begin before it
  std::vector<trend_line> lines;  ///< by series, then the largest total first, "other" last
  std::vector<timestamp> compared_buckets;
  std::uint64_t groups = 0;       ///< found, of the series with the most
  answer_scope scope;
};
template <> struct description<trends_measured> {
  static constexpr auto fields = std::tuple{
      field{"buckets", &trends_measured::buckets, "their starts"}, field{"lines", &trends_measured::lines, "by series"},
      field{"compared_buckets", &trends_measured::compared_buckets, "of the interval before"},
      field{"groups", &trends_measured::groups, "found"}, field{"scope", &trends_measured::scope, "how far the answer reaches"}};
};

} // namespace dotmac
