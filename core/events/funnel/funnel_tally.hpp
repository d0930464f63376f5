#pragma once

/// What is counted of one group of attempts: how many came how far, how long they took, and when they began. Every duration is kept, so that medians are exact.
///
/// Threads  one owner each; `merge` brings them together.
/// Cost     8 bytes per step reached after the first, 8 per conversion, 8 more with a trend; `finish` selects, it does not sort.

#include "core/events/funnel/funnel_walk.hpp"
#include "core/events/memory_allowance.hpp"

namespace dotmac {

class funnel_tally {
public:
  /// `buckets`: of the trend; 0: none.
  funnel_tally(std::size_t steps, std::size_t buckets) : counts_(steps), from_before_(steps), points_(buckets), figures_(steps + 1) {}

  /// `bucket`: of the attempt's first event, where there is a trend.
  void add(const funnel_progress& progress, std::uint32_t bucket) {
    const auto depth = progress.reached.size();
    ++counts_[0];
    for (std::size_t k = 1; k < depth; ++k) {
      ++counts_[k];
      from_before_[k].push_back(progress.reached[k] - progress.reached[k - 1]);
    }
    const bool has_converted = depth == counts_.size();
    const auto took = progress.reached.back() - progress.started_at;
    if (has_converted)
      to_convert_.push_back(took);
    if (points_.empty())
      return;
    ++points_[bucket].entered;
    if (has_converted)
      points_[bucket].to_convert.push_back(took);
  }

  void merge(const funnel_tally& other);

  /// What has to be figured out, one by one on any threads, before `finish`. `bins`: at most so many per histogram; 0: none.
  std::size_t figure_count() const noexcept { return figures_.size(); }
  void figure_out(std::size_t number, std::int64_t bins);
  /// `buckets`: the starts of the trend's.
  funnel_figures finish(std::span<const std::int64_t> buckets);

  /// Of a tally without attempts, and of one attempt in it, while the arrays grow.
  static std::size_t empty_size(std::size_t steps, std::size_t buckets) {
    return sizeof(funnel_tally) + steps * (sizeof(std::uint64_t) + sizeof(std::vector<std::int64_t>)) + (steps + 1) * sizeof(funnel_durations) + buckets * sizeof(point);
  }
  static std::size_t size_of(const funnel_progress& progress) { return 2 * sizeof(std::int64_t) * (progress.reached.size() + 1); }

private:
  struct point {
    std::uint64_t entered = 0;
    std::vector<std::int64_t> to_convert;
  };

  std::vector<std::uint64_t> counts_;
  std::vector<std::vector<std::int64_t>> from_before_; ///< milliseconds, by step
  std::vector<std::int64_t> to_convert_;
  std::vector<point> points_; ///< by bucket
  std::vector<funnel_durations> figures_; ///< by step, then of the whole way
};

} // namespace dotmac
