#pragma once

/// The body of POST /events/retention: field names, bounds and defaults, declared once.

#include "api/requests.hpp"
#include "core/events/retention/retention_questions.hpp"

namespace dotmac {

/// The lengths that a period of users' habits has.
enum class period_length : std::uint8_t { hour, day, week, month };
template <> struct enumeration<period_length> {
  static constexpr std::array<std::string_view, 4> names{"hour", "day", "week", "month"};
};
inline granularity granularity_of(period_length length) {
  constexpr std::array sizes{granularity::hour, granularity::day, granularity::week, granularity::month};
  return sizes[static_cast<std::size_t>(length)];
}

struct event_retention_request {
  funnel_step start_event;
  std::optional<funnel_step> return_event;
  timestamp start_time, end_time;
  std::optional<std::string> timezone;
  period_length size = period_length::day;
  std::int64_t periods = 30;
  retention_kind kind = retention_kind::on;
  retention_cohorts cohort = retention_cohorts::first;
  funnel_user user_id_field = funnel_user::user_id;
  std::vector<std::string> dimensions;
  std::int64_t limit = 10;
};
template <> struct description<event_retention_request> {
  using r = event_retention_request;
  static constexpr auto fields = std::tuple{
      field{"start_event", &r::start_event, "puts a user into a cohort", presence::required}, field{"return_event", &r::return_event, "brings him back; else the start event"},
      field{"start_time", &r::start_time, "from this time on", presence::required}, field{"end_time", &r::end_time, "before this time", presence::required},
      field{"timezone", &r::timezone, "whose calendar; else the tenant's", bounds{1, 64}}, field{"granularity", &r::size, "length of a period"},
      field{"periods", &r::periods, "after the first", bounds{1, retention_periods_max}}, field{"kind", &r::kind, "on: back in that period; on_or_after: in it or any later one"},
      field{"cohort", &r::cohort, "first: of the user's first start event; recurring: of every period in which he has one"}, field{"user_id_field", &r::user_id_field, "who is counted"},
      field{"dimensions", &r::dimensions, "group by, as of the event that puts the user into the cohort", bounds{0, question_dimensions_max}},
      field{"limit", &r::limit, "groups to tell of, the largest first", bounds{1, retention_groups_answered_max}}};
};

} // namespace dotmac
