#pragma once

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, and its RFC 3339 text.
///
/// Limits   years 0001 to 9999; outside is an error of the field, never a wrap-around.
/// Accepts  "2026-01-31T12:00:00Z", any offset, 't'/'z'/blank between date and time, fraction of 1 to 9 digits, and (as clients of
///          the first edition send them) a missing offset, which means UTC. A date alone means its midnight in UTC.
///          A leap second (":60") becomes the following second.

#include "core/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace dotmac {

struct timestamp {
  std::int64_t milliseconds = 0;
  auto operator<=>(const timestamp&) const = default;
};

inline constexpr timestamp timestamp_min{-62'135'596'800'000};  ///< 0001-01-01T00:00:00.000Z
inline constexpr timestamp timestamp_max{253'402'300'799'999};  ///< 9999-12-31T23:59:59.999Z
inline constexpr timestamp timestamp_end{timestamp_max.milliseconds + 1}; ///< later than every time: the end of an interval without one

/// What finer input carried below the millisecond: 0 to 999'999 ns. Kept so that it reads back as sent.
struct fine_timestamp {
  timestamp at;
  std::uint32_t nanoseconds_below = 0;
};

result<fine_timestamp> parse_timestamp(std::string_view text);

/// "2026-01-31T12:00:00.123Z"; without the fraction where it is zero; with 6 or 9 digits where below is not zero.
std::string format_timestamp(timestamp at, std::uint32_t nanoseconds_below = 0);
void append_timestamp(std::string& out, timestamp at, std::uint32_t nanoseconds_below = 0);

} // namespace dotmac
