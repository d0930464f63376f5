#pragma once

/// Which values of a packed column are a certain one: the loop that compilers turn into comparisons of 16 values and more at once, where a table would be looked up one by one.
///
/// Threads  pure.

#include "core/events/packed_integers.hpp"

#include <optional>
#include <vector>

namespace dotmac {

/// into[i] = value of first + i is `wanted`, as 1 or 0.
inline void find_equal(const packed_integers& in, std::size_t first, std::int64_t wanted, std::span<std::uint8_t> into) noexcept {
  const auto raw_wanted = static_cast<std::uint64_t>(wanted) - static_cast<std::uint64_t>(in.base());
  const auto compare = [&]<class U>(U) {
    if (raw_wanted > static_cast<U>(-1))
      return std::fill(into.begin(), into.end(), std::uint8_t{0});
    const auto looked_for = static_cast<U>(raw_wanted);
    const char* from = in.data() + first * sizeof(U);
    for (std::size_t i = 0; i < into.size(); ++i) {
      U raw;
      std::memcpy(&raw, from + i * sizeof(U), sizeof(U));
      into[i] = raw == looked_for;
    }
  };
  switch (in.width()) {
  case 1: return compare(std::uint8_t{});
  case 2: return compare(std::uint16_t{});
  case 4: return compare(std::uint32_t{});
  case 8: return compare(std::uint64_t{});
  default: std::fill(into.begin(), into.end(), static_cast<std::uint8_t>(raw_wanted == 0));
  }
}

/// Whether the values from `first` on are these rising numbers, each and `base`.
inline bool have_equal(const packed_integers& in, std::size_t first, std::int64_t base, std::span<const std::uint16_t> numbers) noexcept {
  const auto shift = base - in.base();
  if (numbers.empty() || numbers.front() + shift < 0)
    return numbers.empty();
  const auto compare = [&]<class U>(U) { // of two bytes too: beyond what these hold no value is equal
    if (static_cast<std::uint64_t>(numbers.back() + shift) > static_cast<U>(-1))
      return false;
    const char* from = in.data() + first * sizeof(U);
    const std::uint16_t* wanted = numbers.data();
    const auto more = static_cast<U>(shift);
    U different = 0;
    for (std::size_t i = 0, count = numbers.size(); i < count; ++i) {
      U raw;
      std::memcpy(&raw, from + i * sizeof(U), sizeof(U));
      different = static_cast<U>(different | (raw ^ static_cast<U>(static_cast<U>(wanted[i]) + more)));
    }
    return different == 0;
  };
  switch (in.width()) {
  case 1: return compare(std::uint8_t{});
  case 2: return compare(std::uint16_t{});
  case 4: return compare(std::uint32_t{});
  case 8: return compare(std::uint64_t{});
  default: return numbers.size() == 1 && numbers.front() + shift == 0;
  }
}

/// The one code of which a table is true, if it is one.
inline std::optional<std::uint32_t> only_true(const std::vector<std::uint8_t>& table) {
  if (std::count(table.begin(), table.end(), 1) != 1)
    return std::nullopt;
  return static_cast<std::uint32_t>(std::find(table.begin(), table.end(), 1) - table.begin());
}

/// As packed_integers::look_up; `only` as of only_true.
inline void look_up(const packed_integers& codes, std::size_t first, std::span<const std::uint8_t> table, std::optional<std::uint32_t> only, std::span<std::uint8_t> into) noexcept {
  only ? find_equal(codes, first, *only, into) : codes.look_up(first, table, into);
}

} // namespace dotmac
