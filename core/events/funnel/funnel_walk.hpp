#pragma once

/// How far one user came in a funnel. Definitions: event_answers.hpp.
///
/// Threads  pure; what is written into has one owner.

#include "core/events/funnel/funnel_questions.hpp"
#include "core/events/scan_context.hpp"

#include <span>
#include <vector>

namespace dotmac {

struct funnel_event {
  std::int64_t at = 0;
  std::uint32_t row = 0;
  std::uint32_t steps = 0;    ///< bit k: it matches step k + 1
  std::uint32_t constant = 0; ///< number of the values that an attempt must share, where it must
  bool is_exclusion = false;
};

struct funnel_rules {
  std::size_t step_count = 0;
  std::int64_t window = 0; ///< milliseconds, inclusive
  funnel_order order = funnel_order::ordered;
  funnel_start start = funnel_start::any;
  bool serves_one_each = false; ///< of ordered with any start: each event serves one step, none excludes, and of equal times those of later steps come first
};

struct funnel_progress {
  std::int64_t started_at = 0;       ///< time and row of the attempt's first event
  std::uint64_t first_row = 0;
  std::vector<std::int64_t> reached; ///< time of each step reached; empty: none
  std::vector<std::uint64_t> rows;   ///< of the event that each was reached with

  void clear() noexcept {
    reached.clear();
    rows.clear();
  }
  void begin(const funnel_event& with) {
    clear();
    started_at = with.at;
    first_row = with.row;
    reach(with);
  }
  void reach(const funnel_event& with) {
    reached.push_back(with.at);
    rows.push_back(with.row);
  }
};

/// A user's best attempt. `events` of one user by time, then row. Where `stop` says so it ends early, and what is in `out` is of no use.
/// Cost   ordered: one pass, `step_count` per event. Any: times the matching of one window per event.
void walk_funnel(std::span<const funnel_event> events, const funnel_rules& rules, funnel_progress& out, const stop_check& stop);

/// The attempt that begins with event `start`, each step as early as possible; ordered and strict. Returns the first event that may begin the next attempt:
/// the one behind the last step, or the one that ended this attempt, or the first behind its window.
std::size_t follow_attempt(std::span<const funnel_event> events, const funnel_rules& rules, std::size_t start, funnel_progress& out);

/// Calls `take(progress)` for each attempt, one behind the other: each begins with the first event of step 1 where the one before it is over.
/// Cost   linear in the events.
template <class Take> void walk_attempts(std::span<const funnel_event> events, const funnel_rules& rules, funnel_progress& with, Take&& take) {
  for (std::size_t i = 0; i < events.size();) {
    if ((events[i].steps & 1) == 0) {
      ++i;
      continue;
    }
    i = follow_attempt(events, rules, i, with);
    take(std::as_const(with));
  }
}

} // namespace dotmac
