#include "api/json_number.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace dotmac {
namespace {

/// Integers and powers of ten that doubles hold exactly: the quotient of two of them is rounded once, so it is the nearest double.
constexpr std::uint64_t exact_integers_max = std::uint64_t{1} << 53;
constexpr std::array exact_powers{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Of a number beyond the range of doubles: whether it is so by being small. std::from_chars does not tell.
bool is_below_one(std::string_view token) noexcept {
  const auto exponent_at = token.find_first_of("eE");
  const auto mantissa = token.substr(0, exponent_at);
  const auto first = mantissa.find_first_of("123456789");
  if (first == mantissa.npos)
    return true;
  std::int64_t exponent = 0;
  if (exponent_at != token.npos) {
    auto digits = token.substr(exponent_at + 1);
    if (digits.front() == '+')
      digits.remove_prefix(1);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc{})
      return digits.front() == '-';
  }
  const auto point = std::min(mantissa.find('.'), mantissa.size());
  return exponent < static_cast<std::int64_t>(first) - static_cast<std::int64_t>(point) + (first > point ? 0 : 1);
}

} // namespace

number_shape shape_of_number(std::string_view text) noexcept {
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  number_shape shape;
  const auto digits = [&] {
    const auto begin = at;
    for (; at < text.size() && is_digit(text[at]); ++at)
      shape.digits = shape.digits * 10 + static_cast<std::uint64_t>(text[at] - '0');
    return at - begin;
  };
  const bool begins_with_zero = at < text.size() && text[at] == '0';
  const auto before_point = digits();
  if (before_point == 0 || (begins_with_zero && before_point > 1))
    return {};
  if (at < text.size() && text[at] == '.') {
    shape.is_whole = false;
    ++at;
    shape.fraction_count = digits();
    if (shape.fraction_count == 0)
      return {};
  }
  shape.digit_count = before_point + shape.fraction_count;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    shape.is_whole = false;
    shape.has_exponent = true;
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-'))
      ++at;
    if (digits() == 0)
      return {};
  }
  shape.length = at;
  return shape;
}

json_number read_json_number(std::string_view token) noexcept {
  const auto shape = shape_of_number(token);
  if (shape.length == 0 || shape.length != token.size())
    return {};
  json_number read;
  const auto* const end = token.data() + token.size();
  const bool is_negative = token.front() == '-';
  if (shape.is_whole && shape.digit_count < digits_kept_max) {
    read.kind = number_kind::integer;
    read.integer = is_negative ? -static_cast<std::int64_t>(shape.digits) : static_cast<std::int64_t>(shape.digits);
    return read;
  }
  if (shape.is_whole) {
    read.kind = std::from_chars(token.data(), end, read.integer).ec == std::errc{} ? number_kind::integer : number_kind::whole;
    return read;
  }
  read.kind = number_kind::real;
  if (!shape.has_exponent && shape.digit_count < digits_kept_max && shape.digits <= exact_integers_max && shape.fraction_count < exact_powers.size()) {
    const auto size = static_cast<double>(shape.digits) / exact_powers[shape.fraction_count];
    read.real = is_negative ? -size : size;
    return read;
  }
  if (std::from_chars(token.data(), end, read.real).ec == std::errc{})
    return read;
  if (is_below_one(token))
    read.real = is_negative ? -0.0 : 0.0;
  else
    read.kind = number_kind::too_large;
  return read;
}

} // namespace dotmac
