#pragma once

/// The questions that can be asked of events, and their answers, as data. Intervals are half-open [start, end).

#include "core/describe/description.hpp"
#include "core/events/event_block.hpp"
#include "core/events/filter.hpp"
#include "core/time/calendar.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::int64_t event_query_limit_max = 1'000;
inline constexpr std::size_t funnel_steps_max = 32;
inline constexpr std::size_t question_dimensions_max = 3;
inline constexpr std::size_t answer_groups_max = 100'000; ///< buckets times combinations of dimension values

template <> struct description<timestamp> {
  static constexpr auto fields = std::tuple{field{"milliseconds", &timestamp::milliseconds, "since 1970"}};
};

template <> struct description<zone_transition> {
  static constexpr auto fields = std::tuple{
      field{"starts_at", &zone_transition::starts_at, "from this time on"},
      field{"offset_seconds", &zone_transition::offset_seconds, "local time less UTC"}};
};
template <> struct description<zone_rules> {
  static constexpr auto fields = std::tuple{
      field{"name", &zone_rules::name, "as in the time zone database"},
      field{"transitions", &zone_rules::transitions, "sorted by start"}};
};

/// What every event question selects by, before its filter.
struct event_selection {
  std::optional<std::string> event_type;
  std::optional<std::string> event_name;
  std::optional<std::string> user_id;
  std::optional<std::string> session_id;
  std::optional<std::string> customer_id;
  timestamp start_time = timestamp_min;
  timestamp end_time = timestamp_end; ///< excluded
  filter_node filters;
};
template <> struct description<event_selection> {
  static constexpr auto fields = std::tuple{
      field{"event_type", &event_selection::event_type, "only events of this type"},
      field{"event_name", &event_selection::event_name, "only events of this name"},
      field{"user_id", &event_selection::user_id, "only events of this user"},
      field{"session_id", &event_selection::session_id, "only events of this session"},
      field{"customer_id", &event_selection::customer_id, "only events of this customer"},
      field{"start_time", &event_selection::start_time, "from this time on"},
      field{"end_time", &event_selection::end_time, "before this time"},
      field{"filters", &event_selection::filters, "conditions on fields and properties"}};
};

/// How far an answer reaches: the newest event time included in the scanned state, and how much was looked at.
struct answer_scope {
  std::optional<timestamp> as_of;
  std::uint64_t rows_scanned = 0;
};
template <> struct description<answer_scope> {
  static constexpr auto fields = std::tuple{
      field{"as_of", &answer_scope::as_of, "time of the newest event known when the question was answered"},
      field{"rows_scanned", &answer_scope::rows_scanned, "rows that were looked at"}};
};

/// A place in the order of time, then arrival.
struct event_position {
  timestamp at;
  std::uint64_t row = 0;
};
template <> struct description<event_position> {
  static constexpr auto fields = std::tuple{field{"at", &event_position::at, "its time"},
                                            field{"row", &event_position::row, "its number by arrival"}};
};

struct find_events {
  event_selection selection;
  std::int64_t limit = 100;
  std::int64_t offset = 0;
  std::optional<event_position> before; ///< the last event of the page before this one
  bool oldest_first = false;
};
template <> struct description<find_events> {
  static constexpr auto fields = std::tuple{
      field{"selection", &find_events::selection, "which"}, field{"limit", &find_events::limit, "how many"},
      field{"offset", &find_events::offset, "how many to pass over"}, field{"before", &find_events::before, "where to go on"},
      field{"oldest_first", &find_events::oldest_first, "else the newest"}};
};

struct event_property {
  property_scope scope = property_scope::properties;
  std::string key;
  scalar value;
  std::string json; ///< where not empty, the value is this JSON instead
};
template <> struct description<event_property> {
  static constexpr auto fields = std::tuple{
      field{"scope", &event_property::scope, "properties or context"}, field{"key", &event_property::key, "its name"},
      field{"value", &event_property::value, "its value"}, field{"json", &event_property::json, "a nested value"}};
};

struct found_event {
  std::array<std::string, event_field_count> texts; ///< by event_field; empty: absent
  timestamp at;
  std::uint32_t nanoseconds_below = 0;
  timestamp received_at;
  std::uint64_t row = 0;
  std::vector<event_property> properties;
};
template <> struct description<found_event> {
  static constexpr auto fields = std::tuple{
      field{"texts", &found_event::texts, "by event_field"},
      field{"at", &found_event::at, "when it happened"},
      field{"nanoseconds_below", &found_event::nanoseconds_below, "finer than the millisecond"},
      field{"received_at", &found_event::received_at, "when it came"},
      field{"row", &found_event::row, "number by arrival"},
      field{"properties", &found_event::properties, "properties and context"}};
};

struct events_found {
  std::vector<found_event> events;
  std::uint64_t total = 0; ///< matching events, whatever the page
  answer_scope scope;
  bool is_cut = false; ///< the page ends before its limit: more would make the answer larger than found_bytes_max
};
template <> struct description<events_found> {
  static constexpr auto fields = std::tuple{
      field{"events", &events_found::events, "in the order asked for"},
      field{"total", &events_found::total, "matching events, whatever the page"},
      field{"scope", &events_found::scope, "how far the answer reaches"},
      field{"is_cut", &events_found::is_cut, "the page ends early, by its size"}};
};

struct aggregate_events {
  event_selection selection;
  granularity size = granularity::day;
  zone_rules zone;
  std::vector<std::string> dimensions; ///< fields to group by, as in filters
  bool fill_zero = false;              ///< buckets without events too, for every group seen in the interval
};
template <> struct description<aggregate_events> {
  static constexpr auto fields = std::tuple{
      field{"selection", &aggregate_events::selection, "which"},
      field{"size", &aggregate_events::size, "length of a bucket"},
      field{"zone", &aggregate_events::zone, "whose calendar"},
      field{"dimensions", &aggregate_events::dimensions, "group by"},
      field{"fill_zero", &aggregate_events::fill_zero, "name empty buckets too"}};
};

struct event_aggregate {
  timestamp time_bucket;
  std::uint64_t event_count = 0;
  std::uint64_t unique_users = 0;
  std::uint64_t unique_sessions = 0;
  std::uint64_t unique_customers = 0;
  std::vector<scalar> dimensions; ///< in the order asked for; null where an event has none. Nested values as their JSON text
};
template <> struct description<event_aggregate> {
  static constexpr auto fields = std::tuple{
      field{"time_bucket", &event_aggregate::time_bucket, "its start"},
      field{"event_count", &event_aggregate::event_count, "events"},
      field{"unique_users", &event_aggregate::unique_users, "distinct users"},
      field{"unique_sessions", &event_aggregate::unique_sessions, "distinct sessions"},
      field{"unique_customers", &event_aggregate::unique_customers, "distinct customers"},
      field{"dimensions", &event_aggregate::dimensions, "values in the order asked for"}};
};

/// Sorted by bucket, then by dimensions.
struct event_aggregates {
  std::vector<event_aggregate> aggregates;
  answer_scope scope;
};
template <> struct description<event_aggregates> {
  static constexpr auto fields = std::tuple{
      field{"aggregates", &event_aggregates::aggregates, "by bucket"},
      field{"scope", &event_aggregates::scope, "how far the answer reaches"}};
};

/// `text` matches the event type, or the event name where no event of the tenant has such a type; else type and / or name.
struct funnel_step {
  std::string text;
  std::optional<std::string> event_type;
  std::optional<std::string> event_name;
  filter_node filters;
};
template <> struct description<funnel_step> {
  static constexpr auto fields = std::tuple{
      field{"text", &funnel_step::text, "type or name"},
      field{"event_type", &funnel_step::event_type, "type"},
      field{"event_name", &funnel_step::event_name, "name"},
      field{"filters", &funnel_step::filters, "conditions"}};
};

} // namespace dotmac
