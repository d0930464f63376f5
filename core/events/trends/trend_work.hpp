#pragma once

/// What one thread gathers of the series that share a filter.
///
/// Threads  one owner each; `merge` takes what another thread gathered, once both have ended.

#include "core/events/trends/measure_accumulator.hpp"
#include "core/events/trends/trend_cells.hpp"

namespace dotmac {

/// Series with the same filter are answered in one pass.
struct shared_selection {
  filter_node filter;
  std::vector<std::size_t> series;
  std::optional<filter_plan> plan;
};
result<std::vector<shared_selection>> plan_selections(const event_view& view, const measure_trends& question);

class selection_work {
public:
  selection_work(const event_view& view, const measure_trends& question, const shared_selection& of, const bucket_list& buckets, memory_allowance& memory);

  result<void> add(const event_chunk& chunk, const time_range& range, const scan_context& context);
  result<void> merge(selection_work& other, std::size_t bucket_count);
  /// Every accumulator has as many cells as there are.
  result<void> grow();

  const trend_cells& cells() const noexcept { return *cells_; }
  measure_accumulator& measure(std::size_t number) { return *measures_[number]; }

private:
  const event_view& view_;
  const shared_selection& of_;
  std::unique_ptr<trend_cells> cells_;
  std::unique_ptr<row_selection> rows_;
  std::vector<std::unique_ptr<measure_accumulator>> measures_;
  std::size_t grown_to_ = 0;
};

} // namespace dotmac
