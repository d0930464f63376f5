#pragma once

/// What is counted of one group of users. Threads: one owner each; `merge` brings them together.

#include "core/events/funnel/funnel_walk.hpp"

#include <algorithm>
#include <cmath>

namespace dotmac {

class funnel_tally {
public:
  explicit funnel_tally(std::size_t steps) : counts_(steps), durations_(steps) {}

  void add(const funnel_progress& progress) {
    for (std::size_t k = 0; k < progress.reached.size(); ++k) {
      ++counts_[k];
      if (k > 0)
        durations_[k].push_back(progress.reached[k] - progress.reached[k - 1]);
    }
  }
  void merge(const funnel_tally& other) {
    for (std::size_t k = 0; k < counts_.size(); ++k) {
      counts_[k] += other.counts_[k];
      durations_[k].insert(durations_[k].end(), other.durations_[k].begin(), other.durations_[k].end());
    }
  }
  std::vector<funnel_step_result> finish() {
    std::vector<funnel_step_result> out(counts_.size());
    for (std::size_t k = 0; k < counts_.size(); ++k) {
      out[k].count = counts_[k];
      if (durations_[k].empty())
        continue;
      out[k].median_milliseconds = percentile(durations_[k], 0.5);
      out[k].p90_milliseconds = percentile(durations_[k], 0.9);
    }
    return out;
  }

private:
  /// PERCENTILE_CONT of SQL: linear between the two nearest ranks.
  static double percentile(std::vector<std::int64_t>& values, double part) {
    const double position = part * static_cast<double>(values.size() - 1);
    const auto below = values.begin() + static_cast<std::ptrdiff_t>(position);
    std::nth_element(values.begin(), below, values.end());
    const auto low = static_cast<double>(*below);
    const auto high = below + 1 == values.end() ? low : static_cast<double>(*std::min_element(below + 1, values.end()));
    return low + (high - low) * (position - std::floor(position));
  }

  std::vector<std::uint64_t> counts_;
  std::vector<std::vector<std::int64_t>> durations_;
};

} // namespace dotmac
