#include "core/events/funnel/funnel_walk.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace dotmac {
namespace {

constexpr std::int64_t nobody = -1;

bool matches(const funnel_event& event, std::size_t step) { return (event.steps >> step & 1) != 0; }

/// One pass: for each step the latest start from which it can have been reached by now, kept apart for times before the
/// present one (a step must be strictly later than the one before it).
std::int64_t best_ordered_start(std::span<const funnel_event> events, const funnel_rules& rules) {
  std::array<std::int64_t, funnel_steps_max> earlier;
  std::array<std::int64_t, funnel_steps_max> present;
  std::fill_n(earlier.begin(), rules.step_count, nobody);
  std::fill_n(present.begin(), rules.step_count, nobody);
  std::size_t furthest = 0;
  std::int64_t best = nobody;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const funnel_event& event = events[i];
    if (i > 0 && event.at != events[i - 1].at)
      for (std::size_t k = 0; k < rules.step_count; ++k)
        earlier[k] = std::max(earlier[k], present[k]);
    for (std::size_t k = 0; k < rules.step_count; ++k) {
      if (!matches(event, k))
        continue;
      const std::int64_t start = k == 0 ? static_cast<std::int64_t>(i) : earlier[k - 1];
      if (start == nobody || event.at - events[static_cast<std::size_t>(start)].at > rules.window)
        continue;
      present[k] = std::max(present[k], start);
      if (k + 1 > furthest) {
        furthest = k + 1;
        best = start;
      }
    }
    if (event.is_exclusion) {
      std::fill_n(earlier.begin(), rules.step_count, nobody);
      std::fill_n(present.begin(), rules.step_count, nobody);
      if (matches(event, 0))
        present[0] = static_cast<std::int64_t>(i);
    }
  }
  return best;
}

/// The same where each event serves one step: that of equal times later steps come first keeps a step from following another within one moment.
std::int64_t best_single_start(std::span<const funnel_event> events, const funnel_rules& rules) {
  std::array<std::int64_t, funnel_steps_max> from; ///< by step: the latest start that it can have been reached from
  std::fill_n(from.begin(), rules.step_count, nobody);
  std::size_t furthest = 0;
  std::int64_t best = nobody;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto step = static_cast<std::size_t>(std::countr_zero(events[i].steps));
    const std::int64_t start = step == 0 ? static_cast<std::int64_t>(i) : from[step - 1];
    if (start == nobody || events[i].at - events[static_cast<std::size_t>(start)].at > rules.window)
      continue;
    from[step] = start;
    if (step >= furthest) {
      furthest = step + 1;
      best = start;
    }
  }
  return best;
}

void walk_strict(std::span<const funnel_event> events, const funnel_rules& rules, funnel_progress& out) {
  funnel_progress attempt;
  std::size_t end_of_best = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!matches(events[i], 0))
      continue;
    follow_attempt(events, rules, i, attempt);
    const std::size_t end = i + attempt.reached.size();
    if (attempt.reached.size() > out.reached.size() || (attempt.reached.size() == out.reached.size() && end < end_of_best)) {
      out = attempt;
      end_of_best = end;
    }
  }
}

/// How many of the first steps distinct events of a window can serve: a bipartite matching, by the sets of steps that
/// events match (few) rather than by events. Source: augmenting paths, H. W. Kuhn, "The Hungarian Method" (1955).
class window_matching {
public:
  explicit window_matching(std::size_t step_count) : step_count_{step_count} {}

  void add(std::uint32_t steps) { ++kind_of(steps).count; }
  void remove(std::uint32_t steps) { --kind_of(steps).count; }

  std::size_t depth() {
    for (kind& each : kinds_)
      each.served.clear();
    for (std::size_t step = 0; step < step_count_; ++step) {
      visited_.assign(kinds_.size(), false);
      if (!serve(step))
        return step;
    }
    return step_count_;
  }

private:
  struct kind {
    std::uint32_t steps = 0;
    std::size_t count = 0;
    std::vector<std::size_t> served;
  };
  kind& kind_of(std::uint32_t steps) {
    for (kind& each : kinds_)
      if (each.steps == steps)
        return each;
    kinds_.push_back({steps, 0, {}});
    return kinds_.back();
  }
  bool serve(std::size_t step) {
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
      if ((kinds_[i].steps >> step & 1) == 0 || kinds_[i].count == 0 || visited_[i])
        continue;
      visited_[i] = true;
      if (kinds_[i].served.size() < kinds_[i].count) {
        kinds_[i].served.push_back(step);
        return true;
      }
      for (std::size_t s = 0; s < kinds_[i].served.size(); ++s)
        if (serve(kinds_[i].served[s])) {
          kinds_[i].served[s] = step;
          return true;
        }
    }
    return false;
  }
  std::size_t step_count_;
  std::vector<kind> kinds_;
  std::vector<bool> visited_;
};

void walk_any(std::span<const funnel_event> events, const funnel_rules& rules, funnel_progress& out, const stop_check& stop) {
  constexpr std::size_t events_between_stops = 1'024; // each may take many microseconds
  window_matching window{rules.step_count};
  std::size_t low = 0;
  std::size_t best_low = 0;
  std::size_t best_end = 0;
  std::size_t best = 0;
  for (std::size_t i = 0; i < events.size() && best < rules.step_count; ++i) {
    if (i % events_between_stops == events_between_stops - 1 && stop && stop())
      return;
    // An exclusion may be a window's first or last event, but not lie inside.
    const std::size_t bound = i > 0 && events[i - 1].is_exclusion ? i - 1 : low;
    while (low < i && (low < bound || events[i].at - events[low].at > rules.window))
      window.remove(events[low++].steps);
    window.add(events[i].steps);
    if (const std::size_t depth = window.depth(); depth > best) {
      best = depth;
      best_low = low;
      best_end = i;
    }
  }
  if (best == 0)
    return;
  // The shortest window that ends there: the latest start from which all of it is still served.
  window_matching shrinking{rules.step_count};
  for (std::size_t i = best_low; i <= best_end; ++i)
    shrinking.add(events[i].steps);
  for (;; ++best_low) {
    shrinking.remove(events[best_low].steps);
    if (shrinking.depth() < best)
      break;
  }
  out.started_at = events[best_low].at;
  out.first_row = events[best_low].row;
  window_matching growing{rules.step_count};
  for (std::size_t i = best_low; i <= best_end; ++i) {
    growing.add(events[i].steps);
    for (std::size_t depth = growing.depth(); out.reached.size() < std::min(depth, best);)
      out.reach(events[i]);
  }
}

} // namespace

std::size_t follow_attempt(std::span<const funnel_event> events, const funnel_rules& rules, std::size_t start, funnel_progress& out) {
  out.begin(events[start]);
  std::size_t i = start + 1;
  for (; i < events.size() && out.reached.size() < rules.step_count; ++i) {
    const funnel_event& event = events[i];
    if (event.at - events[start].at > rules.window)
      return i;
    const bool serves = matches(event, out.reached.size()) && event.at > out.reached.back();
    if (serves)
      out.reach(event);
    if (event.is_exclusion || (!serves && rules.order == funnel_order::strict))
      return serves ? i + 1 : i;
  }
  return i;
}

void walk_funnel(std::span<const funnel_event> events, const funnel_rules& rules, funnel_progress& out, const stop_check& stop) {
  out.clear();
  if (rules.order == funnel_order::any)
    return walk_any(events, rules, out, stop);
  if (rules.start == funnel_start::first) {
    const auto first = std::find_if(events.begin(), events.end(), [](const funnel_event& each) { return matches(each, 0); });
    if (first != events.end())
      follow_attempt(events, rules, static_cast<std::size_t>(first - events.begin()), out);
    return;
  }
  if (rules.order == funnel_order::strict)
    return walk_strict(events, rules, out);
  if (const std::int64_t start = rules.serves_one_each ? best_single_start(events, rules) : best_ordered_start(events, rules); start != nobody)
    follow_attempt(events, rules, static_cast<std::size_t>(start), out);
}

} // namespace dotmac
