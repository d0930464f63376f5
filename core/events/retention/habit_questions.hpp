#pragma once

/// Habits of users over the periods of an interval, which are calendar buckets. As data.
///
/// Stickiness   in how many of them each user was active. Only events within the interval count. With dimensions a user is in each group in which he has an
///              event, with the periods in which he has one of that group.
/// Lifecycle    who is new, comes back, stays or is gone, period by period. The first period counts from its start, also where the interval begins within it;
///              whatever lies before it is what is known of users. New: his first such event ever is in this period. Returning: active in it and in the one
///              before. Resurrecting: active in it, not in the one before, but earlier. Dormant: active in the one before and not in it.

#include "core/events/event_questions.hpp"

namespace dotmac {

inline constexpr std::size_t stickiness_groups_max = 100'000; ///< combinations of dimension values, before the largest are chosen
inline constexpr std::size_t stickiness_groups_answered_max = 1'000;
inline constexpr std::size_t stickiness_points_max = 200'000; ///< of an answer: (groups + 1) times periods

struct measure_stickiness {
  funnel_step event;
  timestamp start_time = timestamp_min;
  timestamp end_time = timestamp_end;
  granularity size = granularity::day; ///< not all
  zone_rules zone;
  event_field user_id_field = event_field::user_id;
  std::vector<std::string> dimensions;
  std::int64_t groups_answered = 10; ///< the largest by users
};
template <> struct description<measure_stickiness> {
  using q = measure_stickiness;
  static constexpr auto fields = std::tuple{
      field{"event", &q::event, "what being active is"}, field{"start_time", &q::start_time, "from this time on"}, field{"end_time", &q::end_time, "before this time"},
      field{"size", &q::size, "length of a period"}, field{"zone", &q::zone, "whose calendar"}, field{"user_id_field", &q::user_id_field, "who is counted"},
      field{"dimensions", &q::dimensions, "group by"}, field{"groups_answered", &q::groups_answered, "the largest"}};
};

struct stickiness_group {
  std::vector<scalar> dimensions;
  std::uint64_t users = 0;
  std::vector<std::uint64_t> users_by_periods; ///< entry n: active in exactly n + 1 periods
};
template <> struct description<stickiness_group> {
  static constexpr auto fields = std::tuple{
      field{"dimensions", &stickiness_group::dimensions, "values in the order asked for"}, field{"users", &stickiness_group::users, "active at all"},
      field{"users_by_periods", &stickiness_group::users_by_periods, "active in exactly 1, 2, ... periods"}};
};

struct stickiness_measured {
  stickiness_group all;
  std::vector<stickiness_group> groups; ///< only where dimensions were asked for; most users first
  std::uint64_t group_count = 0;        ///< found
  answer_scope scope;
};
template <> struct description<stickiness_measured> {
  static constexpr auto fields = std::tuple{
      field{"all", &stickiness_measured::all, "whatever the group"}, field{"groups", &stickiness_measured::groups, "by dimension"},
      field{"group_count", &stickiness_measured::group_count, "found"}, field{"scope", &stickiness_measured::scope, "how far the answer reaches"}};
};

struct measure_lifecycle {
  funnel_step event;
  timestamp start_time = timestamp_min;
  timestamp end_time = timestamp_end;
  granularity size = granularity::day; ///< not all
  zone_rules zone;
  event_field user_id_field = event_field::user_id;
};
template <> struct description<measure_lifecycle> {
  using q = measure_lifecycle;
  static constexpr auto fields = std::tuple{
      field{"event", &q::event, "what being active is"}, field{"start_time", &q::start_time, "from this time on"}, field{"end_time", &q::end_time, "before this time"},
      field{"size", &q::size, "length of a period"}, field{"zone", &q::zone, "whose calendar"}, field{"user_id_field", &q::user_id_field, "who is counted"}};
};

struct lifecycle_period {
  timestamp time_bucket;
  std::uint64_t new_users = 0;
  std::uint64_t returning = 0;
  std::uint64_t resurrecting = 0;
  std::uint64_t dormant = 0;
};
template <> struct description<lifecycle_period> {
  static constexpr auto fields = std::tuple{
      field{"time_bucket", &lifecycle_period::time_bucket, "its start"}, field{"new", &lifecycle_period::new_users, "active for the first time ever"},
      field{"returning", &lifecycle_period::returning, "active, and in the period before too"},
      field{"resurrecting", &lifecycle_period::resurrecting, "active, not in the period before, but earlier"},
      field{"dormant", &lifecycle_period::dormant, "not active, but in the period before"}};
};

struct lifecycle_measured {
  std::vector<lifecycle_period> periods; ///< every one of the interval
  answer_scope scope;
};
template <> struct description<lifecycle_measured> {
  static constexpr auto fields = std::tuple{
      field{"periods", &lifecycle_measured::periods, "by time"}, field{"scope", &lifecycle_measured::scope, "how far the answer reaches"}};
};

} // namespace dotmac
