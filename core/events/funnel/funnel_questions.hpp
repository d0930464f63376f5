#pragma once

/// How far users come through steps, how long that takes, and who they are. As data; definitions: event_answers.hpp.

#include "core/events/event_questions.hpp"

namespace dotmac {

inline constexpr std::size_t funnel_users_listed_max = 10'000;  ///< ids per step of a count
inline constexpr std::int64_t funnel_histogram_bins_max = 100;
inline constexpr std::size_t funnel_points_max = 200'000;       ///< of an answer: buckets times (groups + 1)
inline constexpr std::size_t funnel_constants_max = 3;
inline constexpr std::int64_t funnel_users_found_max = 1'000;   ///< of one page

enum class funnel_order : std::uint8_t { ordered, strict, any };
template <> struct enumeration<funnel_order> {
  static constexpr std::array<std::string_view, 3> names{"ordered", "strict", "any"};
};
enum class funnel_start : std::uint8_t { any, first };
template <> struct enumeration<funnel_start> {
  static constexpr std::array<std::string_view, 2> names{"any", "first"};
};
/// What is counted: each user once, by his best attempt, or each of his attempts.
enum class funnel_unit : std::uint8_t { users, attempts };
template <> struct enumeration<funnel_unit> {
  static constexpr std::array<std::string_view, 2> names{"users", "attempts"};
};
/// Whose values an attempt is grouped by: those of its first event, of the furthest step it reached, or of step `attribution_step`.
enum class funnel_attribution : std::uint8_t { first, last, step };
template <> struct enumeration<funnel_attribution> {
  static constexpr std::array<std::string_view, 3> names{"first", "last", "step"};
};
enum class funnel_outcome : std::uint8_t { converted, dropped };
template <> struct enumeration<funnel_outcome> {
  static constexpr std::array<std::string_view, 2> names{"converted", "dropped"};
};

struct count_funnel {
  std::vector<funnel_step> steps;
  timestamp start_time = timestamp_min;
  timestamp end_time = timestamp_end;
  event_field user_id_field = event_field::user_id;
  std::optional<std::int64_t> window_milliseconds; ///< none: the whole period
  funnel_order order = funnel_order::ordered;
  funnel_start start = funnel_start::any;
  std::vector<funnel_step> exclusions;    ///< such an event between the first and the furthest step ends the attempt
  std::vector<std::string> dimensions;    ///< fields to group by, as in filters
  std::int64_t users_listed = 0;          ///< how many ids to list per step
  funnel_unit unit = funnel_unit::users;
  funnel_attribution attribution = funnel_attribution::first;
  std::int64_t attribution_step = 1;      ///< from 1; of funnel_attribution::step
  std::int64_t histogram_bins = 0;        ///< at most so many per histogram; 0: no histograms
  bool has_trend = false;                 ///< by the time of the attempt's first event
  granularity size = granularity::day;    ///< of the trend's buckets
  zone_rules zone;
  std::vector<std::string> hold_constant; ///< fields whose values all events of an attempt share
};
template <> struct description<count_funnel> {
  using q = count_funnel;
  static constexpr auto fields = std::tuple{
      field{"steps", &q::steps, "in order"}, field{"start_time", &q::start_time, "from this time on"}, field{"end_time", &q::end_time, "before this time"},
      field{"user_id_field", &q::user_id_field, "who is counted"}, field{"window_milliseconds", &q::window_milliseconds, "from step 1 to the last"},
      field{"order", &q::order, "ordered, strict or any"}, field{"start", &q::start, "any or first step 1"}, field{"exclusions", &q::exclusions, "events that end an attempt"},
      field{"dimensions", &q::dimensions, "group by"}, field{"users_listed", &q::users_listed, "ids per step"}, field{"unit", &q::unit, "users or attempts"},
      field{"attribution", &q::attribution, "whose values are grouped by"}, field{"attribution_step", &q::attribution_step, "which step's"},
      field{"histogram_bins", &q::histogram_bins, "at most so many"}, field{"has_trend", &q::has_trend, "over time"}, field{"size", &q::size, "length of a bucket"},
      field{"zone", &q::zone, "whose calendar"}, field{"hold_constant", &q::hold_constant, "equal over an attempt"}};
};

struct funnel_bin {
  std::int64_t from_milliseconds = 0;
  std::int64_t to_milliseconds = 0; ///< excluded
  std::uint64_t count = 0;
};
template <> struct description<funnel_bin> {
  static constexpr auto fields = std::tuple{field{"from_milliseconds", &funnel_bin::from_milliseconds, "from this on"}, field{"to_milliseconds", &funnel_bin::to_milliseconds, "below this"},
                                            field{"count", &funnel_bin::count, "attempts"}};
};

/// None where nobody came. Exact: no sketch is involved.
struct funnel_durations {
  std::optional<double> average_milliseconds, median_milliseconds, p90_milliseconds;
  std::vector<funnel_bin> histogram; ///< bins of one width from the least to the greatest
};
template <> struct description<funnel_durations> {
  static constexpr auto fields = std::tuple{
      field{"average_milliseconds", &funnel_durations::average_milliseconds, "of all"}, field{"median_milliseconds", &funnel_durations::median_milliseconds, "of all"},
      field{"p90_milliseconds", &funnel_durations::p90_milliseconds, "of all"}, field{"histogram", &funnel_durations::histogram, "how many took how long"}};
};

struct funnel_step_result {
  std::uint64_t count = 0;
  funnel_durations from_before; ///< time from the step before; none for step 1
  std::vector<std::string> users;
};
template <> struct description<funnel_step_result> {
  static constexpr auto fields = std::tuple{
      field{"count", &funnel_step_result::count, "who came this far"}, field{"from_before", &funnel_step_result::from_before, "time from the step before"},
      field{"users", &funnel_step_result::users, "some of them"}};
};

/// Attempts that began in one bucket, whenever they converted.
struct funnel_point {
  timestamp time_bucket;
  std::uint64_t entered = 0;
  std::uint64_t converted = 0;
  std::optional<double> median_milliseconds; ///< from the first event to the last step
};
template <> struct description<funnel_point> {
  static constexpr auto fields = std::tuple{
      field{"time_bucket", &funnel_point::time_bucket, "its start"}, field{"entered", &funnel_point::entered, "began in it"},
      field{"converted", &funnel_point::converted, "of these came through"}, field{"median_milliseconds", &funnel_point::median_milliseconds, "time to convert"}};
};

struct funnel_figures {
  std::vector<funnel_step_result> steps;
  funnel_durations to_convert;      ///< from the attempt's first event to the last step
  std::vector<funnel_point> points; ///< where a trend was asked for: every bucket of the interval
};
template <> struct description<funnel_figures> {
  static constexpr auto fields = std::tuple{
      field{"steps", &funnel_figures::steps, "in order"}, field{"to_convert", &funnel_figures::to_convert, "from the first event to the last step"},
      field{"points", &funnel_figures::points, "over time"}};
};

struct funnel_group {
  std::vector<scalar> dimensions;
  funnel_figures figures; ///< without histograms
};
template <> struct description<funnel_group> {
  static constexpr auto fields = std::tuple{
      field{"dimensions", &funnel_group::dimensions, "values in the order asked for"}, field{"figures", &funnel_group::figures, "as of all"}};
};

struct funnel_counted {
  funnel_figures all;
  std::vector<funnel_group> groups; ///< only where dimensions were asked for; by count of step 1, largest first
  answer_scope scope;
};
template <> struct description<funnel_counted> {
  static constexpr auto fields = std::tuple{
      field{"all", &funnel_counted::all, "of all"}, field{"groups", &funnel_counted::groups, "by dimension"},
      field{"scope", &funnel_counted::scope, "how far the answer reaches"}};
};

/// Users by their ids, as bytes: a place behind an id stays true whatever comes in.
struct find_funnel_users {
  count_funnel funnel;                            ///< its users, not its attempts; what it says of lists, histograms and trends is not looked at
  std::int64_t step = 1;                          ///< from 1
  funnel_outcome outcome = funnel_outcome::converted; ///< converted: reached `step`; dropped: the step before, but not `step`
  std::optional<std::vector<scalar>> group;       ///< only those of this group, values by dimension
  std::int64_t limit = 100;                       ///< 0: the total only
  std::optional<std::string> after;               ///< the last id of the page before
};
template <> struct description<find_funnel_users> {
  using q = find_funnel_users;
  static constexpr auto fields = std::tuple{
      field{"funnel", &q::funnel, "its users"}, field{"step", &q::step, "which step"}, field{"outcome", &q::outcome, "reached it or not"},
      field{"group", &q::group, "only of this group"}, field{"limit", &q::limit, "how many to list"}, field{"after", &q::after, "where to go on"}};
};

struct funnel_user_found {
  std::string id;
  std::vector<timestamp> reached; ///< by step, as far as he came
  std::vector<scalar> dimensions;
};
template <> struct description<funnel_user_found> {
  static constexpr auto fields = std::tuple{
      field{"id", &funnel_user_found::id, "of the field asked for"}, field{"reached", &funnel_user_found::reached, "when, by step"},
      field{"dimensions", &funnel_user_found::dimensions, "his group"}};
};

struct funnel_users_found {
  std::uint64_t total = 0; ///< whatever the page
  std::vector<funnel_user_found> users;
  bool has_more = false;
  answer_scope scope;
};
template <> struct description<funnel_users_found> {
  static constexpr auto fields = std::tuple{
      field{"total", &funnel_users_found::total, "whatever the page"}, field{"users", &funnel_users_found::users, "by id"},
      field{"has_more", &funnel_users_found::has_more, "behind this page"}, field{"scope", &funnel_users_found::scope, "how far the answer reaches"}};
};

} // namespace dotmac
