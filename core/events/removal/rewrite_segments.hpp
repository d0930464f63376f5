#pragma once

/// Stored segments without the events that were removed and the texts that were forgotten since they were written.
///
/// Promise  A segment that has neither stays as it is. One that cannot be read stays too, and `why_not` says why: it is tried again with the next snapshot.
/// Limits   `rewritten_max` segments of rows at a time, which are all in memory then.
/// Threads  pure, apart from the source.
/// Cost     reads of every segment that was not looked at since the last removal one or two columns; of those that are written anew, all.

#include "core/events/event_segment.hpp"
#include "core/events/removal/removal_condition.hpp"

namespace dotmac {

inline constexpr std::size_t segments_rewritten_at_once = 8;

struct numbered_condition {
  std::uint64_t number = 0; ///< of the removal
  removal_condition condition;
};

struct segment_rewriting {
  std::vector<numbered_condition> conditions;
  std::uint64_t last_removal = 0;
  std::vector<forgotten_codes> forgotten; ///< by the times that texts were forgotten, from 1
  std::shared_ptr<segment_source> source;
  std::size_t rewritten_max = segments_rewritten_at_once;
  bool is_needed() const noexcept { return last_removal > 0; }
};

struct rewritten_segments {
  std::vector<event_segment> live;  ///< all, by first row, without payloads
  std::vector<event_segment> fresh; ///< those that were written anew
  std::vector<std::pair<std::uint64_t, std::uint64_t>> removed; ///< number of the removal, events
  std::optional<failure> why_not;
};

rewritten_segments rewrite_segments(const event_view& view, std::vector<event_segment> kept, const segment_rewriting& how, std::uint64_t& next_number);

/// The segment without payload and parts.
event_segment without_content(const event_segment& of);

} // namespace dotmac
