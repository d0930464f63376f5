#include "core/time/calendar.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <random>

// Buckets beside those that the C library's calendar gives, over zones with random and with real changes of their clocks.

namespace dotmac {
namespace {

constexpr std::int64_t second_ms = 1'000;
constexpr std::int64_t hour_ms = 3'600 * second_ms;
constexpr std::int64_t day_ms = 24 * hour_ms;

std::int64_t floor_to(std::int64_t value, std::int64_t step) { return value - ((value % step) + step) % step; }

/// [start, end) of the calendar unit that holds a local time, as local times.
std::pair<std::int64_t, std::int64_t> local_unit(std::int64_t local_ms, granularity size) {
  const std::time_t seconds = floor_to(local_ms, second_ms) / second_ms;
  std::tm fields{};
  gmtime_r(&seconds, &fields);
  fields.tm_hour = fields.tm_min = fields.tm_sec = 0;
  std::tm end = fields;
  if (size == granularity::day)
    end.tm_mday += 1;
  if (size == granularity::week) {
    fields.tm_mday -= (fields.tm_wday + 6) % 7;
    end = fields;
    end.tm_mday += 7;
  }
  if (size == granularity::month || size == granularity::quarter || size == granularity::year) {
    fields.tm_mday = 1;
    fields.tm_mon -= size == granularity::month ? 0 : size == granularity::quarter ? fields.tm_mon % 3 : fields.tm_mon;
    end = fields;
    end.tm_mon += size == granularity::month ? 1 : size == granularity::quarter ? 3 : 12;
  }
  return {timegm(&fields) * second_ms, timegm(&end) * second_ms};
}

std::int64_t end_of(const zone_rules& zone, std::size_t i) {
  return i + 1 < zone.transitions.size() ? zone.transitions[i + 1].starts_at.milliseconds : INT64_MAX;
}

/// The earliest time of the unit that `at` lies in.
std::int64_t plain_start(std::int64_t at, granularity size, const zone_rules& zone) {
  std::size_t own = 0;
  while (at >= end_of(zone, own))
    ++own;
  const auto own_offset = zone.transitions[own].offset_seconds * second_ms;
  const auto step = size == granularity::second ? second_ms : size == granularity::minute ? 60 * second_ms : hour_ms;
  if (size == granularity::second || size == granularity::minute || size == granularity::hour)
    return std::max(floor_to(at + own_offset, step) - own_offset, zone.transitions[own].starts_at.milliseconds);
  const auto [from, to] = local_unit(at + own_offset, size);
  std::optional<std::int64_t> earliest;
  for (std::size_t i = 0; i < zone.transitions.size(); ++i) {
    const auto offset = zone.transitions[i].offset_seconds * second_ms;
    const auto begin = std::max(from - offset, zone.transitions[i].starts_at.milliseconds);
    if (begin < std::min(to - offset, end_of(zone, i)) && (!earliest || begin < *earliest))
      earliest = begin;
  }
  return *earliest;
}

/// Changes of an hour, half an hour or to whole hours, at any time of the day; `count` of them some weeks apart.
zone_rules random_zone(std::mt19937_64& random, std::size_t count) {
  zone_rules zone{"made up", {{timestamp_min, static_cast<std::int32_t>(random() % 97) * 900 - 43'200}}};
  std::int64_t at = 1'600'000'000'000;
  for (std::size_t i = 0; i < count; ++i) {
    at += static_cast<std::int64_t>(30 + random() % 200) * day_ms + static_cast<std::int64_t>(random() % 48) * hour_ms / 2;
    const std::int32_t steps[] = {3'600, -3'600, 1'800, -1'800, 7'200};
    auto offset = zone.transitions.back().offset_seconds + steps[random() % 5];
    zone.transitions.push_back({timestamp{at}, std::clamp(offset, -50'400, 50'400)});
  }
  return zone;
}

constexpr granularity sizes[] = {granularity::second, granularity::minute, granularity::hour, granularity::day, granularity::week,
                                 granularity::month, granularity::quarter, granularity::year};

TEST(bucket_start, equals_the_calendar_of_the_c_library_in_random_zones) {
  const char* given = std::getenv("DOTMAC_TEST_SEED");
  const std::uint64_t first = given == nullptr ? 1 : static_cast<std::uint64_t>(std::atoll(given));
  for (std::uint64_t seed = first; seed < first + 200; ++seed) {
    std::mt19937_64 random{seed};
    const auto zone = random_zone(random, random() % 8);
    for (int i = 0; i < 200; ++i) {
      auto at = 1'600'000'000'000 + static_cast<std::int64_t>(random() % 100'000'000'000);
      if (zone.transitions.size() > 1 && i % 2 == 0)
        at = zone.transitions[1 + random() % (zone.transitions.size() - 1)].starts_at.milliseconds + static_cast<std::int64_t>(random() % (4 * hour_ms)) - 2 * hour_ms;
      if (i % 50 == 0)
        at = static_cast<std::int64_t>(random() % 300'000'000'000'000) - 60'000'000'000'000;
      for (const auto size : sizes)
        ASSERT_EQ(bucket_start(timestamp{at}, size, zone).milliseconds, plain_start(at, size, zone))
            << "DOTMAC_TEST_SEED=" << seed << " " << name_of(size) << " of " << format_timestamp(timestamp{at});
    }
  }
}

TEST(next_bucket_start, goes_through_every_bucket_once) {
  for (std::uint64_t seed = 1; seed < 60; ++seed) {
    std::mt19937_64 random{seed};
    const auto zone = random_zone(random, 4);
    for (const auto size : sizes) {
      timestamp at = bucket_start(timestamp{zone.transitions[1].starts_at.milliseconds - 2 * hour_ms}, size, zone);
      for (int i = 0; i < 300; ++i) {
        const auto next = next_bucket_start(at, size, zone);
        ASSERT_LT(at, next) << seed << " " << name_of(size) << " of " << format_timestamp(at);
        ASSERT_EQ(bucket_start(next, size, zone), next) << seed << " " << name_of(size) << " of " << format_timestamp(at);
        ASSERT_EQ(bucket_start(timestamp{next.milliseconds - 1}, size, zone), at) << seed << " " << name_of(size) << " of " << format_timestamp(at);
        at = next;
      }
    }
  }
}

TEST(bucket_start, stays_within_the_first_and_last_year) {
  const zone_rules east{"east", {{timestamp_min, 14 * 3'600}}};
  const zone_rules west{"west", {{timestamp_min, -12 * 3'600}}};
  for (const auto& zone : {east, west, zone_rules{}})
    for (const auto size : sizes)
      for (const auto at : {timestamp_min, timestamp_max}) {
        EXPECT_LE(bucket_start(at, size, zone), at);
        EXPECT_GE(bucket_start(at, size, zone), timestamp_min);
        EXPECT_GT(next_bucket_start(bucket_start(at, size, zone), size, zone), at);
      }
}

TEST(bucket_cursor, says_what_bucket_start_says_in_any_order_of_times) {
  std::mt19937_64 random{7};
  const auto zone = random_zone(random, 6);
  for (const auto size : sizes) {
    bucket_cursor cursor{size, zone};
    for (int i = 0; i < 500; ++i) {
      const timestamp at{1'600'000'000'000 + static_cast<std::int64_t>(random() % (i % 2 == 0 ? 100'000'000'000 : 1'000'000))};
      ASSERT_EQ(cursor.start_of(at), bucket_start(at, size, zone)) << name_of(size);
    }
  }
}

} // namespace
} // namespace dotmac
