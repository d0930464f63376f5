#pragma once

/// The calendar buckets of an interval, numbered from 0.
///
/// Limits   trend_buckets_max buckets: query_too_large.
/// Threads  a list is immutable; a finder has one owner.

#include "core/events/event_columns.hpp"

namespace dotmac {

inline constexpr std::size_t trend_buckets_max = 10'000; ///< of one question about time

struct bucket_list {
  std::vector<std::int64_t> starts; ///< rising; the first bucket may begin before the interval
  /// An open interval reaches as far as there are events. `all` is one bucket.
  static result<bucket_list> make(const event_view& view, timestamp start, timestamp end, granularity size, const zone_rules& zone);
  std::size_t size() const noexcept { return starts.size(); }
};

/// Buckets of times that are mostly near each other: two comparisons each.
class bucket_finder {
public:
  explicit bucket_finder(const bucket_list& buckets) : buckets_{&buckets} {}
  /// Of a time that is not before the first bucket.
  std::uint32_t of(std::int64_t at) {
    if (at < start_ || at >= end_)
      find(at);
    return bucket_;
  }

private:
  void find(std::int64_t at);

  const bucket_list* buckets_;
  std::int64_t start_ = 1, end_ = 0;
  std::uint32_t bucket_ = 0;
};

} // namespace dotmac
