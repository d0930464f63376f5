#pragma once

/// Calendar buckets in a time zone. Pure: the rules of a zone come in as data (config/time_zones.hpp loads them).
///
/// A bucket is named by its start. Buckets are half-open and follow the wall clock of the zone: a day of 23 or 25 hours
/// at a change of daylight saving is one bucket; weeks start on Monday; months, quarters and years are calendar ones. Hours and shorter
/// buckets are cut on the zone's wall clock too; an hour that comes twice is two buckets, told apart by their starts. No bucket starts
/// before timestamp_min.
///
/// Source   proleptic Gregorian calendar; days_from_civil after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".

#include "core/describe/description.hpp"
#include "core/time/timestamp.hpp"

#include <array>
#include <string>
#include <vector>

namespace dotmac {

/// `all` is one bucket that holds every time.
enum class granularity : std::uint8_t { second, minute, hour, day, week, month, quarter, year, all };
template <> struct enumeration<granularity> {
  static constexpr std::array<std::string_view, 9> names{"second", "minute", "hour", "day", "week", "month", "quarter", "year", "all"};
};

/// From `starts_at` on (until the next entry) local time = UTC + offset.
struct zone_transition {
  timestamp starts_at;
  std::int32_t offset_seconds = 0;
};

/// Never empty: the first entry starts at timestamp_min. Sorted by start.
struct zone_rules {
  std::string name = "UTC";
  std::vector<zone_transition> transitions{{timestamp_min, 0}};
};

/// Start of the bucket that holds `at`.
timestamp bucket_start(timestamp at, granularity size, const zone_rules& zone);

/// Start of the bucket after the one that starts at `start`.
timestamp next_bucket_start(timestamp start, granularity size, const zone_rules& zone);

/// Bucket starts for many timestamps that are mostly near each other: remembers the last bucket's borders, so that a run
/// of times in one bucket costs two comparisons each.
class bucket_cursor {
public:
  bucket_cursor(granularity size, const zone_rules& zone) : size_{size}, zone_{&zone} {}
  timestamp start_of(timestamp at) {
    if (at < start_ || at >= end_)
      move_to(at);
    return start_;
  }

private:
  void move_to(timestamp at);
  granularity size_;
  const zone_rules* zone_;
  timestamp start_{1};
  timestamp end_{0};
};

/// Days since 1970-01-01 of a civil date, and back.
struct civil_date {
  std::int32_t year = 1970;
  std::uint8_t month = 1;
  std::uint8_t day = 1;
};
std::int64_t days_from_civil(civil_date date) noexcept;
civil_date civil_from_days(std::int64_t days) noexcept;

} // namespace dotmac
