#pragma once

/// Retention: of the users who did one thing in a period, how many did another in the same period and in those after it. As data.
///
/// Periods are the calendar buckets of the interval. Only events within the interval count, start events and return events alike.
///
/// Cohort    first: a user is in the cohort of the period of his first start event. recurring: he is in the cohort of each period in which he has one.
/// Returned  In period 0 by a return event that is not before his first start event of that period (at the same millisecond counts, and so does the start
///           event itself where it is a return event too); in a later one by any. `on` period N: in that period. `on_or_after`: in it or any later one.
/// Groups    by the values at the event that puts a user into a cohort: his first start event, of recurring cohorts that of the period. Of several at one
///           time the one that came first.

#include "core/events/event_questions.hpp"

namespace dotmac {

inline constexpr std::int64_t retention_periods_max = 366;
inline constexpr std::size_t retention_groups_max = 100'000;        ///< combinations of dimension values, before the largest are chosen
inline constexpr std::size_t retention_groups_answered_max = 1'000;
inline constexpr std::size_t retention_cells_max = 200'000;         ///< of an answer: cohorts times (periods + 1)

enum class retention_kind : std::uint8_t { on, on_or_after };
template <> struct enumeration<retention_kind> {
  static constexpr std::array<std::string_view, 2> names{"on", "on_or_after"};
};
enum class retention_cohorts : std::uint8_t { first, recurring };
template <> struct enumeration<retention_cohorts> {
  static constexpr std::array<std::string_view, 2> names{"first", "recurring"};
};

struct measure_retention {
  funnel_step start_event;
  funnel_step return_event;
  timestamp start_time = timestamp_min;
  timestamp end_time = timestamp_end;
  granularity size = granularity::day; ///< hour, day, week or month
  zone_rules zone;
  std::int64_t periods = 30;
  retention_kind kind = retention_kind::on;
  retention_cohorts cohorts = retention_cohorts::first;
  event_field user_id_field = event_field::user_id;
  std::vector<std::string> dimensions;
  std::int64_t groups_answered = 10; ///< the largest by users in their cohorts
};
template <> struct description<measure_retention> {
  using q = measure_retention;
  static constexpr auto fields = std::tuple{
      field{"start_event", &q::start_event, "puts a user into a cohort"}, field{"return_event", &q::return_event, "brings him back"},
      field{"start_time", &q::start_time, "from this time on"}, field{"end_time", &q::end_time, "before this time"},
      field{"size", &q::size, "length of a period"}, field{"zone", &q::zone, "whose calendar"}, field{"periods", &q::periods, "after the first"},
      field{"kind", &q::kind, "in a period, or in it or later"}, field{"cohorts", &q::cohorts, "of the first start event, or of every period with one"},
      field{"user_id_field", &q::user_id_field, "who is counted"}, field{"dimensions", &q::dimensions, "group by"},
      field{"groups_answered", &q::groups_answered, "the largest"}};
};

struct retention_cohort {
  timestamp time_bucket; ///< may begin before the interval
  std::vector<scalar> dimensions;
  std::uint64_t size = 0;
  std::vector<std::optional<std::uint64_t>> retained; ///< by period from 0; none where the period does not begin within the interval
};
template <> struct description<retention_cohort> {
  static constexpr auto fields = std::tuple{
      field{"time_bucket", &retention_cohort::time_bucket, "its start"}, field{"dimensions", &retention_cohort::dimensions, "values in the order asked for"},
      field{"size", &retention_cohort::size, "users"}, field{"retained", &retention_cohort::retained, "users who came back, by period"}};
};

/// Of all cohorts whose period N has ended by the end of the interval, of all groups.
struct retention_period {
  std::uint64_t users = 0;
  std::uint64_t retained = 0;
};
template <> struct description<retention_period> {
  static constexpr auto fields = std::tuple{field{"users", &retention_period::users, "in these cohorts"}, field{"retained", &retention_period::retained, "of them"}};
};

struct retention_measured {
  std::vector<retention_cohort> cohorts; ///< the largest group first, in each by time: every bucket of the interval
  std::vector<retention_period> summary; ///< by period from 0
  std::uint64_t groups = 0;              ///< found
  answer_scope scope;
};
template <> struct description<retention_measured> {
  static constexpr auto fields = std::tuple{
      field{"cohorts", &retention_measured::cohorts, "by group, then time"}, field{"summary", &retention_measured::summary, "by period"},
      field{"groups", &retention_measured::groups, "found"}, field{"scope", &retention_measured::scope, "how far the answer reaches"}};
};

} // namespace dotmac
