#pragma once

/// The value at a rank among many, and the one behind it, without putting them in order: what percentiles are made of.
///
/// Values   finite numbers, or integers; left as they are.
/// Source   distribution by interpolation into buckets, then selection within one of them: as the first round of Dobosiewicz, "Sorting by distributive partitioning" (1978).
///          Unlike a selection that compares, it has no jumps that nobody can foretell.
/// Cost     three passes over the values, and std::nth_element over those that share a bucket with the rank: mostly a 256th; all of them at worst.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace dotmac {
namespace rank_detail {

inline constexpr std::size_t buckets = 256;
inline constexpr std::size_t few = 48; ///< so many are selected from at once

/// Rises with the value; 0 to buckets - 1.
template <class T> struct bucket_of {
  T least;
  double scale;
  std::uint32_t operator()(T value) const noexcept {
    if constexpr (std::is_integral_v<T>)
      return static_cast<std::uint32_t>(static_cast<double>(static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(least)) * scale);
    else
      return static_cast<std::uint32_t>((value - least) * scale);
  }
};

template <class T> double width_of(T least, T greatest) noexcept {
  if constexpr (std::is_integral_v<T>)
    return static_cast<double>(static_cast<std::uint64_t>(greatest) - static_cast<std::uint64_t>(least));
  else
    return greatest - least;
}

/// `behind`: the value behind the last of them, where there is one.
template <class T> std::pair<T, T> select_among(std::vector<T>& values, std::size_t rank, const T* behind) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), at, values.end());
  if (at + 1 != values.end())
    return {*at, *std::min_element(at + 1, values.end())};
  return {*at, behind == nullptr ? *at : *behind};
}

} // namespace rank_detail

/// Of values[rank] and values[rank + 1], were they in order; of the last one twice. `rank` is below their count; `room` is for use and may be used again.
template <class T> std::pair<T, T> select_rank(std::span<const T> values, std::size_t rank, std::vector<T>& room) {
  using namespace rank_detail;
  room.assign(values.begin(), values.size() <= few ? values.end() : values.begin());
  if (!room.empty())
    return select_among<T>(room, rank, nullptr);
  T least = values[0];
  T greatest = values[0];
  for (const T each : values) {
    least = std::min(least, each);
    greatest = std::max(greatest, each);
  }
  const double scale = (static_cast<double>(buckets) - 0.5) / width_of(least, greatest);
  if (!std::isfinite(scale) || scale == 0) { // all alike, or further apart than a double can tell
    room.assign(values.begin(), values.end());
    return select_among<T>(room, rank, nullptr);
  }
  const bucket_of<T> bucket{least, scale};
  std::array<std::uint32_t, buckets> counts{};
  for (const T each : values)
    ++counts[bucket(each)];
  std::size_t before = 0;
  std::uint32_t chosen = 0;
  while (before + counts[chosen] <= rank)
    before += counts[chosen++];
  room.resize(counts[chosen] + 1); // one more to write to
  std::size_t found = 0;
  T behind = greatest;
  for (const T each : values) {
    const auto of = bucket(each);
    room[found] = each;
    found += of == chosen;
    behind = of > chosen ? std::min(behind, each) : behind;
  }
  room.resize(found);
  return select_among(room, rank - before, before + found == values.size() ? nullptr : &behind);
}

} // namespace dotmac
