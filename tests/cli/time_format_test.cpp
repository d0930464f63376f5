#include "cli/import/time_format.hpp"

#include "config/time_zones.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dotmac {
namespace {

const zone_rules berlin{"Europe/Berlin", {{timestamp_min, 3'600}, {timestamp{1'711'846'800'000}, 7'200}, {timestamp{1'729'990'800'000}, 3'600}}};

std::string read(const std::string& format, const std::string& text, zone_rules zone = {}) {
  const auto made = time_format::make(format, std::move(zone));
  if (!made)
    return made.error().message;
  const auto time = made->read(text);
  return time ? *time : "error";
}

TEST(time_format, reads_the_ways_in_which_files_write_times) {
  EXPECT_EQ(read("iso", "2005-06-07 07:00:00"), "2005-06-07T07:00:00Z");
  EXPECT_EQ(read("us", "1538341610616002"), "2018-09-30T21:06:50.616002Z");
  EXPECT_EQ(read("us", "-1"), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(read("ms", "1538341610616"), "2018-09-30T21:06:50.616Z");
  EXPECT_EQ(read("s", "0"), "1970-01-01T00:00:00Z");
  EXPECT_EQ(read("%d-%b-%y %I:%M:%S %p", "22-Apr-15 3:53:50 PM"), "2015-04-22T15:53:50Z");
  EXPECT_EQ(read("%d %B %Y %I%p", "1 December 1999  12am"), "1999-12-01T00:00:00Z");
  EXPECT_EQ(read("%H:%M:%S.%f %d.%m.%Y", "01:02:03.25 29.02.2024"), "2024-02-29T01:02:03.250Z");
  EXPECT_EQ(read("%Y-%m-%d %H:%M", "2024-01-15 12:00", berlin), "2024-01-15T11:00:00Z");
  EXPECT_EQ(read("%Y-%m-%d %H:%M", "2024-07-15 12:00", berlin), "2024-07-15T10:00:00Z");
  EXPECT_EQ(read("%Y-%m-%d %H:%M", "2024-10-27 02:30", berlin), "2024-10-27T00:30:00Z") << "an hour that comes twice: the earlier";
  EXPECT_EQ(read("%Y-%m-%d %H:%M", "2024-03-31 02:30", berlin), "2024-03-31T01:30:00Z") << "an hour that was left out";
  for (const auto& [format, text] : std::initializer_list<std::pair<const char*, const char*>>{
           {"%Y-%m-%d", "2023-02-29"}, {"%Y-%m-%d", "2023-13-01"}, {"%H:%M", "24:00"}, {"%I %p", "13 PM"}, {"%d-%b", "1-Foo"}, {"%Y", "2020x"}, 
           {"s", "1."}, {"us", "1.5"}, {"ms", "99999999999999999"}, {"s", "99999999999999999"}, {"iso", "yesterday"}, {"%S.%f", "1."}})
    EXPECT_EQ(read(format, text), "error") << format << " " << text;
}

TEST(time_format, takes_the_zone_for_times_without_an_offset_only) {
  EXPECT_EQ(read("iso", "2024-07-15 12:00:00", berlin), "2024-07-15T10:00:00Z");
  EXPECT_EQ(read("iso", "2024-01-15T12:00:00.5", berlin), "2024-01-15T11:00:00.500Z");
  EXPECT_EQ(read("iso", "2024-07-15", berlin), "2024-07-14T22:00:00Z");
  EXPECT_EQ(read("iso", "2024-07-15T12:00:00Z", berlin), "2024-07-15T12:00:00Z");
  EXPECT_EQ(read("iso", "2024-07-15T12:00:00-05:00", berlin), "2024-07-15T17:00:00Z");
  EXPECT_EQ(read("%d/%b/%Y:%H:%M:%S %z", "15/Jul/2024:12:00:00 +0530", berlin), "2024-07-15T06:30:00Z");
  EXPECT_EQ(read("%Y %z", "2024 Z", berlin), "2024-01-01T00:00:00Z");
  EXPECT_EQ(read("%Y%z", "2024-01:30", berlin), "2024-01-01T01:30:00Z");
  for (const auto* text : {"2024 +5", "2024 0500", "2024 +05:6", "2024 +2400", "2024 +0560", "2024 "})
    EXPECT_EQ(read("%Y %z", text), "error") << text;
  EXPECT_EQ(read("%Y%z", "0001+0100"), "error") << "before the year 1";
  EXPECT_EQ(read("iso", "0001-01-01", berlin), "error");
}

TEST(time_format, reads_numbers_of_any_unit_and_refuses_those_that_reach_too_far) {
  EXPECT_EQ(read("s", "1538341610.616002"), "2018-09-30T21:06:50.616002Z");
  EXPECT_EQ(read("s", "1.5"), "1970-01-01T00:00:01.500Z");
  EXPECT_EQ(read("s", "-0.25"), "1969-12-31T23:59:59.750Z");
  EXPECT_EQ(read("ms", "1.000001"), "1970-01-01T00:00:00.001000001Z");
  EXPECT_EQ(read("ms", "-1"), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(read("ns", "1538341610616002003"), "2018-09-30T21:06:50.616002003Z");
  EXPECT_EQ(read("ns", "-1"), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(read("s", "253402300799"), "9999-12-31T23:59:59Z");
  EXPECT_EQ(read("s", "-62135596800"), "0001-01-01T00:00:00Z");
  for (const auto* format : {"s", "ms", "us", "ns"})
    for (const auto* text : {"", "-", "+1", "1e3", "0x1", "1 ", "1.", "1.5x", "9223372036854775808", "-9223372036854775809"})
      EXPECT_EQ(read(format, text), "error") << format << " " << text;
  for (const auto* format : {"s", "ms", "us"})
    for (const auto* text : {"9223372036854775807", "-9223372036854775808"})
      EXPECT_EQ(read(format, text), "error") << format << " " << text;
  EXPECT_EQ(read("s", "253402300800"), "error");
  EXPECT_EQ(read("s", "-62135596800.1"), "error");
}

TEST(time_format, finds_random_times_of_real_zones_again) {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 chance{seed};
  for (const auto* name : {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"}) {
    const auto zone = **find_time_zone(name);
    const auto pattern = *time_format::make("%m/%d/%Y %I:%M:%S %p", zone);
    const auto iso = *time_format::make("iso", zone);
    const auto offset_at = [&](std::int64_t ms) {
      std::int64_t offset = 0;
      for (const auto& each : zone.transitions)
        if (each.starts_at.milliseconds <= ms)
          offset = std::int64_t{each.offset_seconds} * 1'000;
      return offset;
    };
    for (int round = 0; round < 2'000; ++round) {
      const auto at = static_cast<std::int64_t>(chance() % 2'500'000'000) * 1'000; // until 2049
      const auto wall = format_timestamp({at + offset_at(at)});
      // Of two instants with one reading of the clock the earlier is meant: changes are of two hours at most.
      auto wanted = at;
      for (const std::int64_t earlier : {30, 60, 120})
        if (const auto before = at - earlier * 60'000; before + offset_at(before) == at + offset_at(at))
          wanted = before;
      const int hour = std::stoi(wall.substr(11, 2));
      const auto clock = std::to_string(hour % 12 == 0 ? 12 : hour % 12) + wall.substr(13, 6) + (hour < 12 ? " am" : " PM");
      EXPECT_EQ(*pattern.read(wall.substr(5, 2) + "/" + wall.substr(8, 2) + "/" + wall.substr(0, 4) + " " + clock), format_timestamp({wanted})) << name << " " << wall;
      EXPECT_EQ(*iso.read(wall.substr(0, 19)), format_timestamp({wanted})) << name << " " << wall;
    }
  }
}

} // namespace
} // namespace dotmac
