#pragma once

/// The body of POST /events/users: field names, bounds and defaults, declared once.

#include "api/requests.hpp"
#include "core/events/retention/user_questions.hpp"

namespace dotmac {

struct event_users_request {
  funnel_step event;
  timestamp start_time, end_time;
  std::int64_t min_count = 1;
  std::optional<std::int64_t> max_count;
  funnel_user user_id_field = funnel_user::user_id;
  std::int64_t limit = 100;
  std::optional<std::string> cursor;
};
template <> struct description<event_users_request> {
  using r = event_users_request;
  static constexpr bounds count_bounds{1, users_count_max};
  static constexpr auto fields = std::tuple{
      field{"event", &r::event, "what they did", presence::required}, field{"start_time", &r::start_time, "from this time on", presence::required},
      field{"end_time", &r::end_time, "before this time", presence::required}, field{"min_count", &r::min_count, "at least so often", count_bounds},
      field{"max_count", &r::max_count, "at most so often", count_bounds}, field{"user_id_field", &r::user_id_field, "who is counted"},
      field{"limit", &r::limit, "how many to list; 0: the total only", bounds{0, users_found_max}},
      field{"cursor", &r::cursor, "next_cursor of the page before", bounds{1, cursor_size_max}}};
};

} // namespace dotmac
