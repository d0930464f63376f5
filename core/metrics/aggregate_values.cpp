#include "core/metrics/metric_answers.hpp"

#include "core/metrics/cell_grid.hpp"
#include "core/metrics/counter_increments.hpp"
#include "core/metrics/value_cells.hpp"

#include <algorithm>
#include <set>

namespace dotmac {
namespace {

using method = aggregation_method;

struct aggregation {
  const sample_view& view;
  const aggregate_values& question;
  const sample_filter& filter;
  const stop_check& is_unwanted;
  const metric_answer_limits& limits;
};

timestamp shown(const aggregate_values& question, timestamp bucket) {
  return question.size == granularity::all ? question.start_time : bucket;
}

/// Length of the part of a bucket that was asked for.
double seconds_of(const aggregate_values& question, timestamp bucket) {
  const auto from = std::max(bucket, question.start_time);
  const auto to = std::min(next_bucket_start(bucket, question.size, question.zone), question.end_time);
  return static_cast<double>(to.milliseconds - from.milliseconds) / 1'000;
}

/// Every sample asked for, into its cell. `after_slice` looks at the grid after each run of rows.
template <class Cell>
result<std::uint64_t> fill(const aggregation& ask, cell_grid<Cell>& grid, const std::function<result<void>()>& after_slice = {}) {
  const auto start = ask.question.start_time.milliseconds;
  const auto end = ask.question.end_time.milliseconds;
  return scan_samples(ask.view, start, end, ask.is_unwanted, [&](const sample_slice& slice) -> result<void> {
    for (std::size_t i = 0; i < slice.at.size(); ++i) {
      if (slice.at[i] < start || slice.at[i] >= end || !ask.filter.takes(slice.series[i], slice.value[i]))
        continue;
      Cell* cell = grid.cell_of(slice.series[i], slice.at[i]);
      if (cell == nullptr)
        return grid.too_many();
      cell->add({slice.value[i], slice.at[i], slice.first_row + i});
    }
    return after_slice ? after_slice() : result<void>{};
  });
}

result<std::uint64_t> fill_with_increments(const aggregation& ask, cell_grid<total_cell>& grid) {
  const auto found = find_increments(ask.view, ask.question.start_time.milliseconds, ask.question.end_time.milliseconds, ask.filter,
                                     ask.limits.gathered_values_max, ask.is_unwanted);
  if (!found)
    return found.error();
  for (const auto& each : found->increments) {
    total_cell* cell = grid.cell_of(each.series, each.at);
    if (cell == nullptr)
      return grid.too_many();
    cell->add({each.value, each.at, each.row});
  }
  return found->rows_scanned;
}

template <class Cell, class ValueOf>
value_aggregates collect(const aggregation& ask, cell_grid<Cell>& grid, std::uint64_t scanned, ValueOf value_of) {
  value_aggregates out;
  for (const auto& each : grid.in_order())
    out.aggregates.push_back({shown(ask.question, each.bucket), value_of(*each.cell, each.bucket), each.cell->count, *each.group});
  out.scope = {ask.view.newest, scanned};
  return out;
}

result<value_aggregates> total(const aggregation& ask) {
  cell_grid<total_cell> grid{ask.view, ask.question, ask.limits.groups_max};
  const auto asked = ask.question.method;
  const bool of_increments = ask.view.semantics.is_cumulative && (asked == method::sum || asked == method::increase || asked == method::rate);
  const auto scanned = of_increments ? fill_with_increments(ask, grid) : fill(ask, grid);
  if (!scanned)
    return scanned.error();
  return collect(ask, grid, *scanned, [&](const total_cell& cell, timestamp bucket) -> std::optional<double> {
    if (asked == method::count)
      return static_cast<double>(cell.count);
    if (cell.defined == 0)
      return std::nullopt;
    switch (asked) {
    case method::avg: return cell.total() / static_cast<double>(cell.defined);
    case method::min: return cell.min;
    case method::max: return cell.max;
    case method::rate: return cell.total() / seconds_of(ask.question, bucket);
    default: return cell.total();
    }
  });
}

result<value_aggregates> deviation(const aggregation& ask) {
  cell_grid<deviation_cell> grid{ask.view, ask.question, ask.limits.groups_max};
  const auto scanned = fill(ask, grid);
  if (!scanned)
    return scanned.error();
  return collect(ask, grid, *scanned, [](const deviation_cell& cell, timestamp) { return cell.deviation(); });
}

result<value_aggregates> edge(const aggregation& ask) {
  cell_grid<edge_cell> grid{ask.view, ask.question, ask.limits.groups_max};
  const auto scanned = fill(ask, grid);
  if (!scanned)
    return scanned.error();
  return collect(ask, grid, *scanned, [&](const edge_cell& cell, timestamp) {
    return std::optional{ask.question.method == method::first ? cell.first.value : cell.last.value};
  });
}

failure too_many_values(std::size_t limit, const std::string& what) {
  return {error_code::query_too_large, what + " of more than metric_gathered_values_max = " + std::to_string(limit)
                                           + " values: shorten the interval, or filter", "start_time"};
}

result<value_aggregates> quantile(const aggregation& ask) {
  cell_grid<values_cell> grid{ask.view, ask.question, ask.limits.groups_max};
  bool is_exact = true;
  const auto bound_memory = [&]() -> result<void> {
    std::size_t held = 0;
    for (auto& each : grid.cells())
      held += each.sketch ? each.sketch->bucket_count() : each.values.size();
    if (held <= ask.limits.gathered_values_max)
      return {};
    held = 0;
    for (auto& each : grid.cells()) {
      if (!each.sketch)
        each.go_over_to_sketch();
      held += each.sketch->bucket_count();
    }
    is_exact = false;
    return held <= ask.limits.gathered_values_max ? result<void>{} : too_many_values(ask.limits.gathered_values_max, "percentiles");
  };
  const auto scanned = fill(ask, grid, bound_memory);
  if (!scanned)
    return scanned.error();
  const double fraction = ask.question.method == method::median ? 0.5 : ask.question.percentile / 100;
  auto out = collect(ask, grid, *scanned, [&](values_cell& cell, timestamp) { return std::optional{cell.quantile(fraction)}; });
  out.exact = is_exact;
  return out;
}

result<value_aggregates> distinct(const aggregation& ask) {
  cell_grid<values_cell> grid{ask.view, ask.question, ask.limits.groups_max};
  const auto without_repetition = [](std::vector<double>& values) {
    for (double& each : values)
      each += 0.0; // minus zero is zero
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  };
  const auto bound_memory = [&]() -> result<void> {
    std::size_t held = 0;
    for (const auto& each : grid.cells())
      held += each.values.size();
    if (held <= ask.limits.gathered_values_max)
      return {};
    held = 0;
    for (auto& each : grid.cells()) {
      without_repetition(each.values);
      held += each.values.size();
    }
    return held <= ask.limits.gathered_values_max / 2 ? result<void>{} : too_many_values(ask.limits.gathered_values_max / 2, "distinct_count");
  };
  const auto scanned = fill(ask, grid, bound_memory);
  if (!scanned)
    return scanned.error();
  return collect(ask, grid, *scanned, [&](values_cell& cell, timestamp) {
    without_repetition(cell.values);
    return std::optional{static_cast<double>(cell.values.size())};
  });
}

bool is_zero_when_empty(method asked) {
  return asked == method::sum || asked == method::count || asked == method::distinct_count || asked == method::rate || asked == method::increase;
}

/// Every bucket of the interval, for every group that was seen in any of them.
result<void> name_empty_buckets(const aggregation& ask, value_aggregates& answer) {
  const auto& question = ask.question;
  std::set<group_values> groups;
  if (question.dimensions.empty())
    groups.insert(group_values{});
  for (const auto& each : answer.aggregates)
    groups.insert(each.dimensions);
  if (groups.empty())
    return {};
  std::vector<value_aggregate> all;
  auto known = answer.aggregates.begin(); // by bucket, then by group, as `all`
  for (auto bucket = bucket_start(question.start_time, question.size, question.zone); bucket < question.end_time;
       bucket = next_bucket_start(bucket, question.size, question.zone)) {
    for (const auto& group : groups) {
      if (all.size() >= ask.limits.groups_max)
        return failure{error_code::query_too_large, "with empty buckets the answer has more than answer_groups_max = " + std::to_string(ask.limits.groups_max)
                                                        + " rows: take a coarser granularity, fewer dimensions or a shorter interval", "fill"};
      if (known != answer.aggregates.end() && known->time_bucket == shown(question, bucket) && known->dimensions == group)
        all.push_back(std::move(*known++));
      else
        all.push_back({shown(question, bucket), is_zero_when_empty(question.method) ? std::optional{0.0} : std::nullopt, 0, group});
    }
  }
  answer.aggregates = std::move(all);
  return {};
}

result<value_aggregates> aggregate(const aggregation& ask) {
  switch (ask.question.method) {
  case method::median:
  case method::percentile: return quantile(ask);
  case method::distinct_count: return distinct(ask);
  case method::stddev: return deviation(ask);
  case method::first:
  case method::last: return edge(ask);
  default: return total(ask);
  }
}

} // namespace

result<value_aggregates> answer(const sample_view& view, const aggregate_values& question, const stop_check& is_unwanted,
                                const metric_answer_limits& limits) {
  if (auto defined = check_method(question.method, view.semantics); !defined)
    return defined.error();
  if (auto checked = check_filter(question.filters); !checked)
    return checked.error();
  const sample_filter filter{view, question.filters};
  const aggregation ask{view, question, filter, is_unwanted, limits};
  auto out = aggregate(ask);
  if (out && question.fill_zero)
    if (auto filled = name_empty_buckets(ask, *out); !filled)
      return filled.error();
  return out;
}

} // namespace dotmac
