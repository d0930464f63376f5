#pragma once

/// Paths: which steps users take one after the other within a session, for a Sankey diagram. As data.
///
/// Step      an event that matches `event`, has a value under `label_field`, and is left out neither by its label nor by an event of `exclude_events`. All other
///           events are as though they were not there: they do not keep a session going either.
/// Label     that value, or of the first rule whose pattern it fits the rule's label. Patterns are of texts: numbers and booleans stay what they are.
/// Session   a user's steps, each at most the gap behind the one before it. It counts where its first step lies in the interval; one that has begun before is known
///           by looking back as far as the gap. Steps from end_time on are not looked at.
/// Path      one per session: from its start; `from`: from its first such step on; `to`: back from its first such step. Sessions without such a step have none.
///           Steps of equal labels one after the other are one, at the time of the first of them.
/// Order     of a user's events by time, then arrival.

#include "core/events/event_questions.hpp"
#include "core/events/sessions/session_questions.hpp"

namespace dotmac {

inline constexpr std::int64_t path_steps_min = 2;
inline constexpr std::int64_t path_steps_max = 10;
inline constexpr std::int64_t path_nodes_max = 50;           ///< per step, beside that of the others
inline constexpr std::size_t path_labels_max = 32'768;       ///< different ones, after rules and exclusions
inline constexpr std::size_t path_label_rules_max = 100;
inline constexpr std::size_t path_exclusions_max = 100;      ///< labels
inline constexpr std::size_t path_exclude_events_max = 32;
inline constexpr std::int64_t path_pattern_size_max = 256;   ///< bytes

/// `*` in the pattern stands for any text.
struct path_label_rule {
  std::string pattern, label;
};
template <> struct description<path_label_rule> {
  using r = path_label_rule;
  static constexpr auto fields = std::tuple{
      field{"pattern", &r::pattern, "of labels; * stands for any text", bounds{1, path_pattern_size_max}, presence::required},
      field{"label", &r::label, "what they are called together", bounds{1, path_pattern_size_max}, presence::required}};
};

struct follow_paths {
  funnel_step event;                      ///< which events are steps
  timestamp start_time = timestamp_min;
  timestamp end_time = timestamp_end;
  std::int64_t gap_minutes = session_gap_minutes_default;
  event_field user_id_field = event_field::user_id;
  std::string label_field = "event_type";
  std::vector<path_label_rule> label_rules;
  std::vector<std::string> exclude;       ///< labels, as they are after the rules; patterns too
  std::vector<funnel_step> exclude_events;
  std::optional<funnel_step> from, to;    ///< at most one of them
  std::int64_t steps = 5;
  std::int64_t nodes_answered = 10;       ///< per step: those with most paths; the others are one
  bool merges_repeats = true;
};
template <> struct description<follow_paths> {
  using q = follow_paths;
  static constexpr auto fields = std::tuple{
      field{"event", &q::event, "which events are steps"}, field{"start_time", &q::start_time, "from this time on"}, field{"end_time", &q::end_time, "before this time"},
      field{"gap_minutes", &q::gap_minutes, "longest pause within a session"}, field{"user_id_field", &q::user_id_field, "who is followed"},
      field{"label_field", &q::label_field, "what a step is called by"}, field{"label_rules", &q::label_rules, "labels called alike"}, field{"exclude", &q::exclude, "labels left out"},
      field{"exclude_events", &q::exclude_events, "events left out"}, field{"from", &q::from, "where paths begin"}, field{"to", &q::to, "where paths end"},
      field{"steps", &q::steps, "of a path at most"}, field{"nodes_answered", &q::nodes_answered, "per step"}, field{"merges_repeats", &q::merges_repeats, "equal labels in a row are one step"}};
};

/// What a step is called, in one position of paths.
struct path_node {
  scalar label;          ///< null: all those beyond nodes_answered together
  std::uint64_t paths = 0;
  std::uint64_t users = 0;
  std::optional<std::uint64_t> drop_offs; ///< paths without a further step; none in the last position
};
template <> struct description<path_node> {
  static constexpr auto fields = std::tuple{
      field{"label", &path_node::label, "null of the others"}, field{"paths", &path_node::paths, "through it"}, field{"users", &path_node::users, "different ones"},
      field{"drop_offs", &path_node::drop_offs, "paths without a further step"}};
};

struct path_step {
  std::uint64_t paths = 0; ///< as long as this
  std::uint64_t users = 0;
  std::optional<std::uint64_t> drop_offs;
  std::vector<path_node> nodes; ///< most paths first, then by label; the others last
};
template <> struct description<path_step> {
  static constexpr auto fields = std::tuple{
      field{"paths", &path_step::paths, "as long as this"}, field{"users", &path_step::users, "different ones"}, field{"drop_offs", &path_step::drop_offs, "paths without a further step"},
      field{"nodes", &path_step::nodes, "most paths first"}};
};

/// Between two neighbouring positions, `from` the earlier step.
struct path_link {
  std::uint32_t step = 0;  ///< the nearer to where paths begin (of `to`: end), from 0
  scalar from, to;         ///< labels; null: the others
  std::uint64_t paths = 0;
  std::uint64_t milliseconds = 0; ///< between the two, of all these paths together
};
template <> struct description<path_link> {
  static constexpr auto fields = std::tuple{
      field{"step", &path_link::step, "from 0"}, field{"from", &path_link::from, "label of the earlier step"}, field{"to", &path_link::to, "label of the later step"},
      field{"paths", &path_link::paths, "along it"}, field{"milliseconds", &path_link::milliseconds, "of all together"}};
};

struct paths_followed {
  std::uint64_t paths = 0;
  std::uint64_t users = 0;
  std::uint64_t labels = 0;      ///< different ones in these paths
  std::vector<path_step> steps;  ///< by position; of `to` backwards from the end
  std::vector<path_link> links;  ///< by position, then most paths first, then in the order of the nodes
  answer_scope scope;
};
template <> struct description<paths_followed> {
  using p = paths_followed;
  static constexpr auto fields = std::tuple{
      field{"paths", &p::paths, "one per session"}, field{"users", &p::users, "who have them"}, field{"labels", &p::labels, "different ones in these paths"}, field{"steps", &p::steps, "by position"},
      field{"links", &p::links, "by position"}, field{"scope", &p::scope, "how far the answer reaches"}};
};

} // namespace dotmac
