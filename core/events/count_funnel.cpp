#include "core/events/event_answers.hpp"
#include "core/events/funnel_walk.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace dotmac {
namespace {

filter_node filter_of(const event_view& view, const funnel_step& step) {
  filter_node out;
  if (!step.text.empty()) {
    const bool is_type = view.find_code(event_field::event_type, step.text) != 0;
    out.children.push_back(condition(is_type ? "event_type" : "event_name", filter_operator::equals, step.text));
  }
  if (step.event_type)
    out.children.push_back(condition("event_type", filter_operator::equals, *step.event_type));
  if (step.event_name)
    out.children.push_back(condition("event_name", filter_operator::equals, *step.event_name));
  if (!step.filters.children.empty() || step.filters.kind != filter_kind::all)
    out.children.push_back(step.filters);
  return out;
}

struct user_event {
  std::uint32_t user;
  funnel_event event;
};

/// What is counted of one group of users.
struct funnel_tally {
  std::vector<std::uint64_t> counts;
  std::vector<std::vector<std::int64_t>> durations;
  explicit funnel_tally(std::size_t steps) : counts(steps), durations(steps) {}

  void add(const funnel_progress& progress) {
    for (std::size_t k = 0; k < progress.reached.size(); ++k) {
      ++counts[k];
      if (k > 0)
        durations[k].push_back(progress.reached[k] - progress.reached[k - 1]);
    }
  }
  std::vector<funnel_step_result> finish() {
    std::vector<funnel_step_result> out(counts.size());
    for (std::size_t k = 0; k < counts.size(); ++k) {
      out[k].count = counts[k];
      if (durations[k].empty())
        continue;
      std::sort(durations[k].begin(), durations[k].end());
      out[k].median_milliseconds = percentile(durations[k], 0.5);
      out[k].p90_milliseconds = percentile(durations[k], 0.9);
    }
    return out;
  }

private:
  /// PERCENTILE_CONT of SQL: linear between the two nearest ranks.
  static double percentile(const std::vector<std::int64_t>& sorted, double part) {
    const double position = part * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const auto low = static_cast<double>(sorted[below]);
    const auto high = static_cast<double>(sorted[std::min(below + 1, sorted.size() - 1)]);
    return low + (high - low) * (position - std::floor(position));
  }
};

result<void> check(const count_funnel& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> {
    return failure{error_code::validation_failed, std::move(why), std::move(field)};
  };
  if (question.steps.empty() || question.steps.size() > funnel_steps_max)
    return refuse("a funnel has 1 to funnel_steps_max = 32 steps", "funnel_steps");
  if (question.exclusions.size() > funnel_steps_max)
    return refuse("more than funnel_steps_max = 32 exclusions", "exclusions");
  if (question.dimensions.size() > question_dimensions_max)
    return refuse("more than question_dimensions_max = 3 dimensions", "dimensions");
  if (question.users_listed < 0 || question.users_listed > static_cast<std::int64_t>(funnel_users_listed_max))
    return refuse("at most funnel_users_listed_max = 10000 users are listed", "users_listed");
  if (question.user_id_field == event_field::event_id)
    return refuse("a funnel cannot follow event_id: no two events share one", "user_id_field");
  if (question.window_milliseconds && *question.window_milliseconds < 0)
    return refuse("the conversion window is negative", "conversion_window");
  if (question.order == funnel_order::any && question.start == funnel_start::first)
    return refuse("start \"first\" goes with the orders ordered and strict", "start");
  return {};
}

/// The events of the funnel, by user, then time, then arrival.
result<std::uint64_t> collect(const event_view& view, const count_funnel& question, const stop_check& stop, std::vector<user_event>& out) {
  std::vector<filter_plan> plans;
  for (const auto* list : {&question.steps, &question.exclusions})
    for (const funnel_step& each : *list) {
      result<filter_plan> plan = filter_plan::make(view, filter_of(view, each));
      if (!plan)
        return plan.error();
      plans.push_back(std::move(*plan));
    }
  const result<filter_plan> everything = filter_plan::make(view, {});
  std::vector<std::uint32_t> steps(scan_rows);
  std::vector<std::uint32_t> users(scan_rows);
  std::vector<std::uint8_t> one(scan_rows);
  std::vector<std::uint8_t> excluded(scan_rows);
  const auto scanned = scan_events(view, *everything, question.start_time, question.end_time, stop,
                                   [&](const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask) -> result<void> {
    const std::span<std::uint8_t> part = std::span{one}.first(mask.size());
    std::fill(steps.begin(), steps.end(), 0);
    std::fill(excluded.begin(), excluded.end(), 0);
    for (std::size_t p = 0; p < plans.size(); ++p) {
      plans[p].evaluate(view, chunk, first, part);
      for (std::size_t i = 0; i < part.size(); ++i)
        if (p < question.steps.size())
          steps[i] |= std::uint32_t{part[i]} << p;
        else
          excluded[i] |= part[i];
    }
    chunk.codes[static_cast<std::size_t>(question.user_id_field)].unpack(first, std::span{users}.first(mask.size()));
    const bool takes_all = question.order == funnel_order::strict;
    for (std::uint32_t i = 0; i < mask.size(); ++i)
      if (mask[i] != 0 && users[i] != 0 && (takes_all || steps[i] != 0 || excluded[i] != 0))
        out.push_back({users[i], {chunk.at[first + i], chunk.first_row + first + i, steps[i], excluded[i] != 0}});
    return {};
  });
  std::sort(out.begin(), out.end(), [](const user_event& a, const user_event& b) {
    if (a.user != b.user)
      return a.user < b.user;
    return a.event.at != b.event.at ? a.event.at < b.event.at : a.event.row < b.event.row;
  });
  return scanned;
}

} // namespace

result<funnel_counted> answer(const event_view& view, const count_funnel& question, const stop_check& stop) {
  if (const result<void> checked = check(question); !checked)
    return checked.error();
  std::vector<user_event> events;
  const auto scanned = collect(view, question, stop, events);
  if (!scanned)
    return scanned.error();
  const funnel_rules rules{question.steps.size(), question.window_milliseconds.value_or(std::numeric_limits<std::int64_t>::max()),
                           question.order, question.start};
  std::vector<event_reference> dimensions;
  for (const std::string& each : question.dimensions)
    dimensions.push_back(resolve_event_field(each));
  funnel_tally all{rules.step_count};
  std::map<std::vector<scalar>, funnel_tally> groups;
  std::vector<std::vector<std::string>> users(rules.step_count);
  std::vector<funnel_event> own;
  funnel_progress progress;
  std::uint64_t walked = 0;
  for (std::size_t i = 0; i < events.size();) {
    if (++walked % 1024 == 0 && stop && stop())
      return failure{error_code::cancelled, "the question was cancelled"};
    const std::uint32_t user = events[i].user;
    own.clear();
    for (; i < events.size() && events[i].user == user; ++i)
      own.push_back(events[i].event);
    walk_funnel(own, rules, progress);
    if (progress.reached.empty())
      continue;
    all.add(progress);
    for (std::size_t k = 0; k < progress.reached.size(); ++k)
      if (users[k].size() < static_cast<std::size_t>(question.users_listed))
        users[k].emplace_back(view.dictionary(question.user_id_field).text(user));
    if (dimensions.empty())
      continue;
    std::vector<scalar> values;
    for (const event_reference& each : dimensions)
      values.push_back(dimension_value(view, progress.first_row, each));
    groups.try_emplace(std::move(values), rules.step_count).first->second.add(progress);
    if (groups.size() > answer_groups_max)
      return failure{error_code::query_too_large, "the answer has more than answer_groups_max = 100000 groups", "dimensions"};
  }
  funnel_counted out;
  out.steps = all.finish();
  for (std::size_t k = 0; k < users.size(); ++k)
    out.steps[k].users = std::move(users[k]);
  for (auto& [values, tally] : groups)
    out.groups.push_back({values, tally.finish()});
  std::stable_sort(out.groups.begin(), out.groups.end(), [](const funnel_group& a, const funnel_group& b) {
    return a.steps[0].count > b.steps[0].count;
  });
  out.scope = {view.newest(), *scanned};
  return out;
}

} // namespace dotmac
