#pragma once

/// The bodies of POST /events/stickiness and POST /events/lifecycle: field names, bounds and defaults, declared once.

#include "api/retention_requests.hpp"
#include "core/events/retention/habit_questions.hpp"

namespace dotmac {

struct event_stickiness_request {
  funnel_step event;
  timestamp start_time, end_time;
  std::optional<std::string> timezone;
  period_length size = period_length::day;
  funnel_user user_id_field = funnel_user::user_id;
  std::vector<std::string> dimensions;
  std::int64_t limit = 10;
};
template <> struct description<event_stickiness_request> {
  using r = event_stickiness_request;
  static constexpr auto fields = std::tuple{
      field{"event", &r::event, "what being active is", presence::required}, field{"start_time", &r::start_time, "from this time on", presence::required},
      field{"end_time", &r::end_time, "before this time", presence::required}, field{"timezone", &r::timezone, "whose calendar; else the tenant's", bounds{1, 64}},
      field{"granularity", &r::size, "length of an interval"}, field{"user_id_field", &r::user_id_field, "who is counted"},
      field{"dimensions", &r::dimensions, "group by, as of the events", bounds{0, question_dimensions_max}},
      field{"limit", &r::limit, "groups to tell of, those with most users first", bounds{1, stickiness_groups_answered_max}}};
};

struct event_lifecycle_request {
  funnel_step event;
  timestamp start_time, end_time;
  std::optional<std::string> timezone;
  period_length size = period_length::day;
  funnel_user user_id_field = funnel_user::user_id;
};
template <> struct description<event_lifecycle_request> {
  using r = event_lifecycle_request;
  static constexpr auto fields = std::tuple{
      field{"event", &r::event, "what being active is", presence::required}, field{"start_time", &r::start_time, "from the start of its period on", presence::required},
      field{"end_time", &r::end_time, "before this time", presence::required}, field{"timezone", &r::timezone, "whose calendar; else the tenant's", bounds{1, 64}},
      field{"granularity", &r::size, "length of a period"}, field{"user_id_field", &r::user_id_field, "who is counted"}};
};

} // namespace dotmac
