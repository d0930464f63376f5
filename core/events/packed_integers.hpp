#pragma once

/// Columns of integers in as few bytes as their range needs: value = base + unsigned of 0, 1, 2, 4 or 8 bytes.
/// Width 0 means that all are equal. One form for blocks, stored segments and memory, little-endian, at any alignment.
///
/// Ownership  a view; whoever makes it keeps the bytes alive.
/// Threads    immutable.
/// Cost       a load and an addition each; `unpack` is a plain loop per width that compilers vectorize.

#include "core/bytes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace dotmac {

class packed_integers {
public:
  packed_integers() = default;
  packed_integers(const void* data, std::uint8_t width, std::int64_t base, std::uint32_t count)
      : data_{static_cast<const char*>(data)}, base_{static_cast<std::uint64_t>(base)}, count_{count}, width_{width} {}

  std::uint32_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  std::uint8_t width() const noexcept { return width_; }
  std::int64_t base() const noexcept { return static_cast<std::int64_t>(base_); }
  const char* data() const noexcept { return data_; }
  std::size_t byte_count() const noexcept { return std::size_t{width_} * count_; }

  std::int64_t operator[](std::size_t i) const noexcept {
    switch (width_) {
    case 1: return at<std::uint8_t>(i);
    case 2: return at<std::uint16_t>(i);
    case 4: return at<std::uint32_t>(i);
    case 8: return at<std::uint64_t>(i);
    default: return static_cast<std::int64_t>(base_);
    }
  }

  /// Values [first, first + into.size()) as T; the caller knows that they fit.
  template <class T> void unpack(std::size_t first, std::span<T> into) const noexcept {
    switch (width_) {
    case 1: return unpack_as<std::uint8_t>(first, into);
    case 2: return unpack_as<std::uint16_t>(first, into);
    case 4: return unpack_as<std::uint32_t>(first, into);
    case 8: return unpack_as<std::uint64_t>(first, into);
    default: std::fill(into.begin(), into.end(), static_cast<T>(base_));
    }
  }

  /// into[i] = table[value of first + i]; every value is a position in the table.
  void look_up(std::size_t first, std::span<const std::uint8_t> table, std::span<std::uint8_t> into) const noexcept {
    switch (width_) {
    case 1: return look_up_as<std::uint8_t>(first, table, into);
    case 2: return look_up_as<std::uint16_t>(first, table, into);
    case 4: return look_up_as<std::uint32_t>(first, table, into);
    case 8: return look_up_as<std::uint64_t>(first, table, into);
    default: std::fill(into.begin(), into.end(), table[static_cast<std::size_t>(base_)]);
    }
  }

  /// In a rising column: the first position whose value is not below `bound`.
  std::uint32_t lower_bound(std::int64_t bound) const noexcept {
    std::uint32_t low = 0;
    std::uint32_t high = count_;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if ((*this)[middle] < bound)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

private:
  template <class U> std::int64_t at(std::size_t i) const noexcept {
    U raw;
    std::memcpy(&raw, data_ + i * sizeof(U), sizeof(U));
    return static_cast<std::int64_t>(base_ + raw);
  }
  template <class U, class T> void unpack_as(std::size_t first, std::span<T> into) const noexcept {
    const char* from = data_ + first * sizeof(U);
    for (std::size_t i = 0; i < into.size(); ++i) {
      U raw;
      std::memcpy(&raw, from + i * sizeof(U), sizeof(U));
      into[i] = static_cast<T>(base_ + raw);
    }
  }

  template <class U> void look_up_as(std::size_t first, std::span<const std::uint8_t> table, std::span<std::uint8_t> into) const noexcept {
    const char* from = data_ + first * sizeof(U);
    const std::uint8_t* entries = table.data() + base_;
    for (std::size_t i = 0; i < into.size(); ++i) {
      U raw;
      std::memcpy(&raw, from + i * sizeof(U), sizeof(U));
      into[i] = entries[raw];
    }
  }

  const char* data_ = nullptr;
  std::uint64_t base_ = 0;
  std::uint32_t count_ = 0;
  std::uint8_t width_ = 0;
};

/// How values from `min` to `max` are packed.
struct packed_layout {
  std::int64_t base = 0;
  std::uint8_t width = 0;
};

inline packed_layout layout_of(std::int64_t min, std::int64_t max) noexcept {
  const std::uint64_t range = static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(min);
  if (range == 0)
    return {min, 0};
  if (range <= 0xff)
    return {min, 1};
  if (range <= 0xffff)
    return {min, 2};
  if (range <= 0xffff'ffff)
    return {min, 4};
  return {0, 8};
}

/// Appends the values (without a header) to `out` and says how. Values: indexable, `count` of them.
template <class Values> packed_layout pack_values(bytes& out, const Values& values, std::size_t count) {
  if (count == 0)
    return {};
  std::int64_t min = static_cast<std::int64_t>(values[0]);
  std::int64_t max = min;
  for (std::size_t i = 1; i < count; ++i) {
    min = std::min(min, static_cast<std::int64_t>(values[i]));
    max = std::max(max, static_cast<std::int64_t>(values[i]));
  }
  const packed_layout layout = layout_of(min, max);
  const std::size_t start = out.size();
  out.resize(start + count * layout.width);
  char* to = out.data() + start;
  const auto store = [&]<class U>(U) {
    for (std::size_t i = 0; i < count; ++i) {
      const U raw = static_cast<U>(static_cast<std::uint64_t>(values[i]) - static_cast<std::uint64_t>(layout.base));
      std::memcpy(to + i * sizeof(U), &raw, sizeof(U));
    }
  };
  switch (layout.width) {
  case 1: store(std::uint8_t{}); break;
  case 2: store(std::uint16_t{}); break;
  case 4: store(std::uint32_t{}); break;
  case 8: store(std::uint64_t{}); break;
  default: break;
  }
  return layout;
}

/// How many are not zero.
inline std::uint32_t count_not_zero(const packed_integers& of) noexcept {
  if (of.width() == 0)
    return of.base() == 0 ? 0 : of.size();
  std::array<std::int64_t, 1'024> values;
  std::uint32_t count = 0;
  for (std::size_t first = 0; first < of.size(); first += values.size()) {
    const auto some = std::span{values}.first(std::min(values.size(), of.size() - first));
    of.unpack(first, some);
    for (const auto each : some)
      count += each != 0;
  }
  return count;
}

} // namespace dotmac
