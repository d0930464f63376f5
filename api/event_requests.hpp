#pragma once

/// The bodies of the event calls, as clients send them.

#include "api/filter_form.hpp"

namespace dotmac {

struct event_query_request {
  std::optional<std::string> event_type;
  std::optional<std::string> event_name;
  std::optional<std::string> user_id;
  std::optional<std::string> customer_id;
  std::optional<std::string> session_id;
  std::optional<timestamp> start_time;
  std::optional<timestamp> end_time;
  filter_node filters;
  std::int64_t limit = 100;
  std::int64_t offset = 0;
  std::optional<std::string> cursor;
};
template <> struct description<event_query_request> {
  static constexpr auto fields = std::tuple{
      field{"event_type", &event_query_request::event_type, "only events of this type", bounds{1, 50}},
      field{"event_name", &event_query_request::event_name, "only events of this name", bounds{1, 200}},
      field{"user_id", &event_query_request::user_id, "only events of this user", bounds{1, 256}},
      field{"customer_id", &event_query_request::customer_id, "only events of this customer", bounds{1, 256}},
      field{"session_id", &event_query_request::session_id, "only events of this session", bounds{1, 256}},
      field{"start_time", &event_query_request::start_time, "from this time on"},
      field{"end_time", &event_query_request::end_time, "before this time"},
      field{"filters", &event_query_request::filters, "conditions on fields and properties"},
      field{"limit", &event_query_request::limit, "events on this page", bounds{1, event_query_limit_max}},
      field{"offset", &event_query_request::offset, "events to pass over", bounds{0, 10'000'000}},
      field{"cursor", &event_query_request::cursor, "next_cursor of the page before", bounds{1, 100}}};
};

struct event_aggregate_request {
  granularity size = granularity::day;
  timestamp start_time;
  timestamp end_time;
  std::optional<std::string> event_type;
  std::optional<std::string> event_name;
  filter_node filters;
  std::vector<std::string> dimensions;
  std::optional<std::string> timezone;
  std::optional<std::string> fill;
};
template <> struct description<event_aggregate_request> {
  static constexpr auto fields = std::tuple{
      field{"granularity", &event_aggregate_request::size, "length of a calendar bucket", presence::required},
      field{"start_time", &event_aggregate_request::start_time, "from this time on", presence::required},
      field{"end_time", &event_aggregate_request::end_time, "before this time", presence::required},
      field{"event_type", &event_aggregate_request::event_type, "only events of this type", bounds{1, 50}},
      field{"event_name", &event_aggregate_request::event_name, "only events of this name", bounds{1, 200}},
      field{"filters", &event_aggregate_request::filters, "conditions on fields and properties"},
      field{"dimensions", &event_aggregate_request::dimensions, "fields or properties to group by", bounds{0, static_cast<std::int64_t>(question_dimensions_max)}},
      field{"timezone", &event_aggregate_request::timezone, "whose calendar; default the tenant's", bounds{1, 64}},
      field{"fill", &event_aggregate_request::fill, "\"zero\" names empty buckets too, without dimensions", bounds{1, 4}}};
};

struct funnel_request {
  std::vector<funnel_step> steps;
  timestamp start_time;
  timestamp end_time;
  std::string user_id_field = "user_id";
  std::optional<duration_form> window;
  funnel_order order = funnel_order::ordered;
  funnel_start start = funnel_start::any;
  std::vector<funnel_step> exclusions;
  std::vector<std::string> dimensions;
  std::int64_t users = 0;
};
template <> struct description<funnel_request> {
  static constexpr auto fields = std::tuple{
      field{"funnel_steps", &funnel_request::steps, "in order", bounds{1, static_cast<std::int64_t>(funnel_steps_max)}, presence::required},
      field{"start_time", &funnel_request::start_time, "from this time on", presence::required},
      field{"end_time", &funnel_request::end_time, "before this time", presence::required},
      field{"user_id_field", &funnel_request::user_id_field, "user_id, session_id or customer_id", bounds{1, 20}},
      field{"conversion_window", &funnel_request::window, "from step 1 to the last, inclusive; default the whole period"},
      field{"order", &funnel_request::order, "ordered: other events may lie between; strict: none; any: in any order"},
      field{"start", &funnel_request::start, "any step 1, or only the first of each user"},
      field{"exclusions", &funnel_request::exclusions, "events that end an attempt", bounds{0, static_cast<std::int64_t>(funnel_steps_max)}},
      field{"dimensions", &funnel_request::dimensions, "break down by these fields of the first step", bounds{0, static_cast<std::int64_t>(question_dimensions_max)}},
      field{"users", &funnel_request::users, "list up to so many ids per step", bounds{0, static_cast<std::int64_t>(funnel_users_listed_max)}}};
};

} // namespace dotmac
