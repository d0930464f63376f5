#include "cli/import/time_format.hpp"

#include <array>
#include <charconv>

namespace dotmac {
namespace {

constexpr std::array<std::string_view, 12> months{"january", "february", "march", "april", "may", "june",
                                                  "july", "august", "september", "october", "november", "december"};
constexpr std::string_view letters = "YymdHMSIpbBf%";

struct wall_time {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int half = -1; ///< 0: AM, 1: PM
  std::uint32_t nanoseconds = 0;
};

failure unfit(std::string_view text, const std::string& format) {
  return {error_code::validation_failed, "the time \"" + std::string{text.substr(0, 100)} + "\" does not fit the format " + format, "timestamp"};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool take_number(std::string_view& text, std::size_t digits_max, int& into) {
  std::size_t digits = 0;
  into = 0;
  for (; digits < digits_max && digits < text.size() && is_digit(text[digits]); ++digits)
    into = into * 10 + (text[digits] - '0');
  text.remove_prefix(digits);
  return digits > 0;
}

bool take_month(std::string_view& text, int& into) {
  std::string word;
  while (word.size() < text.size() && lower(text[word.size()]) >= 'a' && lower(text[word.size()]) <= 'z')
    word.push_back(lower(text[word.size()]));
  for (std::size_t i = 0; i < months.size(); ++i)
    if (word == months[i] || word == months[i].substr(0, 3) || (i == 8 && word == "sept")) {
      into = static_cast<int>(i) + 1;
      text.remove_prefix(word.size());
      return true;
    }
  return false;
}

bool take_half(std::string_view& text, int& into) {
  if (text.size() < 2 || lower(text[1]) != 'm' || (lower(text[0]) != 'a' && lower(text[0]) != 'p'))
    return false;
  into = lower(text[0]) == 'p' ? 1 : 0;
  text.remove_prefix(2);
  return true;
}

bool take_fraction(std::string_view& text, std::uint32_t& into) {
  std::uint32_t digits = 0;
  into = 0;
  for (; digits < 9 && digits < text.size() && is_digit(text[digits]); ++digits)
    into = into * 10 + static_cast<std::uint32_t>(text[digits] - '0');
  text.remove_prefix(digits);
  for (auto missing = digits; missing < 9; ++missing)
    into *= 10;
  return digits > 0;
}

bool take(char letter, std::string_view& text, wall_time& into) {
  switch (letter) {
  case 'Y': return take_number(text, 4, into.year);
  case 'y':
    if (!take_number(text, 2, into.year))
      return false;
    into.year += into.year < 69 ? 2000 : 1900;
    return true;
  case 'm': return take_number(text, 2, into.month);
  case 'd': return take_number(text, 2, into.day);
  case 'H':
  case 'I': return take_number(text, 2, into.hour);
  case 'M': return take_number(text, 2, into.minute);
  case 'S': return take_number(text, 2, into.second);
  case 'p': return take_half(text, into.half);
  case 'b':
  case 'B': return take_month(text, into.month);
  case 'f': return take_fraction(text, into.nanoseconds);
  default:
    if (text.empty() || text.front() != '%')
      return false;
    text.remove_prefix(1);
    return true;
  }
}

/// The date must be one of the calendar: it comes back the same.
bool is_real(const wall_time& wall) {
  if (wall.year < 1 || wall.year > 9999 || wall.month < 1 || wall.month > 12 || wall.day < 1 || wall.day > 31 || wall.hour > 23
      || wall.minute > 59 || wall.second > 59)
    return false;
  const auto month = static_cast<std::uint8_t>(wall.month);
  const auto day = static_cast<std::uint8_t>(wall.day);
  const auto back = civil_from_days(days_from_civil({wall.year, month, day}));
  return back.month == month && back.day == day;
}

std::int64_t to_utc(std::int64_t local_ms, const zone_rules& zone) {
  for (std::size_t i = 0; i < zone.transitions.size(); ++i) {
    const auto at = local_ms - std::int64_t{zone.transitions[i].offset_seconds} * 1'000;
    const bool starts_before = at >= zone.transitions[i].starts_at.milliseconds;
    const bool ends_after = i + 1 == zone.transitions.size() || at < zone.transitions[i + 1].starts_at.milliseconds;
    if (starts_before && ends_after)
      return at;
    if (!starts_before) // within an hour that was left out: as if the clock had not been moved yet
      return local_ms - std::int64_t{zone.transitions[i == 0 ? 0 : i - 1].offset_seconds} * 1'000;
  }
  return local_ms;
}

} // namespace

result<time_format> time_format::make(std::string text, zone_rules zone) {
  if (text != "iso" && text != "s" && text != "ms" && text != "us") {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '%' && (++i == text.size() || letters.find(text[i]) == letters.npos))
        return failure{error_code::validation_failed, "the time format \"" + text + "\" has a letter other than " + std::string{letters}, "time-format"};
    if (text.find('%') == text.npos)
      return failure{error_code::validation_failed, "the time format \"" + text + "\" is none of iso, s, ms, us and no pattern such as %Y-%m-%d", "time-format"};
  }
  return time_format{std::move(text), std::move(zone)};
}

result<std::string> time_format::read_number(std::string_view text, std::int64_t per_second) const {
  std::int64_t number = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (why != std::errc{} || end != text.data() + text.size())
    return unfit(text, text_);
  const auto per_millisecond = per_second / 1'000;
  const auto milliseconds = per_second == 1 ? number * 1'000 : number / per_millisecond - (number % per_millisecond < 0 ? 1 : 0);
  const auto below = per_second == 1'000'000 ? static_cast<std::uint32_t>((number % 1'000 + 1'000) % 1'000 * 1'000) : 0;
  if ((per_second == 1 && (number > 253'402'300'799 || number < -62'135'596'800)) || milliseconds > timestamp_max.milliseconds || milliseconds < timestamp_min.milliseconds)
    return unfit(text, text_);
  return format_timestamp({milliseconds}, below);
}

result<std::string> time_format::read_pattern(std::string_view text) const {
  const auto whole = text;
  wall_time wall;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == ' ') {
      while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    } else if (text_[i] == '%') {
      if (!take(text_[++i], text, wall))
        return unfit(whole, text_);
    } else if (!text.empty() && text.front() == text_[i]) {
      text.remove_prefix(1);
    } else {
      return unfit(whole, text_);
    }
  }
  if (wall.half >= 0) {
    if (wall.hour < 1 || wall.hour > 12)
      return unfit(whole, text_);
    wall.hour = wall.hour % 12 + 12 * wall.half;
  }
  if (!text.empty() || !is_real(wall))
    return unfit(whole, text_);
  const auto days = days_from_civil({wall.year, static_cast<std::uint8_t>(wall.month), static_cast<std::uint8_t>(wall.day)});
  const auto local = ((days * 24 + wall.hour) * 60 + wall.minute) * 60'000 + wall.second * 1'000 + wall.nanoseconds / 1'000'000;
  return format_timestamp({to_utc(local, zone_)}, wall.nanoseconds % 1'000'000);
}

result<std::string> time_format::read(std::string_view text) const {
  if (text_ == "iso") {
    auto at = parse_timestamp(text);
    if (!at)
      return at.error();
    return format_timestamp(at->at, at->nanoseconds_below);
  }
  if (text_ == "s" || text_ == "ms" || text_ == "us")
    return read_number(text, text_ == "s" ? 1 : text_ == "ms" ? 1'000 : 1'000'000);
  return read_pattern(text);
}

} // namespace dotmac
