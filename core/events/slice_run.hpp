#pragma once

/// The entries of a property that lie in one run of a chunk, unpacked.
///
/// Threads  one owner. Large: 96 KiB.

#include "core/events/filter_plan.hpp"

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
  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t row(std::uint32_t i) const noexcept { return rows_[i]; } ///< relative to the run
  std::int64_t value(std::uint32_t i) const noexcept { return values_[i]; }

private:
  std::uint32_t size_ = 0;
  std::array<std::uint32_t, scan_rows> rows_;
  std::array<std::int64_t, scan_rows> values_;
};

} // namespace dotmac
