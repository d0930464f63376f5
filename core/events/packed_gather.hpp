#pragma once

/// The values of some rows of a packed column: the width is looked at once, not per row, so that loads need not wait for each other.
///
/// Threads  pure.

#include "core/events/packed_integers.hpp"

namespace dotmac {

/// into[i] = value of first + rows[i]; the caller knows that it fits.
template <class Row, class T> void gather(const packed_integers& from, std::size_t first, std::span<const Row> rows, T* into) noexcept {
  const auto base = static_cast<std::uint64_t>(from.base());
  const auto gather_as = [&]<class Raw>(Raw) {
    const char* data = from.data() + first * sizeof(Raw);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Raw raw;
      std::memcpy(&raw, data + std::size_t{rows[i]} * sizeof(Raw), sizeof(Raw));
      into[i] = static_cast<T>(base + raw);
    }
  };
  switch (from.width()) {
  case 1: return gather_as(std::uint8_t{});
  case 2: return gather_as(std::uint16_t{});
  case 4: return gather_as(std::uint32_t{});
  case 8: return gather_as(std::uint64_t{});
  default: std::fill_n(into, rows.size(), static_cast<T>(base));
  }
}

/// into[i] = table[value of first + i]; every value is a position in the table.
inline void look_up(const packed_integers& from, std::size_t first, std::span<const std::uint32_t> table, std::span<std::uint32_t> into) noexcept {
  const auto look_up_as = [&]<class Raw>(Raw) {
    const char* data = from.data() + first * sizeof(Raw);
    const std::uint32_t* entries = table.data() + from.base();
    for (std::size_t i = 0; i < into.size(); ++i) {
      Raw raw;
      std::memcpy(&raw, data + i * sizeof(Raw), sizeof(Raw));
      into[i] = entries[raw];
    }
  };
  switch (from.width()) {
  case 1: return look_up_as(std::uint8_t{});
  case 2: return look_up_as(std::uint16_t{});
  case 4: return look_up_as(std::uint32_t{});
  case 8: return look_up_as(std::uint64_t{});
  default: std::fill(into.begin(), into.end(), table[static_cast<std::size_t>(from.base())]);
  }
}

} // namespace dotmac
