#pragma once

/// The body of POST /events/trends: field names, bounds and defaults, declared once.

#include "api/requests.hpp"
#include "core/events/trends/formula.hpp"
#include "core/events/trends/trend_questions.hpp"

namespace dotmac {

inline constexpr std::size_t series_name_size_max = 64;

/// "count", "sum" ..., "median", or "p95", "p99.9" for percentiles.
struct measure_form {
  trend_measure measure = trend_measure::count;
  double percentile = 50;
};
template <> struct json_form<measure_form> {
  static void read(json_reader& in, const json& from, measure_form& into);
  static json write(const measure_form& measure);
  static json schema();
};

struct trend_series_request {
  std::optional<std::string> name;
  std::optional<std::string> event_type, event_name;
  filter_node filters;
  measure_form measure;
  std::optional<std::string> property;
};
template <> struct description<trend_series_request> {
  using r = trend_series_request;
  static constexpr auto fields = std::tuple{
      field{"name", &r::name, "a letter, then letters, digits and _; else A, B, C ...", bounds{1, series_name_size_max}},
      field{"event_type", &r::event_type, "only events of this type"}, field{"event_name", &r::event_name, "only events of this name"},
      field{"filters", &r::filters, "conditions on fields and properties"}, field{"measure", &r::measure, "what is measured"},
      field{"property", &r::property, "of which property: for sum, avg, min, max, median, pNN and distinct_values", bounds{1, 256}}};
};

struct formula_request {
  std::string name, expression;
};
template <> struct description<formula_request> {
  using r = formula_request;
  static constexpr auto fields = std::tuple{field{"name", &r::name, "of its line", bounds{1, series_name_size_max}, presence::required},
                                            field{"expression", &r::expression, "numbers, names of series, + - * / and brackets", bounds{1, formula_size_max}, presence::required}};
};

enum class trend_comparison : std::uint8_t { none, previous_period };
template <> struct enumeration<trend_comparison> {
  static constexpr std::array<std::string_view, 2> names{"none", "previous_period"};
};

struct event_trends_request {
  std::vector<trend_series_request> series;
  std::vector<formula_request> formulas;
  timestamp start_time, end_time;
  granularity size = granularity::day;
  std::optional<std::string> timezone;
  filter_node filters;
  std::vector<std::string> dimensions;
  std::int64_t limit = 10;
  bool cumulative = false;
  trend_comparison compare = trend_comparison::none;
};
template <> struct description<event_trends_request> {
  using r = event_trends_request;
  static constexpr auto fields = std::tuple{
      field{"series", &r::series, "what is measured", bounds{1, trend_series_max}, presence::required},
      field{"formulas", &r::formulas, "arithmetic between series", bounds{0, trend_formulas_max}},
      field{"start_time", &r::start_time, "from this time on", presence::required}, field{"end_time", &r::end_time, "before this time", presence::required},
      field{"granularity", &r::size, "length of a bucket"}, field{"timezone", &r::timezone, "whose calendar; else the tenant's", bounds{1, 64}},
      field{"filters", &r::filters, "of all series"}, field{"dimensions", &r::dimensions, "fields or properties to group by", bounds{0, question_dimensions_max}},
      field{"limit", &r::limit, "groups with a line of their own, per series; the others are one line", bounds{1, trend_groups_answered_max}},
      field{"cumulative", &r::cumulative, "each point holds all from the start of the interval: count, unique_... and sum"},
      field{"compare", &r::compare, "previous_period: the same of the interval as long that ends where this one starts"}};
};

} // namespace dotmac
