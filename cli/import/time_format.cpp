#include "cli/import/time_format.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace dotmac {
namespace {

constexpr std::array<std::string_view, 12> months{"january", "february", "march", "april", "may", "june",
                                                  "july", "august", "september", "october", "november", "december"};
constexpr std::string_view letters = "YymdHMSIpbBfz%";
constexpr std::int64_t ns_per_ms = 1'000'000;

/// Nanoseconds of a unit that a number may count; 0 for patterns and "iso".
std::int64_t nanoseconds_of_unit(std::string_view format) {
  return format == "s" ? 1'000'000'000 : format == "ms" ? 1'000'000 : format == "us" ? 1'000 : format == "ns" ? 1 : 0;
}

struct wall_time {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int half = -1; ///< 0: AM, 1: PM
  std::uint32_t nanoseconds = 0;
  std::optional<int> offset_minutes;
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

bool take_offset(std::string_view& text, std::optional<int>& into) {
  if (text.starts_with('Z') || text.starts_with('z')) {
    text.remove_prefix(1);
    into = 0;
    return true;
  }
  if (!text.starts_with('+') && !text.starts_with('-'))
    return false;
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  const auto before = text.size();
  if (!take_number(text, 2, hours) || before - text.size() != 2)
    return false;
  if (text.starts_with(':'))
    text.remove_prefix(1);
  const auto between = text.size();
  if (!take_number(text, 2, minutes) || between - text.size() != 2 || hours > 23 || minutes > 59)
    return false;
  into = sign * (hours * 60 + minutes);
  return true;
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
  case 'z': return take_offset(text, into.offset_minutes);
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
  if (text != "iso" && nanoseconds_of_unit(text) == 0) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '%' && (++i == text.size() || letters.find(text[i]) == letters.npos))
        return failure{error_code::validation_failed, "the time format \"" + text + "\" has a letter other than " + std::string{letters}, "time-format"};
    if (text.find('%') == text.npos)
      return failure{error_code::validation_failed, "the time format \"" + text + "\" is none of iso, s, ms, us, ns and no pattern such as %Y-%m-%d", "time-format"};
  }
  return time_format{std::move(text), std::move(zone)};
}

result<std::string> time_format::read_number(std::string_view text) const {
  const auto unit = nanoseconds_of_unit(text_);
  const bool is_before_1970 = text.starts_with('-');
  std::int64_t whole = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (why != std::errc{})
    return unfit(text, text_);
  auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
  std::uint32_t billionths = 0;
  if (!rest.empty()) {
    if (unit < ns_per_ms || rest.front() != '.')
      return unfit(text, text_);
    rest.remove_prefix(1);
    if (!take_fraction(rest, billionths) || !rest.empty())
      return unfit(text, text_);
  }
  const auto ms_per_unit = unit / ns_per_ms; // 0 for units below
  if (ms_per_unit > 0 && (whole > timestamp_max.milliseconds / ms_per_unit || whole < timestamp_min.milliseconds / ms_per_unit))
    return unfit(text, text_);
  const auto per_ms = ms_per_unit > 0 ? 1 : ns_per_ms / unit;
  auto milliseconds = ms_per_unit > 0 ? whole * ms_per_unit : whole / per_ms;
  auto below = (ms_per_unit > 0 ? 0 : whole % per_ms * unit) + (is_before_1970 ? -1 : 1) * (std::int64_t{billionths} * ms_per_unit / 1'000);
  milliseconds += below / ns_per_ms - (below % ns_per_ms < 0 ? 1 : 0);
  below = (below % ns_per_ms + ns_per_ms) % ns_per_ms;
  if (milliseconds > timestamp_max.milliseconds || milliseconds < timestamp_min.milliseconds)
    return unfit(text, text_);
  return format_timestamp({milliseconds}, static_cast<std::uint32_t>(below));
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
  const auto at = wall.offset_minutes ? local - *wall.offset_minutes * 60'000 : to_utc(local, zone_);
  if (at < timestamp_min.milliseconds || at > timestamp_max.milliseconds)
    return unfit(whole, text_);
  return format_timestamp({at}, wall.nanoseconds % 1'000'000);
}

result<std::string> time_format::read(std::string_view text) const {
  if (text_ == "iso") {
    auto at = parse_timestamp(text);
    if (!at)
      return at.error();
    const bool has_offset = text.find_first_of("Zz+-", 10) != text.npos; // behind the ten characters of the date
    const auto in_utc = has_offset ? at->at.milliseconds : to_utc(at->at.milliseconds, zone_);
    if (in_utc < timestamp_min.milliseconds || in_utc > timestamp_max.milliseconds)
      return unfit(text, text_);
    return format_timestamp({in_utc}, at->nanoseconds_below);
  }
  if (nanoseconds_of_unit(text_) > 0)
    return read_number(text);
  return read_pattern(text);
}

} // namespace dotmac
