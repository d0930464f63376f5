#pragma once

/// Sessions: what users did in one go, told apart by pauses or by the client's own session ids. As data.
///
/// Session   by gap: a user's events, each at most the gap behind the one before it; events without a user are nobody's. By session_id: all events under one
///           session_id; its user is that of its first event that has one.
/// Counted   where it starts: a session counts if its first event lies in the interval. Whether one has begun before it is known by looking back as far as the
///           gap, of session ids a day (session_look_back): such a session is not counted. Events from end_time on are not looked at: a session that goes on
///           there counts with what lies before. So the sessions of neighbouring intervals add up.
/// Place     bucket, group and first value are those of its first event; of several at one time the one that came first.

#include "core/events/event_questions.hpp"

namespace dotmac {

inline constexpr std::int64_t session_gap_minutes_max = 1'440;
inline constexpr std::int64_t session_gap_minutes_default = 30;
inline constexpr std::int64_t session_look_back = 86'400'000;      ///< milliseconds before the interval in which a session id tells that it is no new one
inline constexpr std::size_t session_groups_max = 100'000;         ///< combinations of dimension values, before the largest are chosen
inline constexpr std::size_t session_groups_answered_max = 1'000;
inline constexpr std::size_t session_values_answered_max = 1'000;  ///< of the first, and of the last events
inline constexpr std::size_t session_points_max = 100'000;         ///< of an answer: (groups told of + 2) times buckets

enum class session_rule : std::uint8_t { gap, session_id };
template <> struct enumeration<session_rule> {
  static constexpr std::array<std::string_view, 2> names{"gap", "session_id"};
};

struct measure_sessions {
  funnel_step event;                       ///< which events sessions are made of
  timestamp start_time = timestamp_min;
  timestamp end_time = timestamp_end;
  session_rule rule = session_rule::gap;
  std::optional<std::int64_t> gap_minutes; ///< only by gap; none: session_gap_minutes_default
  granularity size = granularity::day;
  zone_rules zone;
  event_field user_id_field = event_field::user_id;
  std::vector<std::string> dimensions;
  std::int64_t groups_answered = 10;       ///< the largest by sessions; the others are one group
  std::string edge_field;                  ///< whose values at first and last events are told; empty: none
  std::int64_t edge_values_answered = 10;
};
template <> struct description<measure_sessions> {
  using q = measure_sessions;
  static constexpr auto fields = std::tuple{
      field{"event", &q::event, "which events sessions are made of"}, field{"start_time", &q::start_time, "from this time on"}, field{"end_time", &q::end_time, "before this time"},
      field{"rule", &q::rule, "what tells sessions apart"}, field{"gap_minutes", &q::gap_minutes, "longest pause within one"}, field{"size", &q::size, "length of a bucket"},
      field{"zone", &q::zone, "whose calendar"}, field{"user_id_field", &q::user_id_field, "who is counted"}, field{"dimensions", &q::dimensions, "group by"},
      field{"groups_answered", &q::groups_answered, "the largest"}, field{"edge_field", &q::edge_field, "of first and last events"},
      field{"edge_values_answered", &q::edge_values_answered, "the most frequent"}};
};

struct session_figures {
  std::uint64_t sessions = 0;
  std::uint64_t users = 0;
  std::uint64_t bounces = 0;      ///< sessions of one event
  std::uint64_t events = 0;
  std::optional<double> average_milliseconds; ///< of one, from its first event to its last; this and what follows none where there are no sessions
  std::optional<double> median_milliseconds, p90_milliseconds; ///< PERCENTILE_CONT of SQL, exact
};
template <> struct description<session_figures> {
  using f = session_figures;
  static constexpr auto fields = std::tuple{
      field{"sessions", &f::sessions, "that start here"}, field{"users", &f::users, "different ones who have them"}, field{"bounces", &f::bounces, "sessions of one event"},
      field{"events", &f::events, "in these sessions"}, field{"average_milliseconds", &f::average_milliseconds, "length"},
      field{"median_milliseconds", &f::median_milliseconds, "length"}, field{"p90_milliseconds", &f::p90_milliseconds, "length"}};
};

struct session_line {
  std::vector<scalar> dimensions;
  bool is_other = false;               ///< all groups beyond groups_answered together
  session_figures total;               ///< of the whole interval, measured as a whole
  std::vector<session_figures> points; ///< per bucket
};
template <> struct description<session_line> {
  static constexpr auto fields = std::tuple{
      field{"dimensions", &session_line::dimensions, "values in the order asked for"}, field{"is_other", &session_line::is_other, "the groups beyond the largest"},
      field{"total", &session_line::total, "of the whole interval"}, field{"points", &session_line::points, "per bucket"}};
};

struct session_value {
  scalar value; ///< null where the event has none
  std::uint64_t sessions = 0;
  std::uint64_t bounces = 0;
};
template <> struct description<session_value> {
  static constexpr auto fields = std::tuple{
      field{"value", &session_value::value, "of the field"}, field{"sessions", &session_value::sessions, "with it"}, field{"bounces", &session_value::bounces, "of them, of one event"}};
};

struct session_values {
  std::vector<session_value> values; ///< most sessions first, then by value
  std::uint64_t found = 0;           ///< different values, null too
};
template <> struct description<session_values> {
  static constexpr auto fields = std::tuple{field{"values", &session_values::values, "most frequent first"}, field{"found", &session_values::found, "different ones"}};
};

struct sessions_measured {
  std::vector<timestamp> buckets;   ///< all of the interval; the first may begin before it
  session_line all;
  std::vector<session_line> groups; ///< where dimensions were asked for: most sessions first, the others last
  std::uint64_t group_count = 0;    ///< found
  session_values entries, exits;    ///< at first and at last events, where edge_field was given
  answer_scope scope;
};
template <> struct description<sessions_measured> {
  using m = sessions_measured;
  static constexpr auto fields = std::tuple{
      field{"buckets", &m::buckets, "their starts"}, field{"all", &m::all, "whatever the group"}, field{"groups", &m::groups, "by dimension"}, field{"group_count", &m::group_count, "found"},
      field{"entries", &m::entries, "at first events"}, field{"exits", &m::exits, "at last events"}, field{"scope", &m::scope, "how far the answer reaches"}};
};

} // namespace dotmac
