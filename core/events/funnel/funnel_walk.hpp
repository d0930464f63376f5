#pragma once

/// How far one user came in a funnel. Definitions: event_answers.hpp.

#include "core/events/event_questions.hpp"

#include <span>
#include <vector>

namespace dotmac {

struct funnel_event {
  std::int64_t at = 0;
  std::uint64_t row = 0;
  std::uint32_t steps = 0; ///< bit k: it matches step k + 1
  bool is_exclusion = false;
};

struct funnel_rules {
  std::size_t step_count = 0;
  std::int64_t window = 0; ///< milliseconds, inclusive
  funnel_order order = funnel_order::ordered;
  funnel_start start = funnel_start::any;
};

struct funnel_progress {
  std::uint64_t first_row = 0;        ///< the attempt's first event
  std::vector<std::int64_t> reached;  ///< time of each step reached; empty: none
};

/// `events` of one user by time, then row.
/// Cost   ordered: one pass, `step_count` per event. Any: times the matching of one window per event.
void walk_funnel(std::span<const funnel_event> events, const funnel_rules& rules, funnel_progress& out);

} // namespace dotmac
