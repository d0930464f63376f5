#include "core/time/timestamp.hpp"

#include "core/time/calendar.hpp"

namespace dotmac {
namespace {

failure malformed() {
  return {error_code::validation_failed,
          "must be an RFC 3339 time such as 2026-01-31T12:00:00Z, in the years 0001 to 9999", "timestamp"};
}

class cursor {
public:
  explicit cursor(std::string_view text) : rest_{text} {}

  /// Exactly `count` digits.
  bool digits(std::size_t count, std::int64_t& value) {
    if (rest_.size() < count)
      return false;
    value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9')
        return false;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c)
      return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view of) {
    if (rest_.empty() || of.find(rest_.front()) == of.npos)
      return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// 1 to 9 digits, as nanoseconds.
  bool fraction(std::int64_t& nanoseconds) {
    std::size_t count = 0;
    nanoseconds = 0;
    while (count < rest_.size() && count < 10 && rest_[count] >= '0' && rest_[count] <= '9')
      nanoseconds = nanoseconds * 10 + (rest_[count++] - '0');
    if (count == 0 || count > 9)
      return false;
    rest_.remove_prefix(count);
    for (; count < 9; ++count)
      nanoseconds *= 10;
    return true;
  }
  bool at_end() const noexcept { return rest_.empty(); }

private:
  std::string_view rest_;
};

std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
  constexpr std::int64_t days[]{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

void append_digits(std::string& out, std::int64_t value, std::size_t count) {
  char buffer[20];
  for (std::size_t i = count; i-- > 0; value /= 10)
    buffer[i] = static_cast<char>('0' + value % 10);
  out.append(buffer, count);
}

/// Minutes east of UTC, written "Z", "+hh:mm", "+hhmm" or not at all.
bool read_offset(cursor& in, std::int64_t& minutes) {
  minutes = 0;
  if (in.at_end() || in.take_any("Zz"))
    return true;
  const bool is_west = in.take('-');
  if (!is_west && !in.take('+'))
    return false;
  std::int64_t hours = 0;
  std::int64_t rest = 0;
  if (!in.digits(2, hours))
    return false;
  in.take(':');
  if (!in.digits(2, rest) || hours > 23 || rest > 59)
    return false;
  minutes = (hours * 60 + rest) * (is_west ? -1 : 1);
  return true;
}

} // namespace

result<fine_timestamp> parse_timestamp(std::string_view text) {
  cursor in{text};
  std::int64_t year = 0;
  std::int64_t month = 0;
  std::int64_t day = 0;
  if (!in.digits(4, year) || !in.take('-') || !in.digits(2, month) || !in.take('-') || !in.digits(2, day))
    return malformed();
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
    return malformed();
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  std::int64_t nanoseconds = 0;
  std::int64_t offset = 0;
  if (!in.at_end()) {
    if (!in.take_any("Tt ") || !in.digits(2, hour) || !in.take(':') || !in.digits(2, minute))
      return malformed();
    if (in.take(':')) {
      if (!in.digits(2, second) || (in.take_any(".,") && !in.fraction(nanoseconds)))
        return malformed();
    }
    if (hour > 23 || minute > 59 || second > 60 || !read_offset(in, offset))
      return malformed();
  }
  if (!in.at_end())
    return malformed();
  const auto days = days_from_civil({static_cast<std::int32_t>(year), static_cast<std::uint8_t>(month), static_cast<std::uint8_t>(day)});
  const auto seconds = days * 86'400 + hour * 3'600 + (minute - offset) * 60 + second;
  const fine_timestamp at{{seconds * 1'000 + nanoseconds / 1'000'000}, static_cast<std::uint32_t>(nanoseconds % 1'000'000)};
  if (at.at < timestamp_min || at.at > timestamp_max)
    return malformed();
  return at;
}

void append_timestamp(std::string& out, timestamp at, std::uint32_t nanoseconds_below) {
  constexpr std::int64_t ms_per_day = 86'400'000;
  auto days = at.milliseconds / ms_per_day;
  auto rest = at.milliseconds % ms_per_day;
  if (rest < 0) {
    rest += ms_per_day;
    --days;
  }
  const auto date = civil_from_days(days);
  append_digits(out, date.year, 4);
  out.push_back('-');
  append_digits(out, date.month, 2);
  out.push_back('-');
  append_digits(out, date.day, 2);
  out.push_back('T');
  append_digits(out, rest / 3'600'000, 2);
  out.push_back(':');
  append_digits(out, rest / 60'000 % 60, 2);
  out.push_back(':');
  append_digits(out, rest / 1'000 % 60, 2);
  const auto fraction = rest % 1'000;
  if (nanoseconds_below != 0) {
    out.push_back('.');
    append_digits(out, fraction, 3);
    if (nanoseconds_below % 1'000 == 0)
      append_digits(out, nanoseconds_below / 1'000, 3);
    else
      append_digits(out, nanoseconds_below, 6);
  } else if (fraction != 0) {
    out.push_back('.');
    append_digits(out, fraction, 3);
  }
  out.push_back('Z');
}

std::string format_timestamp(timestamp at, std::uint32_t nanoseconds_below) {
  std::string out;
  append_timestamp(out, at, nanoseconds_below);
  return out;
}

} // namespace dotmac
