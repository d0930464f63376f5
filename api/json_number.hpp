#pragma once

/// Numbers as JSON writes them (RFC 8259), read without loss.
///
/// Promise   What the grammar allows is taken and nothing else: no leading zeros, no '+' in front, no ".5", no "5.". Doubles are the
///           nearest to the digits sent, however many; what is smaller than any double is zero.
/// Threads   pure.
/// Cost      linear in the digits; no allocation.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dotmac {

enum class number_kind : std::uint8_t {
  none,      ///< not a number by the grammar
  integer,   ///< fits std::int64_t
  whole,     ///< without fraction and exponent, and beyond 64 bits
  real,      ///< a double
  too_large, ///< with fraction or exponent, and beyond a double
};

struct json_number {
  number_kind kind = number_kind::none;
  std::int64_t integer = 0;
  double real = 0;
};

/// `token` is the number and nothing else.
json_number read_json_number(std::string_view token) noexcept;

/// The number that `text` begins with; `length` is zero where none does.
struct number_shape {
  std::size_t length = 0;
  bool is_whole = true;
  bool has_exponent = false;
  std::uint64_t digits = 0; ///< before the exponent, without the point; meaningless where there are more than digits_kept_max
  std::size_t digit_count = 0;
  std::size_t fraction_count = 0; ///< of them behind the point
};
inline constexpr std::size_t digits_kept_max = 19;
number_shape shape_of_number(std::string_view text) noexcept;

} // namespace dotmac
