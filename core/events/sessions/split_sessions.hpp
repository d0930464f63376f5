#pragma once

/// A user's events, cut where a pause is longer than the gap.
///
/// Threads  pure.
/// Cost     linear in the events.

#include "core/events/funnel/funnel_walk.hpp"

namespace dotmac {

/// Calls `take(events)` for each session that starts at `start` or later, by time. `events` of one user by time, then row, from a gap before `start` on: a
/// session that has begun before is known by what lies there.
template <class Take> void split_sessions(std::span<const funnel_event> events, std::int64_t gap, std::int64_t start, Take&& take) {
  for (std::size_t first = 0; first < events.size();) {
    std::size_t end = first + 1;
    while (end < events.size() && events[end].at - events[end - 1].at <= gap)
      ++end;
    if (events[first].at >= start)
      take(events.subspan(first, end - first));
    first = end;
  }
}

/// Where to begin to look: early enough to know whether the first session of the interval has begun before it.
inline std::int64_t looking_back(timestamp start, std::int64_t milliseconds) { return std::max(timestamp_min.milliseconds, start.milliseconds - milliseconds); }

} // namespace dotmac
