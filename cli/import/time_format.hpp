#pragma once

/// How a file writes its times.
///
/// A format is "iso" (RFC 3339), "s", "ms", "us" or "ns" (since 1970; "s" and "ms" with a fraction where there is one), or a pattern of
///   %Y year of four digits   %y of two (69-99: 1900s)   %m %d %H %M %S %I numbers of one or two digits   %p AM or PM
///   %z offset: Z, +hhmm or +hh:mm   %b %B month by its English name (three letters, or whole)   %f fraction of a second, 1 to 9 digits   %% a percent sign
/// where a blank stands for any number of blanks. What the pattern does not name is the start of its unit.
/// Times without an offset are of the zone given; a time that comes twice there is the earlier one.
/// Errors   validation_failed: does not fit the pattern, no such day or time.

#include "core/time/calendar.hpp"

#include <string>
#include <string_view>

namespace dotmac {

class time_format {
public:
  /// Errors   validation_failed for an unknown letter of the pattern.
  static result<time_format> make(std::string text, zone_rules zone);
  /// As RFC 3339 text, with all the digits that were read.
  result<std::string> read(std::string_view text) const;

private:
  time_format(std::string text, zone_rules zone) : text_{std::move(text)}, zone_{std::move(zone)} {}
  result<std::string> read_number(std::string_view text) const;
  result<std::string> read_pattern(std::string_view text) const;
  std::string text_;
  zone_rules zone_;
};

} // namespace dotmac
