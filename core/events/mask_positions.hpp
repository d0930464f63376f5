#pragma once

/// Where the ones of a mask stand: eight of its bytes at a time.
///
/// Source   the multiplication that gathers the lowest bit of eight bytes: Knuth, "The Art of Computer Programming" vol. 4A, 7.1.3.
/// Threads  pure.

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace dotmac {

inline constexpr std::size_t mask_positions_slack = 8; ///< entries behind the last one that are written to as well

namespace mask_detail {
/// By eight bits: the numbers of those that are set, in order.
inline constexpr auto set_bits = [] {
  std::array<std::array<std::uint16_t, 8>, 256> out{};
  for (std::size_t bits = 0; bits < out.size(); ++bits) {
    std::size_t at = 0;
    for (std::uint16_t bit = 0; bit < 8; ++bit)
      if ((bits >> bit & 1) != 0)
        out[bits][at++] = bit;
  }
  return out;
}();
} // namespace mask_detail

/// Bytes of `mask`, of which there are at most 65,536, are 0 or 1. `into` has room for as many entries and mask_positions_slack more. How many were found.
inline std::uint32_t find_positions(std::span<const std::uint8_t> mask, std::uint16_t* into) noexcept {
  std::uint32_t size = 0;
  std::size_t i = 0;
  for (; i + 8 <= mask.size(); i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, mask.data() + i, sizeof eight);
    if (eight == 0)
      continue;
    const auto bits = static_cast<std::uint8_t>(eight * 0x0102'0408'1020'4080ull >> 56);
    std::array<std::uint64_t, 2> four_each; // positions stay below 65,536: no sum carries into the next
    std::memcpy(four_each.data(), mask_detail::set_bits[bits].data(), sizeof four_each);
    for (auto& each : four_each)
      each += i * 0x0001'0001'0001'0001ull;
    std::memcpy(into + size, four_each.data(), sizeof four_each);
    size += static_cast<std::uint32_t>(std::popcount(bits));
  }
  for (; i < mask.size(); ++i) {
    into[size] = static_cast<std::uint16_t>(i);
    size += mask[i];
  }
  return size;
}

} // namespace dotmac
