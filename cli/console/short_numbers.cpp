#include "cli/console/short_numbers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace dotmac::console {
namespace {

std::string digits(double value, int behind_point) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", behind_point, value);
  return text;
}

/// Two digits that matter below ten, none behind the point above.
std::string rounded(double value) { return digits(value, value < 9.95 ? 1 : 0); }

std::string scaled(double value, double step, const char* units) {
  value /= step;
  for (; value >= 999.5 && units[1] != '\0'; ++units)
    value /= step;
  return value >= 9'999.5 ? ">9999" : rounded(value) + *units;
}

} // namespace

std::string short_count(double count) { return count < 99'999.5 ? digits(count, 0) : scaled(count, 1'000, "kMGT"); }

std::string short_rate(double per_second) {
  if (per_second < 0.005)
    return "0";
  if (per_second < 9.995)
    return digits(per_second, 2);
  return per_second < 999.95 ? digits(per_second, 1) : short_count(per_second);
}

std::string short_bytes(double bytes) { return bytes < 1'023.5 ? digits(bytes, 0) : scaled(bytes, 1'024, "KMGT"); }

std::string short_time(double microseconds) {
  if (microseconds < 999.5)
    return rounded(microseconds) + "us";
  if (microseconds < 999'500)
    return rounded(microseconds / 1e3) + "ms";
  return microseconds < 99.5e6 ? rounded(microseconds / 1e6) + "s" : short_age(static_cast<std::int64_t>(std::min(microseconds / 1e3, 9e14)));
}

std::string short_age(std::int64_t milliseconds) {
  const auto seconds = std::max<std::int64_t>(milliseconds, 0) / 1'000;
  if (seconds < 100)
    return std::to_string(seconds) + "s";
  if (seconds < 100 * 60)
    return std::to_string(seconds / 60) + "m";
  if (seconds < 100 * 3'600)
    return std::to_string(seconds / 3'600) + "h";
  return seconds < 10'000 * 86'400LL ? std::to_string(seconds / 86'400) + "d" : ">9999";
}

} // namespace dotmac::console
