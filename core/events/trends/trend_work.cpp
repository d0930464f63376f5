#include "core/events/trends/trend_work.hpp"

#include <algorithm>

namespace dotmac {
namespace {

filter_node filter_of(const measure_trends& question, const trend_series& series) {
  event_selection selection;
  selection.event_type = series.event_type;
  selection.event_name = series.event_name;
  selection.filters = series.filters;
  auto out = filter_of(selection);
  if (!question.filters.children.empty() || question.filters.kind != filter_kind::all)
    out.children.push_back(question.filters);
  return out;
}

} // namespace

result<std::vector<shared_selection>> plan_selections(const event_view& view, const measure_trends& question) {
  std::vector<shared_selection> out;
  for (std::size_t s = 0; s < question.series.size(); ++s) {
    auto filter = filter_of(question, question.series[s]);
    const auto same = std::find_if(out.begin(), out.end(), [&](const auto& each) { return each.filter == filter; });
    if (same != out.end()) {
      same->series.push_back(s);
      continue;
    }
    auto plan = filter_plan::make(view, filter);
    if (!plan)
      return plan.error();
    out.push_back({std::move(filter), {s}, std::move(*plan)});
  }
  return out;
}

selection_work::selection_work(const event_view& view, const measure_trends& question, const shared_selection& of, const bucket_list& buckets, memory_allowance& memory)
    : view_{view}, of_{of}, cells_{std::make_unique<trend_cells>(view, question, buckets, memory)}, rows_{std::make_unique<row_selection>()} {
  for (const auto series : of.series)
    measures_.push_back(make_accumulator(view, question.series[series], memory));
}

result<void> selection_work::add(const event_chunk& chunk, const time_range& range, const scan_context& context) {
  for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
    if (context.is_stopped())
      return question_cancelled();
    rows_->select(view_, chunk, first, std::min(scan_rows, chunk.rows - first), *of_.plan, range);
    if (rows_->empty())
      continue;
    const auto cells = cells_->of(chunk, *rows_);
    if (!cells)
      return cells.error();
    if (auto grown = grow(); !grown)
      return grown;
    for (auto& each : measures_)
      if (auto added = each->add({&chunk, rows_.get(), *cells}); !added)
        return added;
  }
  return {};
}

result<void> selection_work::merge(selection_work& other, std::size_t bucket_count) {
  const auto combinations = cells_->take_in(*other.cells_);
  if (!combinations)
    return combinations.error();
  if (auto grown = grow(); !grown)
    return grown;
  if (auto grown = other.grow(); !grown)
    return grown;
  std::vector<std::uint32_t> cells;
  for (const auto each : *combinations)
    for (std::size_t b = 0; b < bucket_count; ++b)
      cells.push_back(static_cast<std::uint32_t>(each * bucket_count + b));
  for (std::size_t m = 0; m < measures_.size(); ++m)
    if (auto merged = measures_[m]->merge(*other.measures_[m], cells); !merged)
      return merged;
  return {};
}

result<void> selection_work::grow() {
  const auto cells = cells_->cell_count();
  if (cells == grown_to_)
    return {};
  grown_to_ = cells;
  for (auto& each : measures_)
    if (auto grown = each->grow(cells); !grown)
      return grown;
  return {};
}

} // namespace dotmac
