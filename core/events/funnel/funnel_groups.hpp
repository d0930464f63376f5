#pragma once

/// Tallies by the values that the attributed event of an attempt has under the dimensions asked for.
///
/// Threads  one owner each; `merge` brings them together.
/// Limits   answer_groups_max groups; funnel_points_max points of a trend.

#include "core/events/funnel/funnel_tally.hpp"
#include "core/events/trends/trend_cells.hpp"

#include <algorithm>

namespace dotmac {

class funnel_groups {
public:
  funnel_groups(const event_view& view, const std::vector<std::string>& dimensions, std::size_t steps, std::size_t buckets) : steps_{steps}, buckets_{buckets} {
    for (const auto& each : dimensions)
      dimensions_.emplace_back(view, each);
  }

  /// `row`: none is a row without values. Errors: query_too_large with the group that passes a limit; it takes no more then.
  result<void> add(const funnel_progress& progress, std::optional<std::uint64_t> row, std::uint32_t bucket) {
    dimension_combination key;
    for (std::size_t d = 0; d < dimensions_.size() && row; ++d)
      key.codes[d] = dimensions_[d].code_at(*row);
    const auto tally = tally_of(key);
    if (!tally)
      return tally.error();
    (*tally)->add(progress, bucket);
    return {};
  }

  /// Takes the memory of the groups and their values seen since the last time.
  result<void> charge(memory_allowance& memory) {
    for (auto& each : dimensions_)
      if (auto taken = each.charge(memory); !taken)
        return taken;
    const auto grown = tallies_.size() - std::exchange(charged_, tallies_.size());
    return memory.take(grown * (funnel_tally::empty_size(steps_, buckets_) + 2 * sizeof(dimension_combination)));
  }

  result<void> merge(const funnel_groups& other) {
    for (std::size_t g = 0; g < other.tallies_.size(); ++g) {
      auto key = other.combinations_[g];
      for (std::size_t d = 0; d < dimensions_.size(); ++d)
        if (!dimensions_[d].is_field())
          key.codes[d] = dimensions_[d].code_of(other.dimensions_[d].value(key.codes[d]));
      const auto tally = tally_of(key);
      if (!tally)
        return tally.error();
      (*tally)->merge(other.tallies_[g]);
    }
    return {};
  }

  /// As of a tally: by group.
  std::size_t figure_count() const noexcept { return tallies_.size(); }
  void figure_out(std::size_t number) {
    for (std::size_t i = 0; i < tallies_[number].figure_count(); ++i)
      tallies_[number].figure_out(i, 0);
  }

  /// Largest first step first; by values where these are equal.
  std::vector<funnel_group> finish(std::span<const std::int64_t> bucket_starts) {
    std::vector<funnel_group> out;
    for (std::size_t g = 0; g < tallies_.size(); ++g) {
      std::vector<scalar> values;
      for (std::size_t d = 0; d < dimensions_.size(); ++d)
        values.push_back(dimensions_[d].value(combinations_[g].codes[d]));
      out.push_back({std::move(values), tallies_[g].finish(bucket_starts)});
    }
    std::sort(out.begin(), out.end(), [](const funnel_group& a, const funnel_group& b) {
      const auto of_a = a.figures.steps[0].count;
      const auto of_b = b.figures.steps[0].count;
      return of_a != of_b ? of_a > of_b : a.dimensions < b.dimensions;
    });
    return out;
  }

private:
  /// A tally takes memory by the bucket: none is made beyond the limits.
  result<funnel_tally*> tally_of(const dimension_combination& key) {
    const auto [number, is_new] = combinations_.insert(key);
    if (is_new) {
      if (combinations_.size() > answer_groups_max)
        return failure{error_code::query_too_large, "the answer has more than answer_groups_max = 100000 groups", "dimensions"};
      if ((combinations_.size() + 1) * buckets_ > funnel_points_max)
        return failure{error_code::query_too_large, "the answer has more than funnel_points_max = 200000 points: buckets times (groups + 1)", "granularity"};
      tallies_.emplace_back(steps_, buckets_);
    }
    return &tallies_[number];
  }

  const std::size_t steps_, buckets_;
  std::vector<dimension_codes> dimensions_;
  dense_index<dimension_combination, combination_hash> combinations_;
  std::vector<funnel_tally> tallies_; ///< by number of the combination
  std::size_t charged_ = 0;
};

} // namespace dotmac
