#include "core/events/bucket_list.hpp"

#include <algorithm>

namespace dotmac {

result<bucket_list> bucket_list::make(const event_view& view, timestamp start, timestamp end, granularity size, const zone_rules& zone) {
  bucket_list out;
  if (size == granularity::all) {
    out.starts.push_back(timestamp_min.milliseconds);
    return out;
  }
  std::optional<std::int64_t> oldest;
  for (const auto& chunk : view.chunks())
    if (chunk.rows > 0)
      oldest = std::min(oldest.value_or(chunk.min_at), chunk.min_at);
  if (end == timestamp_end)
    end = timestamp{std::max(view.newest().value_or(start).milliseconds, start.milliseconds) + 1};
  if (start == timestamp_min)
    start = timestamp{std::min(oldest.value_or(end.milliseconds - 1), end.milliseconds - 1)};
  for (auto at = bucket_start(start, size, zone); at < end; at = next_bucket_start(at, size, zone)) {
    if (out.starts.size() == trend_buckets_max)
      return failure{error_code::query_too_large, "the interval has more than trend_buckets_max = " + std::to_string(trend_buckets_max) + " buckets: take a coarser granularity or a shorter interval", "granularity"};
    out.starts.push_back(at.milliseconds);
  }
  return out;
}

void bucket_finder::find(std::int64_t at) {
  const auto& starts = buckets_->starts;
  const auto after = std::upper_bound(starts.begin(), starts.end(), at);
  bucket_ = static_cast<std::uint32_t>(after - starts.begin() - 1);
  start_ = starts[bucket_];
  end_ = after == starts.end() ? timestamp_end.milliseconds : *after;
}

} // namespace dotmac
