#pragma once

/// The rows of one run of a chunk that a question counts, as positions: what follows a filter looks at these alone.
///
/// Threads  one owner.

#include "core/events/filter_plan.hpp"
#include "core/events/mask_positions.hpp"
#include "core/events/parallel_scan.hpp"

namespace dotmac {

class row_selection {
public:
  /// The rows of [first, first + count) for which the plan is true and whose time lies in the range.
  void select(const event_view& view, const event_chunk& chunk, std::uint32_t first, std::uint32_t count, const filter_plan& plan, const time_range& range) {
    first_ = first;
    const std::span<std::uint8_t> mask = std::span{mask_}.first(count);
    plan.evaluate(view, chunk, first, mask);
    if (!range.holds(chunk)) {
      chunk.at().unpack(first, std::span{times_}.first(count));
      for (std::uint32_t i = 0; i < count; ++i)
        mask[i] &= static_cast<std::uint8_t>(times_[i] >= range.start && times_[i] < range.end);
    }
    size_ = find_positions(mask, rows_.data());
    run_rows_ = count;
  }

  /// Relative to first().
  std::span<const std::uint16_t> rows() const noexcept { return std::span{rows_}.first(size_); }
  std::span<const std::uint8_t> mask() const noexcept { return std::span{mask_}.first(run_rows_); }
  std::uint32_t first() const noexcept { return first_; }
  std::uint32_t run_rows() const noexcept { return run_rows_; } ///< those not selected too
  bool empty() const noexcept { return size_ == 0; }

private:
  std::uint32_t first_ = 0;
  std::uint32_t run_rows_ = 0;
  std::uint32_t size_ = 0;
  std::array<std::uint8_t, scan_rows> mask_;
  std::array<std::uint16_t, scan_rows + mask_positions_slack> rows_;
  std::array<std::int64_t, scan_rows> times_;
};

} // namespace dotmac
