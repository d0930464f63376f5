#pragma once

/// What every question about a funnel does first: collects the events that serve it and hands over each attempt that counts, user by user.
///
/// Threads   `collect` uses those of the context; then `visit` of different parts on several, each with a worker number of its own.
/// Errors    validation_failed naming the field; query_too_large; cancelled.
/// Ownership the view, the question, the context and the memory must outlive it.
/// Cost      user_events.hpp and funnel_walk.hpp; with values held constant a user's events are sorted by these too.

#include "core/events/event_answers.hpp"
#include "core/events/funnel/user_events.hpp"

namespace dotmac {

/// Whether a funnel can be asked for so.
result<void> check_funnel(const count_funnel& question);

/// The row whose values an attempt is grouped by; none where it did not reach the step asked for. Of an attempt that reached a step.
inline std::optional<std::uint64_t> attributed_row(const funnel_progress& progress, const count_funnel& question) {
  switch (question.attribution) {
  case funnel_attribution::first: return progress.first_row;
  case funnel_attribution::last: return progress.rows.back();
  case funnel_attribution::step: break;
  }
  const auto step = static_cast<std::size_t>(question.attribution_step);
  return step <= progress.rows.size() ? std::optional{progress.rows[step - 1]} : std::nullopt;
}

class funnel_pass {
public:
  funnel_pass(const event_view& view, const count_funnel& question, const scan_context& context, memory_allowance& memory);

  result<void> collect();
  std::size_t part_count() const noexcept { return events_.part_count(); }
  std::uint64_t rows_scanned() const noexcept { return scanned_; }

  /// Calls `take(user code, progress)` for each attempt of the part's users that counts and reached a step; a user's one after the other, users by code.
  /// Errors: cancelled, query_too_large; what was taken is then of no use.
  template <class Take> result<void> visit(std::size_t worker, std::size_t part, Take&& take) {
    auto& mine = workers_[worker];
    const auto take_one = [&](std::uint32_t user, std::span<const funnel_event> own) {
      if (is_to_stop(mine, own.size()))
        return;
      if (question_.unit == funnel_unit::attempts) {
        for_each_constant(own, mine, [&](std::span<const funnel_event> held) {
          walk_attempts(held, rules_, mine.progress, [&](const funnel_progress& progress) { take(user, progress); });
        });
        return;
      }
      if (const auto& best = question_.hold_constant.empty() ? walk(own, mine) : walk_held(own, mine); !best.reached.empty())
        take(user, best);
    };
    const auto begin_only = [&](std::uint32_t user, const funnel_event& first) {
      if (is_to_stop(mine, 1))
        return;
      mine.progress.begin(first);
      take(user, mine.progress);
    };
    const auto take_unordered = [&](std::uint32_t user, std::span<funnel_event> own) {
      take_one(user, rules_.serves_one_each ? user_events::put_later_steps_first(own) : user_events::put_in_order(own));
    };
    auto visited = may_begin_only_ ? events_.visit_who_began(part, mine.events, begin_only, take_unordered) : events_.visit(part, mine.events, take_one);
    return mine.is_stopped ? result<void>{question_cancelled()} : visited;
  }

private:
  struct workplace {
    user_events::workplace events;
    funnel_progress progress, best;
    std::vector<funnel_event> held; ///< a user's events by constant, then time
    std::size_t walked = 0;         ///< events since the last look at the stop check
    bool is_stopped = false;
  };
  static constexpr std::size_t events_between_stops = 65'536;
  bool is_to_stop(workplace& mine, std::size_t events) const {
    mine.walked += events;
    if (mine.walked >= events_between_stops) {
      mine.walked = 0;
      mine.is_stopped = mine.is_stopped || context_.is_stopped();
    }
    return mine.is_stopped;
  }

  const funnel_progress& walk(std::span<const funnel_event> own, workplace& mine) const {
    walk_funnel(own, rules_, mine.progress, [&] { return mine.is_stopped = mine.is_stopped || context_.is_stopped(); });
    return mine.progress;
  }
  const funnel_progress& walk_held(std::span<const funnel_event> own, workplace& mine) const;

  /// The events of each constant apart.
  template <class Use> void for_each_constant(std::span<const funnel_event> own, workplace& mine, Use&& use) const {
    if (question_.hold_constant.empty())
      return use(own);
    mine.held.assign(own.begin(), own.end());
    std::sort(mine.held.begin(), mine.held.end(), [](const funnel_event& a, const funnel_event& b) {
      return a.constant != b.constant ? a.constant < b.constant : a.at != b.at ? a.at < b.at : a.row < b.row;
    });
    for (std::size_t i = 0, end = 0; i < mine.held.size(); i = end) {
      while (end < mine.held.size() && mine.held[end].constant == mine.held[i].constant)
        ++end;
      use(std::span<const funnel_event>{mine.held}.subspan(i, end - i));
    }
  }

  const event_view& view_;
  const count_funnel& question_;
  const scan_context& context_;
  funnel_rules rules_;
  const bool may_begin_only_; ///< whoever did not do step 2 did nothing but begin: most users of most funnels, who need no order then
  user_events events_;
  std::vector<workplace> workers_;
  std::atomic<std::uint64_t> scanned_{0};
};

} // namespace dotmac
