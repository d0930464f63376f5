// Calendar buckets in real zones, against the date library's own local time arithmetic.

#include "config/time_zones.hpp"

#include <date/tz.h>
#include <gtest/gtest.h>

#include <random>

namespace dotmac {
namespace {

using std::chrono::milliseconds;
using local_ms = date::local_time<milliseconds>;
using sys_ms = date::sys_time<milliseconds>;

/// The local calendar's bucket as year, month, day of its first day.
date::year_month_day first_day_of(local_ms local, granularity size) {
  using namespace date;
  const auto day = floor<days>(local);
  const year_month_day date{day};
  switch (size) {
  case granularity::week: return year_month_day{day - (weekday{day} - Monday)};
  case granularity::month: return date.year() / date.month() / 1;
  case granularity::quarter: return date.year() / month{(unsigned{date.month()} - 1) / 3 * 3 + 1} / 1;
  case granularity::year: return date.year() / 1 / 1;
  default: return date;
  }
}

class calendar_in_zone : public ::testing::TestWithParam<const char*> {};

TEST_P(calendar_in_zone, puts_every_instant_into_the_bucket_of_its_local_date) {
  const auto* zone = date::locate_zone(GetParam());
  const auto rules = find_time_zone(GetParam());
  ASSERT_TRUE(rules);
  const auto seed = std::random_device{}();
  std::mt19937_64 random{seed};
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::uniform_int_distribution<std::int64_t> instants{-1'500'000'000'000, 4'000'000'000'000};
  for (int i = 0; i < 4'000; ++i) {
    const timestamp at{instants(random)};
    const auto local = zone->to_local(sys_ms{milliseconds{at.milliseconds}});
    for (const auto size : {granularity::day, granularity::week, granularity::month, granularity::quarter, granularity::year}) {
      const auto start = bucket_start(at, size, **rules);
      const auto end = next_bucket_start(start, size, **rules);
      ASSERT_LE(start, at);
      ASSERT_GT(end, at);
      // The start is the first instant of that local date: it has the date, and the millisecond before has not.
      const auto wanted = first_day_of(local, size);
      const auto at_start = zone->to_local(sys_ms{milliseconds{start.milliseconds}});
      const auto before = zone->to_local(sys_ms{milliseconds{start.milliseconds - 1}});
      ASSERT_EQ(date::year_month_day{date::floor<date::days>(at_start)}, wanted) << format_timestamp(at);
      ASSERT_LT(date::year_month_day{date::floor<date::days>(before)}, wanted) << format_timestamp(at);
      ASSERT_EQ(bucket_start(end, size, **rules), end) << "the next bucket begins where this one ends";
    }
  }
}

TEST_P(calendar_in_zone, cuts_hours_on_the_wall_clock) {
  const auto* zone = date::locate_zone(GetParam());
  const auto rules = find_time_zone(GetParam());
  std::mt19937_64 random{7};
  std::uniform_int_distribution<std::int64_t> instants{0, 2'000'000'000'000};
  for (int i = 0; i < 4'000; ++i) {
    const timestamp at{instants(random)};
    for (const auto& [size, length] : {std::pair{granularity::second, 1'000}, {granularity::minute, 60'000}, {granularity::hour, 3'600'000}}) {
      const auto start = bucket_start(at, size, **rules);
      const auto end = next_bucket_start(start, size, **rules);
      ASSERT_LE(start, at);
      ASSERT_GT(end, at);
      const auto info = zone->get_info(sys_ms{milliseconds{at.milliseconds}});
      const auto local = at.milliseconds + info.offset.count() * 1'000;
      const auto on_the_clock = local - local % length - info.offset.count() * 1'000;
      const auto since_change = date::sys_time<milliseconds>{info.begin}.time_since_epoch().count();
      ASSERT_EQ(start.milliseconds, std::max<std::int64_t>(on_the_clock, since_change));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(zones, calendar_in_zone,
                         ::testing::Values("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
                                           "America/Sao_Paulo", "Africa/Casablanca"));

TEST(find_time_zone, refuses_a_name_that_does_not_exist_and_names_the_field) {
  const auto outcome = find_time_zone("Mars/Olympus");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, error_code::validation_failed);
  EXPECT_EQ(outcome.error().field, "timezone");
}

TEST(calendar, makes_a_day_of_23_and_of_25_hours_where_the_clock_changes) {
  const auto berlin = find_time_zone("Europe/Berlin");
  const auto spring = parse_timestamp("2026-03-29T10:00:00Z")->at;
  const auto autumn = parse_timestamp("2026-10-25T10:00:00Z")->at;
  const auto length = [&](timestamp at) {
    const auto start = bucket_start(at, granularity::day, **berlin);
    return (next_bucket_start(start, granularity::day, **berlin).milliseconds - start.milliseconds) / 3'600'000;
  };
  EXPECT_EQ(length(spring), 23);
  EXPECT_EQ(length(autumn), 25);
}

} // namespace
} // namespace dotmac
