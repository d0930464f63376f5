#pragma once

/// Funnels by trying: every start, every window, every way to give events to steps.

#include "tests/core/events/plain_events.hpp"

namespace dotmac::plain {

struct funnel_attempt {
  std::vector<std::int64_t> reached; ///< time of each step
  std::size_t start = 0;
  std::size_t end = 0; ///< the event that served the last step
};

struct funnel_user {
  std::vector<const event*> events; ///< by time, then arrival
  std::vector<std::vector<bool>> serves; ///< [event][step]
  std::vector<bool> excludes;
};

inline funnel_attempt try_from(const funnel_user& user, std::size_t start, std::size_t steps, std::int64_t window, bool is_strict) {
  const auto at = [&user](std::size_t i) { return user.events[i]->at.at.milliseconds; };
  funnel_attempt out{{at(start)}, start, start};
  for (std::size_t i = start + 1; i < user.events.size() && out.reached.size() < steps; ++i) {
    if (at(i) - at(start) > window)
      break;
    const bool is_next = user.serves[i][out.reached.size()] && at(i) > out.reached.back();
    if (is_next) {
      out.reached.push_back(at(i));
      out.end = i;
    }
    if (user.excludes[i] || (is_strict && !is_next))
      break;
  }
  return out;
}

/// Whether steps `step` to `last` can each have an event of [low, high] of their own.
inline bool can_serve(const funnel_user& user, std::size_t low, std::size_t high, std::size_t step, std::size_t last, std::set<std::size_t>& taken) {
  if (step > last)
    return true;
  for (std::size_t i = low; i <= high; ++i) {
    if (!user.serves[i][step] || !taken.insert(i).second)
      continue;
    if (can_serve(user, low, high, step + 1, last, taken))
      return true;
    taken.erase(i);
  }
  return false;
}

inline std::size_t depth_within(const funnel_user& user, std::size_t low, std::size_t high, std::size_t steps) {
  for (std::size_t depth = steps; depth > 0; --depth) {
    std::set<std::size_t> taken;
    if (can_serve(user, low, high, 0, depth - 1, taken))
      return depth;
  }
  return 0;
}

inline funnel_attempt try_any_order(const funnel_user& user, std::size_t steps, std::int64_t window) {
  std::size_t best = 0;
  funnel_attempt out;
  for (std::size_t high = 0; high < user.events.size(); ++high)
    for (std::size_t low = high + 1; low-- > 0;) {
      if (user.events[high]->at.at.milliseconds - user.events[low]->at.at.milliseconds > window)
        break;
      if (const auto depth = depth_within(user, low, high, steps); depth > best) {
        best = depth;
        out.start = low;
        out.end = high;
      }
      if (user.excludes[low] && low != high)
        break; // a window begins with it, or behind it
    }
  for (std::size_t i = out.start; best > 0 && i <= out.end; ++i)
    while (out.reached.size() < std::min(best, depth_within(user, out.start, i, steps)))
      out.reached.push_back(user.events[i]->at.at.milliseconds);
  return out;
}

inline funnel_attempt best_attempt(const funnel_user& user, const count_funnel& question) {
  const auto steps = question.steps.size();
  const auto window = question.window_milliseconds.value_or(std::int64_t{1} << 60);
  if (question.order == funnel_order::any)
    return try_any_order(user, steps, window);
  funnel_attempt best;
  for (std::size_t start = 0; start < user.events.size(); ++start) {
    if (!user.serves[start][0])
      continue;
    auto attempt = try_from(user, start, steps, window, question.order == funnel_order::strict);
    const auto further = attempt.reached.size() > best.reached.size();
    const auto as_far = attempt.reached.size() == best.reached.size();
    if (further || (as_far && attempt.end <= best.end))
      best = std::move(attempt);
    if (question.start == funnel_start::first)
      break;
  }
  return best;
}

inline bool matches(const event& e, const funnel_step& step, bool text_is_type) {
  const auto text = [&e](event_field which) { return e.texts[static_cast<std::size_t>(which)]; };
  if (!step.text.empty() && step.text != text(text_is_type ? event_field::event_type : event_field::event_name))
    return false;
  return (!step.event_type || *step.event_type == text(event_field::event_type)) && (!step.event_name || *step.event_name == text(event_field::event_name))
         && holds(e, step.filters);
}

struct funnel_counts {
  std::vector<std::set<std::string>> users; ///< by step
  std::vector<std::vector<double>> durations;
};

struct funnel_answer {
  funnel_counts all;
  std::map<std::vector<scalar>, funnel_counts> groups;
};

inline void count(funnel_counts& into, std::size_t steps, const std::string& user, const funnel_attempt& attempt) {
  into.users.resize(steps);
  into.durations.resize(steps);
  for (std::size_t k = 0; k < attempt.reached.size(); ++k) {
    into.users[k].insert(user);
    if (k > 0)
      into.durations[k].push_back(static_cast<double>(attempt.reached[k] - attempt.reached[k - 1]));
  }
}

inline funnel_answer funnel(const events& all, const count_funnel& question) {
  std::map<std::string, std::vector<const event*>> by_user;
  for (const auto& e : all)
    if (const auto& user = e.texts[static_cast<std::size_t>(question.user_id_field)]; !user.empty() && e.at.at >= question.start_time && e.at.at < question.end_time)
      by_user[user].push_back(&e);
  std::set<std::string> types;
  for (const auto& e : all)
    types.insert(e.texts[0]);
  const auto is_type = [&types](const std::string& text) { return types.contains(text); };
  funnel_answer out;
  count(out.all, question.steps.size(), {}, {});
  for (auto& [id, own] : by_user) {
    std::stable_sort(own.begin(), own.end(), [](const event* a, const event* b) { return a->at.at < b->at.at; });
    funnel_user user;
    for (const auto* e : own) {
      std::vector<bool> serves;
      for (const auto& step : question.steps)
        serves.push_back(matches(*e, step, is_type(step.text)));
      const bool excludes = std::any_of(question.exclusions.begin(), question.exclusions.end(), [&](const funnel_step& each) { return matches(*e, each, is_type(each.text)); });
      user.events.push_back(e);
      user.serves.push_back(std::move(serves));
      user.excludes.push_back(excludes);
    }
    const auto attempt = best_attempt(user, question);
    if (attempt.reached.empty())
      continue;
    count(out.all, question.steps.size(), id, attempt);
    std::vector<scalar> values;
    for (const auto& each : question.dimensions)
      values.push_back(group_value(*own[attempt.start], each));
    if (!values.empty())
      count(out.groups[values], question.steps.size(), id, attempt);
  }
  return out;
}

/// PERCENTILE_CONT of SQL.
inline std::optional<double> percentile(std::vector<double> values, double part) {
  if (values.empty())
    return std::nullopt;
  std::sort(values.begin(), values.end());
  const auto rank = part * static_cast<double>(values.size() - 1);
  const auto low = values[static_cast<std::size_t>(std::floor(rank))];
  const auto high = values[static_cast<std::size_t>(std::ceil(rank))];
  return low + (high - low) * (rank - std::floor(rank));
}

} // namespace dotmac::plain
