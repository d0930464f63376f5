#include "core/time/calendar.hpp"

#include <algorithm>
#include <cassert>

namespace dotmac {
namespace {

constexpr std::int64_t ms_per_second = 1'000;
constexpr std::int64_t ms_per_minute = 60 * ms_per_second;
constexpr std::int64_t ms_per_hour = 60 * ms_per_minute;
constexpr std::int64_t ms_per_day = 24 * ms_per_hour;
constexpr std::int64_t longest_offset_ms = 26 * ms_per_hour;

std::int64_t floor_divide(std::int64_t value, std::int64_t by) noexcept {
  const auto quotient = value / by;
  return quotient - (value % by < 0 ? 1 : 0);
}

std::size_t segment_of(std::int64_t utc, const zone_rules& zone) {
  assert(!zone.transitions.empty());
  const auto after = std::upper_bound(zone.transitions.begin(), zone.transitions.end(), utc,
                                      [](std::int64_t at, const zone_transition& each) { return at < each.starts_at.milliseconds; });
  return after == zone.transitions.begin() ? 0 : static_cast<std::size_t>(after - zone.transitions.begin()) - 1;
}

std::int64_t offset_ms(const zone_rules& zone, std::size_t segment) {
  return zone.transitions[segment].offset_seconds * ms_per_second;
}

/// The first instant whose local time is not before `local`: a day whose midnight is skipped begins where the clock
/// lands.
std::int64_t first_instant_at(std::int64_t local, const zone_rules& zone) {
  for (auto segment = segment_of(local - longest_offset_ms, zone);; ++segment) {
    const auto starts = zone.transitions[segment].starts_at.milliseconds;
    const auto candidate = std::max(starts, local - offset_ms(zone, segment));
    const bool is_last = segment + 1 == zone.transitions.size();
    if (is_last || candidate < zone.transitions[segment + 1].starts_at.milliseconds)
      return segment == 0 ? local - offset_ms(zone, 0) : candidate;
  }
}

std::int64_t fixed_length(granularity size) noexcept {
  switch (size) {
  case granularity::second: return ms_per_second;
  case granularity::minute: return ms_per_minute;
  case granularity::hour: return ms_per_hour;
  default: return 0;
  }
}

/// Local midnight (in days) of the first day of the bucket that holds local day `day`, moved on by `buckets`.
std::int64_t first_day(std::int64_t day, granularity size, int buckets) {
  if (size == granularity::day)
    return day + buckets;
  if (size == granularity::week) {
    constexpr std::int64_t monday = 4; // 1970-01-05 was one
    return floor_divide(day - monday, 7) * 7 + monday + 7 * buckets;
  }
  const auto date = civil_from_days(day);
  const int months = size == granularity::month ? 1 : size == granularity::quarter ? 3 : 12;
  const auto bucket = floor_divide(std::int64_t{date.year} * 12 + date.month - 1, months) + buckets;
  const auto month_index = bucket * months;
  return days_from_civil({static_cast<std::int32_t>(floor_divide(month_index, 12)),
                          static_cast<std::uint8_t>(month_index - floor_divide(month_index, 12) * 12 + 1), 1});
}

} // namespace

timestamp bucket_start(timestamp at, granularity size, const zone_rules& zone) {
  if (size == granularity::all)
    return timestamp_min;
  const auto segment = segment_of(at.milliseconds, zone);
  const auto offset = offset_ms(zone, segment);
  const auto local = at.milliseconds + offset;
  if (const auto length = fixed_length(size)) {
    const auto start = floor_divide(local, length) * length - offset;
    return {std::max(start, zone.transitions[segment].starts_at.milliseconds)};
  }
  return std::max(timestamp_min, timestamp{first_instant_at(first_day(floor_divide(local, ms_per_day), size, 0) * ms_per_day, zone)});
}

timestamp next_bucket_start(timestamp start, granularity size, const zone_rules& zone) {
  if (size == granularity::all)
    return timestamp_end;
  const auto segment = segment_of(start.milliseconds, zone);
  const auto offset = offset_ms(zone, segment);
  const auto local = start.milliseconds + offset;
  if (const auto length = fixed_length(size)) {
    const auto end = (floor_divide(local, length) + 1) * length - offset;
    if (segment + 1 < zone.transitions.size())
      return {std::min(end, zone.transitions[segment + 1].starts_at.milliseconds)};
    return {end};
  }
  return {first_instant_at(first_day(floor_divide(local, ms_per_day), size, 1) * ms_per_day, zone)};
}

void bucket_cursor::move_to(timestamp at) {
  start_ = bucket_start(at, size_, *zone_);
  end_ = next_bucket_start(start_, size_, *zone_);
}

std::int64_t days_from_civil(civil_date date) noexcept {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const auto era = floor_divide(year, 400);
  const auto year_of_era = year - era * 400;
  const std::int64_t shifted_month = date.month > 2 ? date.month - 3 : date.month + 9;
  const auto day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  const auto day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

civil_date civil_from_days(std::int64_t days) noexcept {
  days += 719'468;
  const auto era = floor_divide(days, 146'097);
  const auto day_of_era = days - era * 146'097;
  const auto year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const auto day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const auto shifted_month = (5 * day_of_year + 2) / 153;
  const auto day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const auto month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const auto year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return {static_cast<std::int32_t>(year), static_cast<std::uint8_t>(month), static_cast<std::uint8_t>(day)};
}

} // namespace dotmac
