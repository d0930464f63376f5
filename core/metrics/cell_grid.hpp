#pragma once

/// Sorts samples into cells: calendar buckets times groups of dimension values.
///
/// Limits   `cells_max` cells (query_too_large).
/// Cost     per sample: the group of a series is found once, the bucket's borders are remembered, one probe of a hash index.

#include "core/events/dense_index.hpp"
#include "core/metrics/metric_questions.hpp"
#include "core/metrics/sample_view.hpp"

#include <algorithm>
#include <map>

namespace dotmac {

using group_values = std::vector<std::optional<std::string>>; ///< in the order of the dimensions asked for

/// Groups of series by the dimensions asked for.
class series_groups {
public:
  series_groups(const sample_view& view, const std::vector<std::string>& dimensions) : view_{view}, dimensions_{dimensions} {
    group_of_series_.assign(view.series.size(), unknown);
  }
  std::uint32_t of(std::uint32_t series) {
    auto& group = group_of_series_[series];
    if (group == unknown)
      group = find(*view_.series[series]);
    return group;
  }
  const group_values& values(std::uint32_t group) const { return groups_[group]; }

private:
  static constexpr std::uint32_t unknown = 0xffffffff;

  std::uint32_t find(const dimension_map& dimensions) {
    group_values values;
    for (const auto& name : dimensions_) {
      const auto found = dimensions.find(name);
      values.push_back(found == dimensions.end() ? std::nullopt : std::optional{found->second});
    }
    const auto [at, is_new] = numbers_.try_emplace(values, static_cast<std::uint32_t>(groups_.size()));
    if (is_new)
      groups_.push_back(std::move(values));
    return at->second;
  }

  const sample_view& view_;
  const std::vector<std::string>& dimensions_;
  std::vector<std::uint32_t> group_of_series_;
  std::map<group_values, std::uint32_t> numbers_;
  std::vector<group_values> groups_;
};

template <class Cell> class cell_grid {
public:
  cell_grid(const sample_view& view, const aggregate_values& question, std::size_t cells_max)
      : groups_{view, question.dimensions}, cursor_{question.size, question.zone}, cells_max_{cells_max} {}

  /// The cell of a sample; null where there would be more than cells_max.
  Cell* cell_of(std::uint32_t series, std::int64_t at) {
    const auto start = cursor_.start_of({at});
    if (buckets_.empty() || start != buckets_[bucket_])
      enter(start);
    const auto [number, is_new] = cells_index_.insert(static_cast<std::uint64_t>(bucket_) << 32 | groups_.of(series));
    if (is_new) {
      if (cells_.size() >= cells_max_)
        return nullptr;
      cells_.emplace_back();
    }
    return &cells_[number];
  }

  std::vector<Cell>& cells() noexcept { return cells_; }

  struct located {
    timestamp bucket;
    const group_values* group;
    Cell* cell;
  };
  /// By bucket, then group.
  std::vector<located> in_order() {
    std::vector<located> all;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const auto key = cells_index_[i];
      all.push_back({buckets_[key >> 32], &groups_.values(static_cast<std::uint32_t>(key)), &cells_[i]});
    }
    std::sort(all.begin(), all.end(), [](const located& a, const located& b) { return a.bucket != b.bucket ? a.bucket < b.bucket : *a.group < *b.group; });
    return all;
  }

  failure too_many() const {
    return {error_code::query_too_large, "the answer has more than answer_groups_max = " + std::to_string(cells_max_)
                                             + " rows: take a coarser granularity, fewer dimensions or a shorter interval", "granularity"};
  }

private:
  void enter(timestamp start) {
    const auto [at, is_new] = bucket_numbers_.try_emplace(start, static_cast<std::uint32_t>(buckets_.size()));
    if (is_new)
      buckets_.push_back(start);
    bucket_ = at->second;
  }

  series_groups groups_;
  bucket_cursor cursor_;
  std::size_t cells_max_;
  std::vector<timestamp> buckets_;
  std::map<timestamp, std::uint32_t> bucket_numbers_;
  std::uint32_t bucket_ = 0;
  dense_index<std::uint64_t> cells_index_;
  std::vector<Cell> cells_;
};

} // namespace dotmac
