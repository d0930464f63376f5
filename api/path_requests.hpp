#pragma once

/// The body of POST /events/paths: field names, bounds and defaults, declared once.

#include "api/requests.hpp"
#include "core/events/paths/path_questions.hpp"

namespace dotmac {

struct event_paths_request {
  timestamp start_time, end_time;
  funnel_step event;
  std::int64_t gap = session_gap_minutes_default;
  funnel_user user_id_field = funnel_user::user_id;
  std::string label_field = "event_type";
  std::vector<path_label_rule> label_rules;
  std::vector<std::string> exclude;
  std::vector<funnel_step> exclude_events;
  std::optional<funnel_step> from, to;
  std::int64_t steps = 5;
  std::int64_t nodes_per_step = 10;
  bool merge_repeats = true;
};
template <> struct description<event_paths_request> {
  using r = event_paths_request;
  static constexpr auto fields = std::tuple{
      field{"start_time", &r::start_time, "from this time on", presence::required}, field{"end_time", &r::end_time, "before this time", presence::required},
      field{"event", &r::event, "which events are steps; else all"}, field{"gap", &r::gap, "the longest pause within a session, in minutes", bounds{1, session_gap_minutes_max}},
      field{"user_id_field", &r::user_id_field, "who is followed"}, field{"label_field", &r::label_field, "field or property that says what a step is called", bounds{1, 256}},
      field{"label_rules", &r::label_rules, "labels called alike: the first pattern that fits", bounds{0, path_label_rules_max}},
      field{"exclude", &r::exclude, "labels left out, as they are after the rules; * stands for any text", bounds{0, path_exclusions_max}},
      field{"exclude_events", &r::exclude_events, "events left out", bounds{0, path_exclude_events_max}}, field{"from", &r::from, "paths begin with the session's first such step"},
      field{"to", &r::to, "paths lead to the session's first such step; not together with from"}, field{"steps", &r::steps, "of a path at most", bounds{path_steps_min, path_steps_max}},
      field{"nodes_per_step", &r::nodes_per_step, "labels told of per step, those with most paths; the others are one", bounds{1, path_nodes_max}},
      field{"merge_repeats", &r::merge_repeats, "steps of equal labels one after the other are one"}};
};

} // namespace dotmac
