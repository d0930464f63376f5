#pragma once

/// The bodies of POST /events/funnel and POST /events/funnel/users: field names, bounds and defaults, declared once.

#include "api/requests.hpp"
#include "core/events/funnel/funnel_questions.hpp"

namespace dotmac {

/// What a funnel is, whatever is asked of it.
struct funnel_body {
  std::vector<funnel_step> funnel_steps;
  timestamp start_time, end_time;
  funnel_user user_id_field = funnel_user::user_id;
  std::optional<duration_form> conversion_window;
  funnel_order order = funnel_order::ordered;
  funnel_start start = funnel_start::any;
  std::vector<std::string> dimensions;
  funnel_attribution attribution = funnel_attribution::first;
  std::int64_t attribution_step = 1;
  std::vector<funnel_step> exclusions;
  std::vector<std::string> hold_constant;
};
inline constexpr auto funnel_body_fields = std::tuple{
    field{"funnel_steps", &funnel_body::funnel_steps, "in order", bounds{1, funnel_steps_max}, presence::required},
    field{"start_time", &funnel_body::start_time, "from this time on", presence::required}, field{"end_time", &funnel_body::end_time, "before this time", presence::required},
    field{"user_id_field", &funnel_body::user_id_field, "who is counted"}, field{"conversion_window", &funnel_body::conversion_window, "from step 1 to the last, inclusive"},
    field{"order", &funnel_body::order, "of the steps"}, field{"start", &funnel_body::start, "which event of step 1 may be the start"},
    field{"dimensions", &funnel_body::dimensions, "group by, as of the event that attribution names", bounds{0, question_dimensions_max}},
    field{"attribution", &funnel_body::attribution, "whose values are grouped by: the first event's, those of the furthest step reached, or of attribution_step"},
    field{"attribution_step", &funnel_body::attribution_step, "with attribution step; who did not reach it has null", bounds{1, funnel_steps_max}},
    field{"exclusions", &funnel_body::exclusions, "events that end an attempt", bounds{0, funnel_steps_max}},
    field{"hold_constant", &funnel_body::hold_constant, "fields or properties that have one value in all events of an attempt", bounds{0, funnel_constants_max}}};

struct funnel_request : funnel_body {
  std::int64_t users_limit = 0;
  funnel_unit unit = funnel_unit::users;
  std::int64_t histogram_bins = 0;
  std::optional<granularity> size;
  std::optional<std::string> timezone;
};
template <> struct description<funnel_request> {
  using r = funnel_request;
  static constexpr auto fields = std::tuple_cat(
      funnel_body_fields,
      std::tuple{field{"users_limit", &r::users_limit, "how many ids to list per step", bounds{0, funnel_users_listed_max}},
                 field{"count", &r::unit, "users: each by his best attempt; attempts: each attempt, one behind the other"},
                 field{"histogram_bins", &r::histogram_bins, "at most so many per histogram of times; 0: no histograms", bounds{0, funnel_histogram_bins_max}},
                 field{"granularity", &r::size, "asks for a trend in buckets of this length, by the time of the first event"},
                 field{"timezone", &r::timezone, "whose calendar; else the tenant's", bounds{1, 64}}});
};

struct funnel_users_request : funnel_body {
  std::optional<std::int64_t> step;
  funnel_outcome outcome = funnel_outcome::converted;
  std::optional<std::map<std::string, scalar>> group;
  std::int64_t limit = 100;
  std::optional<std::string> cursor;
};
template <> struct description<funnel_users_request> {
  using r = funnel_users_request;
  static constexpr auto fields = std::tuple_cat(
      funnel_body_fields,
      std::tuple{field{"step", &r::step, "which step; else the last", bounds{1, funnel_steps_max}},
                 field{"outcome", &r::outcome, "converted: reached that step; dropped: reached the one before it and no further"},
                 field{"group", &r::group, "only those of this group: a value for each of the dimensions, by name", bounds{1, question_dimensions_max}},
                 field{"limit", &r::limit, "how many to list; 0: the total only", bounds{0, funnel_users_found_max}},
                 field{"cursor", &r::cursor, "next_cursor of the page before", bounds{1, cursor_size_max}}});
};

} // namespace dotmac
