#include "core/metrics/counter_increments.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace dotmac {
namespace {

struct baseline {
  std::int64_t at = 0;
  std::uint64_t row = 0;
  double value = 0;
  bool is_known = false;
};

void offer(baseline& known, std::int64_t at, std::uint64_t row, double value) {
  if (!known.is_known || std::tie(at, row) > std::tie(known.at, known.row))
    known = {at, row, value, true};
}

} // namespace

result<counter_increments> find_increments(const sample_view& view, std::int64_t start_ms, std::int64_t end_ms, const sample_filter& filter,
                                           std::size_t readings_max, const stop_check& is_unwanted) {
  counter_increments found;
  auto& readings = found.increments;
  std::vector<baseline> before(view.series.size());
  auto scanned = scan_samples(view, timestamp_min.milliseconds, end_ms, is_unwanted, [&](const sample_slice& slice) -> result<void> {
    for (std::size_t i = 0; i < slice.at.size(); ++i) {
      const auto series = slice.series[i];
      if (slice.at[i] >= end_ms || !filter.takes(series, slice.value[i]))
        continue;
      if (slice.at[i] < start_ms) {
        offer(before[series], slice.at[i], slice.first_row + i, slice.value[i]);
        continue;
      }
      if (readings.size() >= readings_max)
        return failure{error_code::query_too_large, "more than metric_gathered_values_max = " + std::to_string(readings_max)
                                                        + " readings in the interval: shorten it, or filter", "start_time"};
      readings.push_back({series, slice.at[i], slice.first_row + i, slice.value[i]});
    }
    return {};
  });
  if (!scanned)
    return scanned.error();
  found.rows_scanned = *scanned;
  std::sort(readings.begin(), readings.end(), [](const auto& a, const auto& b) { return std::tie(a.series, a.at, a.row) < std::tie(b.series, b.at, b.row); });
  for (auto& each : readings) {
    auto& last = before[each.series];
    const double reading = each.value;
    each.value = !last.is_known ? std::numeric_limits<double>::quiet_NaN() : reading < last.value ? reading : reading - last.value;
    last = {each.at, each.row, reading, true};
  }
  return found;
}

} // namespace dotmac
