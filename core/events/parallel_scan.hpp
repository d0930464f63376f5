#pragma once

/// Shares the chunks of a view among the threads of a question.
///
/// Promise   `visit(worker, chunk)` is called for each chunk that the interval touches, each once, by some worker; a worker's calls come one after the other.
///           The chunks of a stored segment go to one worker: their columns are decoded together.
///           Which worker gets which chunk is not determined: what they find must not depend on it.
/// Errors    the failure of a visit, and of reading a stored column, ends the scan and is returned; cancelled.
/// Cost      an atomic increment a chunk.

#include "core/events/event_columns.hpp"
#include "core/events/scan_context.hpp"
#include "core/result.hpp"

#include <atomic>
#include <exception>
#include <optional>
#include <vector>

namespace dotmac {

inline failure question_cancelled() { return {error_code::cancelled, "the question was cancelled", {}}; }

struct time_range {
  std::int64_t start = timestamp_min.milliseconds;
  std::int64_t end = timestamp_end.milliseconds; ///< excluded
  bool touches(const chunk_bounds& chunk) const noexcept { return chunk.rows > 0 && chunk.max_at >= start && chunk.min_at < end; }
  bool holds(const chunk_bounds& chunk) const noexcept { return chunk.min_at >= start && chunk.max_at < end; }
};

/// Calls `take(worker, number)` once for each number below `count`, on the threads of the context. The failure of one ends the work and is returned.
template <class Take> result<void> share_out(std::size_t count, const scan_context& context, Take&& take) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> is_over{false};
  std::vector<std::optional<failure>> why(context.width()); // by worker
  const auto work = [&](std::size_t worker) {
    const auto fail = [&](failure reason) {
      why[worker] = std::move(reason);
      is_over.store(true, std::memory_order_relaxed);
    };
    while (!is_over.load(std::memory_order_relaxed) && !(worker > 0 && context.executor->is_wanted_elsewhere())) {
      const auto number = next.fetch_add(1, std::memory_order_relaxed);
      if (number >= count)
        return;
      try {
        if (const result<void> taken = take(worker, number); !taken)
          return fail(taken.error());
      } catch (const std::exception& thrown) { // the other threads use what is on this one's stack: it must wait for them
        return fail({error_code::internal_error, {}, {}, std::string{"a scan threw: "} + thrown.what()});
      }
    }
  };
  if (context.executor == nullptr)
    work(0);
  else
    context.executor->run(count, work);
  for (auto& each : why)
    if (each)
      return std::move(*each);
  return {};
}

template <class Visit> result<void> scan_chunks(const event_view& view, const time_range& range, const scan_context& context, Visit&& visit) {
  const auto& chunks = view.chunks();
  std::vector<std::size_t> starts; // of what one worker takes at once
  for (std::size_t i = 0; i < chunks.size(); ++i)
    if (i == 0 || chunks[i].stored == nullptr || chunks[i].stored != chunks[i - 1].stored)
      starts.push_back(i);
  const auto visit_one = [&](std::size_t worker, const chunk_place& place) -> result<void> {
    if (!range.touches(place))
      return {};
    const auto chunk = place.open();
    const result<void> visited = visit(worker, chunk);
    return chunk.why_incomplete() ? result<void>{*chunk.why_incomplete()} : visited;
  };
  return share_out(starts.size(), context, [&](std::size_t worker, std::size_t number) -> result<void> {
    const auto end = number + 1 < starts.size() ? starts[number + 1] : chunks.size();
    for (auto i = starts[number]; i < end; ++i)
      if (auto visited = visit_one(worker, chunks[i]); !visited)
        return visited;
    return {};
  });
}

} // namespace dotmac
