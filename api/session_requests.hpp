#pragma once

/// The body of POST /events/sessions: field names, bounds and defaults, declared once.

#include "api/requests.hpp"
#include "core/events/sessions/session_questions.hpp"

namespace dotmac {

struct event_sessions_request {
  funnel_step event;
  timestamp start_time, end_time;
  session_rule by = session_rule::gap;
  std::optional<std::int64_t> gap;
  granularity size = granularity::day;
  std::optional<std::string> timezone;
  funnel_user user_id_field = funnel_user::user_id;
  std::vector<std::string> dimensions;
  std::int64_t limit = 10;
  std::optional<std::string> edge_field;
  std::int64_t edge_limit = 10;
};
template <> struct description<event_sessions_request> {
  using r = event_sessions_request;
  static constexpr auto fields = std::tuple{
      field{"event", &r::event, "which events sessions are made of; else all"}, field{"start_time", &r::start_time, "from this time on", presence::required},
      field{"end_time", &r::end_time, "before this time", presence::required}, field{"by", &r::by, "gap: a pause ends a session; session_id: the client's own sessions"},
      field{"gap", &r::gap, "the longest pause within a session, in minutes; else 30; only by gap", bounds{1, session_gap_minutes_max}},
      field{"granularity", &r::size, "length of a bucket"}, field{"timezone", &r::timezone, "whose calendar; else the tenant's", bounds{1, 64}},
      field{"user_id_field", &r::user_id_field, "who is counted"}, field{"dimensions", &r::dimensions, "group by, as of a session's first event", bounds{0, question_dimensions_max}},
      field{"limit", &r::limit, "groups to tell of, those with most sessions first; the others are one", bounds{1, session_groups_answered_max}},
      field{"edge_field", &r::edge_field, "field or property whose values at first and last events are listed", bounds{1, 256}},
      field{"edge_limit", &r::edge_limit, "values to list, the most frequent first", bounds{1, session_values_answered_max}}};
};

} // namespace dotmac
