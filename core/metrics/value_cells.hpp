#pragma once

/// What one cell (a bucket of a group) keeps of its samples, by what is asked of it. A cell takes one sample at a time and gives its
/// answer at the end; none where it is undefined.
///
/// Source   sums after Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54, 1974;
///          deviations after Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products", Technometrics 4, 1962.

#include "core/metrics/quantiles.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace dotmac {

struct cell_sample {
  double value = 0; ///< not a number: a reading that is no increment
  std::int64_t at = 0;
  std::uint64_t row = 0;
};

/// Sum, mean, extremes, count.
struct total_cell {
  std::uint64_t count = 0;
  std::uint64_t defined = 0; ///< samples with a value
  double sum = 0;
  double lost = 0; ///< low bits that the sum could not hold
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  void add(const cell_sample& sample) {
    ++count;
    if (std::isnan(sample.value))
      return;
    ++defined;
    const double next = sum + sample.value;
    lost += std::abs(sum) >= std::abs(sample.value) ? (sum - next) + sample.value : (sample.value - next) + sum;
    sum = next;
    min = std::min(min, sample.value);
    max = std::max(max, sample.value);
  }
  double total() const { return std::isfinite(sum) ? sum + lost : sum; }
};

/// Sample standard deviation (n - 1).
struct deviation_cell {
  std::uint64_t count = 0;
  double mean = 0;
  double squares = 0;

  void add(const cell_sample& sample) {
    ++count;
    const double before = sample.value - mean;
    mean += before / static_cast<double>(count);
    squares += before * (sample.value - mean);
  }
  std::optional<double> deviation() const {
    if (count < 2)
      return std::nullopt;
    return std::sqrt(std::max(0.0, squares) / static_cast<double>(count - 1));
  }
};

/// The first and the last sample by time, then arrival.
struct edge_cell {
  std::uint64_t count = 0;
  cell_sample first;
  cell_sample last;

  void add(const cell_sample& sample) {
    const auto is_before = [](const cell_sample& a, const cell_sample& b) { return a.at != b.at ? a.at < b.at : a.row < b.row; };
    if (count == 0 || is_before(sample, first))
      first = sample;
    if (count == 0 || is_before(last, sample))
      last = sample;
    ++count;
  }
};

/// All values, or once there are too many of them a sketch.
struct values_cell {
  std::uint64_t count = 0;
  std::vector<double> values;
  std::unique_ptr<quantile_sketch> sketch;

  void add(const cell_sample& sample) {
    ++count;
    if (sketch)
      sketch->add(sample.value);
    else
      values.push_back(sample.value);
  }
  void go_over_to_sketch() {
    sketch = std::make_unique<quantile_sketch>();
    for (const double each : values)
      sketch->add(each);
    values = {};
  }
  double quantile(double fraction) { return sketch ? sketch->quantile(fraction) : exact_quantile(values, fraction); }
};

} // namespace dotmac
