#pragma once

/// Funnels by trying: every start, every window, every way to give events to steps.

#include "tests/core/events/plain_events.hpp"

namespace dotmac::plain {

struct funnel_attempt {
  std::vector<std::int64_t> reached; ///< time of each step
  std::vector<std::size_t> by;       ///< the event it was reached with
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
  funnel_attempt out{{at(start)}, {start}, start, start};
  for (std::size_t i = start + 1; i < user.events.size() && out.reached.size() < steps; ++i) {
    if (at(i) - at(start) > window)
      break;
    const bool is_next = user.serves[i][out.reached.size()] && at(i) > out.reached.back();
    if (is_next) {
      out.reached.push_back(at(i));
      out.by.push_back(i);
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
      out.by.push_back(i), out.reached.push_back(user.events[i]->at.at.milliseconds);
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

/// Each attempt begins where the one before is over: behind its last step, or with the event that ended it.
inline std::vector<funnel_attempt> all_attempts(const funnel_user& user, const count_funnel& question) {
  const auto window = question.window_milliseconds.value_or(std::int64_t{1} << 60);
  const auto at = [&user](std::size_t i) { return user.events[i]->at.at.milliseconds; };
  const bool is_strict = question.order == funnel_order::strict;
  std::vector<funnel_attempt> out;
  for (std::size_t next = 0; next < user.events.size();) {
    if (!user.serves[next][0]) {
      ++next;
      continue;
    }
    const auto attempt = out.emplace_back(try_from(user, next, question.steps.size(), window, is_strict));
    const std::set<std::size_t> taken(attempt.by.begin(), attempt.by.end());
    auto ended_by = attempt.end + 1;
    if (attempt.reached.size() < question.steps.size())
      for (ended_by = attempt.start + 1; ended_by < user.events.size() && at(ended_by) - at(attempt.start) <= window; ++ended_by) {
        const bool is_taken = taken.contains(ended_by);
        if (user.excludes[ended_by] || (is_strict && !is_taken)) {
          ended_by += is_taken;
          break;
        }
      }
    next = ended_by;
  }
  return out;
}

/// One attempt that counts, as its events.
struct counted_attempt {
  std::string user;
  const event* first = nullptr;
  std::vector<const event*> by; ///< by step reached
  std::int64_t took(std::size_t k) const { return by[k]->at.at.milliseconds - by[k - 1]->at.at.milliseconds; }
  std::int64_t took_in_all() const { return by.back()->at.at.milliseconds - first->at.at.milliseconds; }
};

inline funnel_user funnel_user_of(std::vector<const event*> own, const count_funnel& question, const std::set<std::string>& types) {
  const auto is_type = [&types](const std::string& text) { return types.contains(text); };
  std::stable_sort(own.begin(), own.end(), [](const event* a, const event* b) { return a->at.at < b->at.at; });
  funnel_user user;
  for (const auto* e : own) {
    std::vector<bool> serves;
    for (const auto& step : question.steps)
      serves.push_back(matches(*e, step, is_type(step.text)));
    user.excludes.push_back(std::any_of(question.exclusions.begin(), question.exclusions.end(), [&](const funnel_step& each) { return matches(*e, each, is_type(each.text)); }));
    user.events.push_back(e);
    user.serves.push_back(std::move(serves));
  }
  return user;
}

/// The events of each combination of values held constant; all together where nothing is.
inline std::map<std::vector<scalar>, std::vector<const event*>> by_constant(const std::vector<const event*>& own, const count_funnel& question) {
  std::map<std::vector<scalar>, std::vector<const event*>> out;
  for (const auto* e : own) {
    std::vector<scalar> values;
    for (const auto& each : question.hold_constant)
      values.push_back(group_value(*e, each));
    if (std::none_of(values.begin(), values.end(), [](const scalar& each) { return each.index() == 0; }))
      out[values].push_back(e);
  }
  return out;
}

/// Of a user: his best attempt, or all of them.
inline std::vector<counted_attempt> attempts_of_user(const std::string& id, const std::vector<const event*>& own, const count_funnel& question, const std::set<std::string>& types) {
  const auto place = [](const event* e) { return std::pair{e->at.at, e->row}; };
  std::vector<counted_attempt> all;
  for (const auto& [values, held] : by_constant(own, question)) {
    const auto user = funnel_user_of(held, question, types);
    const auto attempts = question.unit == funnel_unit::attempts ? all_attempts(user, question) : std::vector{best_attempt(user, question)};
    for (const auto& each : attempts) {
      if (each.reached.empty())
        continue;
      auto& counted = all.emplace_back(counted_attempt{id, user.events[each.start], {}});
      for (const auto i : each.by)
        counted.by.push_back(user.events[i]);
    }
  }
  if (question.unit == funnel_unit::attempts || all.empty())
    return all;
  const auto is_better = [&](const counted_attempt& a, const counted_attempt& b) {
    if (question.start == funnel_start::first)
      return place(a.first) < place(b.first);
    return a.by.size() != b.by.size() ? a.by.size() > b.by.size() : place(a.by.back()) < place(b.by.back());
  };
  return {*std::min_element(all.begin(), all.end(), is_better)};
}

inline std::vector<counted_attempt> counted_attempts(const events& all, const count_funnel& question) {
  std::map<std::string, std::vector<const event*>> by_user;
  std::set<std::string> types;
  for (const auto& e : all) {
    types.insert(e.texts[0]);
    if (const auto& user = e.texts[static_cast<std::size_t>(question.user_id_field)]; !user.empty() && e.at.at >= question.start_time && e.at.at < question.end_time)
      by_user[user].push_back(&e);
  }
  std::vector<counted_attempt> out;
  for (const auto& [id, own] : by_user)
    for (auto& each : attempts_of_user(id, own, question, types))
      out.push_back(std::move(each));
  return out;
}

/// What an attempt is grouped by.
inline std::vector<scalar> group_of(const counted_attempt& attempt, const count_funnel& question) {
  const event* from = attempt.first;
  if (question.attribution == funnel_attribution::last)
    from = attempt.by.back();
  if (question.attribution == funnel_attribution::step)
    from = attempt.by.size() < static_cast<std::size_t>(question.attribution_step) ? nullptr : attempt.by[static_cast<std::size_t>(question.attribution_step) - 1];
  std::vector<scalar> values;
  for (const auto& each : question.dimensions)
    values.push_back(from == nullptr ? scalar{} : group_value(*from, each));
  return values;
}

struct plain_point {
  std::uint64_t entered = 0;
  std::vector<double> took;
};

struct funnel_counts {
  std::vector<std::uint64_t> counts; ///< by step
  std::vector<std::set<std::string>> users;
  std::vector<std::vector<double>> durations;
  std::vector<double> in_all; ///< of those who came through
  std::map<timestamp, plain_point> points;
};

struct funnel_answer {
  funnel_counts all;
  std::map<std::vector<scalar>, funnel_counts> groups;
};

inline void count(funnel_counts& into, const count_funnel& question, const counted_attempt& attempt) {
  into.counts.resize(question.steps.size());
  into.users.resize(question.steps.size());
  into.durations.resize(question.steps.size());
  auto& point = into.points[bucket_start(attempt.first->at.at, question.size, question.zone)];
  ++point.entered;
  for (std::size_t k = 0; k < attempt.by.size(); ++k) {
    ++into.counts[k];
    into.users[k].insert(attempt.user);
    if (k > 0)
      into.durations[k].push_back(static_cast<double>(attempt.took(k)));
  }
  if (attempt.by.size() == question.steps.size()) {
    into.in_all.push_back(static_cast<double>(attempt.took_in_all()));
    point.took.push_back(into.in_all.back());
  }
}

inline funnel_answer funnel(const events& all, const count_funnel& question) {
  funnel_answer out;
  out.all.counts.resize(question.steps.size());
  out.all.users.resize(question.steps.size());
  out.all.durations.resize(question.steps.size());
  for (const auto& attempt : counted_attempts(all, question)) {
    count(out.all, question, attempt);
    if (!question.dimensions.empty())
      count(out.groups[group_of(attempt, question)], question, attempt);
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
