#pragma once

/// The entries of a property that lie in one run of a chunk, unpacked.
///
/// Threads  one owner. Large: 96 KiB.

#include "core/events/filter_plan.hpp"
#include "core/events/packed_equal.hpp"
#include "core/events/packed_gather.hpp"

namespace dotmac {

class slice_run {
public:
  void read(const property_slice& slice, std::uint32_t first, std::uint32_t count) {
    const std::uint32_t begin = slice.rows.empty() ? std::min(first, slice.count) : slice.rows.lower_bound(first);
    const std::uint32_t end = slice.rows.empty() ? std::min(first + count, slice.count) : slice.rows.lower_bound(std::int64_t{first} + count);
    size_ = end - begin;
    if (slice.rows.empty()) {
      for (std::uint32_t i = 0; i < size_; ++i)
        rows_[i] = i;
    } else {
      slice.rows.unpack(begin, std::span{rows_}.first(size_));
      for (std::uint32_t i = 0; i < size_; ++i)
        rows_[i] -= first;
    }
    if (slice.values.empty())
      std::fill_n(values_.begin(), size_, 0);
    else
      slice.values.unpack(begin, std::span{values_}.first(size_));
  }
  /// Where exactly these rows of the run have a value: the position of the first of these values. Mostly so for a property of a type, asked of events of that type.
  static std::optional<std::uint32_t> begin_of(const property_slice& slice, std::uint32_t first, std::uint32_t count, std::span<const std::uint16_t> rows) {
    if (slice.values.empty() || slice.rows.empty())
      return std::nullopt;
    const std::uint32_t begin = slice.rows.lower_bound(first);
    if (slice.rows.lower_bound(std::int64_t{first} + count) - begin != rows.size())
      return std::nullopt;
    return have_equal(slice.rows, begin, first, rows) ? std::optional{begin} : std::nullopt;
  }
  /// Whether all rows of the run have one: then the position is the row.
  static bool has_all(const property_slice& slice, std::uint32_t first, std::uint32_t count) { return !slice.values.empty() && slice.rows.empty() && first + count <= slice.count; }
  /// Where one of both is so: afterwards value(i) is that of rows[i], and row(i) nothing. Else false.
  bool read_values_of(const property_slice& slice, std::uint32_t first, std::uint32_t count, std::span<const std::uint16_t> rows) {
    size_ = static_cast<std::uint32_t>(rows.size());
    if (has_all(slice, first, count)) {
      gather(slice.values, first, rows, values_.data());
      return true;
    }
    const auto begin = begin_of(slice, first, count, rows);
    if (begin)
      slice.values.unpack(*begin, std::span{values_}.first(size_));
    return begin.has_value();
  }
  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t row(std::uint32_t i) const noexcept { return rows_[i]; } ///< relative to the run
  std::int64_t value(std::uint32_t i) const noexcept { return values_[i]; }

private:
  std::uint32_t size_ = 0;
  std::array<std::uint32_t, scan_rows> rows_;
  std::array<std::int64_t, scan_rows> values_;
};

} // namespace dotmac
