#pragma once

/// Which rows of a chunk a selection takes, as one mask for the whole chunk.
///
/// Threads  selection_plan: immutable; selected_rows: one owner each. Large: 200 KiB.
/// Errors   those of filter_plan::make; cancelled.
/// Cost     nothing is read of chunks that are taken as a whole.

#include "core/events/row_selection.hpp"

#include <algorithm>
#include <memory>

namespace dotmac {

struct selection_plan {
  filter_plan filter;
  time_range range;
  bool has_filter = false;

  static result<selection_plan> make(const event_view& view, const event_selection& selection) {
    const auto filter = filter_of(selection);
    auto plan = filter_plan::make(view, filter);
    if (!plan)
      return plan.error();
    return selection_plan{std::move(*plan), {selection.start_time.milliseconds, selection.end_time.milliseconds}, !filter.children.empty()};
  }
  /// All its rows, without a look at them.
  bool takes_all(const chunk_bounds& chunk) const noexcept { return !has_filter && range.holds(chunk); }
};

class selected_rows {
public:
  result<void> select(const event_view& view, const event_chunk& chunk, const selection_plan& plan, const scan_context& context) {
    if (context.is_stopped())
      return question_cancelled();
    if (plan.takes_all(chunk)) {
      if (!is_full_)
        mask_.fill(1);
      is_full_ = true;
      count_ = rows_ = chunk.rows;
      return {};
    }
    is_full_ = false;
    count_ = 0;
    rows_ = chunk.rows;
    for (std::uint32_t first = 0; first < rows_; first += scan_rows) {
      if (context.is_stopped())
        return question_cancelled();
      run_.select(view, chunk, first, std::min(scan_rows, rows_ - first), plan.filter, plan.range);
      std::copy(run_.mask().begin(), run_.mask().end(), mask_.begin() + first);
      count_ += static_cast<std::uint32_t>(run_.rows().size());
    }
    return {};
  }

  std::uint32_t count() const noexcept { return count_; }
  bool is_all() const noexcept { return count_ == rows_; }
  /// 1 of rows that are taken, 0 of others.
  std::span<const std::uint8_t> mask() const noexcept { return std::span{mask_}.first(rows_); }

private:
  std::uint32_t rows_ = 0;
  std::uint32_t count_ = 0;
  bool is_full_ = false; ///< the mask is of ones alone
  std::array<std::uint8_t, event_chunk_rows> mask_;
  row_selection run_;
};

} // namespace dotmac
