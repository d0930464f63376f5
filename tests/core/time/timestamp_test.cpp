#include "core/time/timestamp.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <random>

namespace dotmac {
namespace {

TEST(parse_timestamp, agrees_with_the_c_library_on_random_times_of_all_years) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  std::uniform_int_distribution<std::int64_t> instants{timestamp_min.milliseconds, timestamp_max.milliseconds};
  for (int i = 0; i < 20'000; ++i) {
    const auto milliseconds = instants(random);
    std::time_t seconds = milliseconds / 1'000;
    auto rest = milliseconds % 1'000;
    if (rest < 0) {
      rest += 1'000;
      --seconds;
    }
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1'900, parts.tm_mon + 1, parts.tm_mday,
                  parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(rest));
    const auto parsed = parse_timestamp(text);
    ASSERT_TRUE(parsed) << text;
    ASSERT_EQ(parsed->at.milliseconds, milliseconds) << text;
    ASSERT_EQ(parse_timestamp(format_timestamp(parsed->at))->at.milliseconds, milliseconds) << text;
  }
}

TEST(parse_timestamp, takes_offsets_fractions_and_the_forms_of_older_clients) {
  const auto noon = parse_timestamp("2026-01-31T12:00:00Z")->at;
  for (const auto* text : {"2026-01-31T12:00:00z", "2026-01-31t12:00:00+00:00", "2026-01-31 12:00:00", "2026-01-31T12:00",
                           "2026-01-31T14:00:00+02:00", "2026-01-31T06:30:00-0530", "2026-01-31T12:00:00.000000000Z"})
    EXPECT_EQ(parse_timestamp(text)->at, noon) << text;
  EXPECT_EQ(parse_timestamp("2026-01-31")->at, parse_timestamp("2026-01-31T00:00:00Z")->at);
  EXPECT_EQ(parse_timestamp("2016-12-31T23:59:60Z")->at, parse_timestamp("2017-01-01T00:00:00Z")->at);
}

TEST(parse_timestamp, keeps_what_is_finer_than_a_millisecond) {
  const auto fine = parse_timestamp("2026-01-31T12:00:00.123456Z");
  EXPECT_EQ(fine->nanoseconds_below, 456'000u);
  EXPECT_EQ(format_timestamp(fine->at, fine->nanoseconds_below), "2026-01-31T12:00:00.123456Z");
  const auto finest = parse_timestamp("2026-01-31T12:00:00.000000001Z");
  EXPECT_EQ(format_timestamp(finest->at, finest->nanoseconds_below), "2026-01-31T12:00:00.000000001Z");
}

TEST(parse_timestamp, refuses_what_is_no_time_and_names_the_field) {
  for (const auto* text : {"", "yesterday", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-13-01", "2026-02-29",
                           "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z", "2026-01-31T12:00:00+25:00",
                           "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00.1234567890Z", "2026-01-31T12:00:00Zjunk",
                           "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "2026-1-31"}) {
    const auto outcome = parse_timestamp(text);
    ASSERT_FALSE(outcome) << text;
    EXPECT_EQ(outcome.error().field, "timestamp");
  }
}

} // namespace
} // namespace dotmac
