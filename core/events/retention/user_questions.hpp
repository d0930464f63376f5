#pragma once

/// Who did something how often. As data.

#include "core/events/event_questions.hpp"

namespace dotmac {

inline constexpr std::int64_t users_found_max = 1'000;           ///< of one answer
inline constexpr std::int64_t users_count_max = 4'000'000'000; ///< that can be asked for: as many events as a partition holds

/// By count, the largest first, then by id. `after` continues behind the last user of an earlier page.
struct user_position {
  std::uint64_t count = 0;
  std::string id;
};
template <> struct description<user_position> {
  static constexpr auto fields = std::tuple{field{"count", &user_position::count, "his events"}, field{"id", &user_position::id, "his id"}};
};

struct find_users {
  funnel_step event;
  timestamp start_time = timestamp_min;
  timestamp end_time = timestamp_end;
  std::int64_t min_count = 1;
  std::optional<std::int64_t> max_count;
  event_field user_id_field = event_field::user_id;
  std::int64_t limit = 100; ///< 0: the total only
  std::optional<user_position> after;
};
template <> struct description<find_users> {
  using q = find_users;
  static constexpr auto fields = std::tuple{
      field{"event", &q::event, "what they did"}, field{"start_time", &q::start_time, "from this time on"}, field{"end_time", &q::end_time, "before this time"},
      field{"min_count", &q::min_count, "at least so often"}, field{"max_count", &q::max_count, "at most so often"},
      field{"user_id_field", &q::user_id_field, "who is counted"}, field{"limit", &q::limit, "how many to list"}, field{"after", &q::after, "where to go on"}};
};

struct found_user {
  std::string id;
  std::uint64_t count = 0;
  timestamp first_time, last_time; ///< of these events
};
template <> struct description<found_user> {
  static constexpr auto fields = std::tuple{
      field{"id", &found_user::id, "of the field asked for"}, field{"count", &found_user::count, "events"},
      field{"first_time", &found_user::first_time, "of the first of them"}, field{"last_time", &found_user::last_time, "of the last of them"}};
};

struct users_found {
  std::uint64_t total = 0; ///< whatever the page
  std::vector<found_user> users;
  bool has_more = false;
  answer_scope scope;
};
template <> struct description<users_found> {
  static constexpr auto fields = std::tuple{
      field{"total", &users_found::total, "whatever the page"}, field{"users", &users_found::users, "most events first"},
      field{"has_more", &users_found::has_more, "behind this page"}, field{"scope", &users_found::scope, "how far the answer reaches"}};
};

} // namespace dotmac
