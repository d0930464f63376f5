#pragma once

/// Tallies by the values that the first event of a user's attempt has under the dimensions asked for. Threads: one owner each.

#include "core/events/dense_index.hpp"
#include "core/events/dimension_codes.hpp"
#include "core/events/funnel/funnel_tally.hpp"
#include "core/events/trends/trend_cells.hpp"

namespace dotmac {

class funnel_groups {
public:
  funnel_groups(const event_view& view, const std::vector<std::string>& dimensions, std::size_t steps) : steps_{steps} {
    for (const auto& each : dimensions)
      dimensions_.emplace_back(view, each);
  }

  /// False past answer_groups_max.
  bool add(const funnel_progress& progress) {
    if (dimensions_.empty())
      return true;
    dimension_combination key;
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      key.codes[d] = dimensions_[d].code_at(progress.first_row);
    tally_of(key).add(progress);
    return tallies_.size() <= answer_groups_max;
  }

  /// Takes the memory of the values seen since the last time.
  result<void> charge(memory_allowance& memory) {
    for (auto& each : dimensions_)
      if (auto taken = each.charge(memory); !taken)
        return taken;
    return {};
  }

  bool merge(const funnel_groups& other) {
    for (std::size_t g = 0; g < other.tallies_.size(); ++g) {
      auto key = other.combinations_[g];
      for (std::size_t d = 0; d < dimensions_.size(); ++d)
        if (!dimensions_[d].is_field())
          key.codes[d] = dimensions_[d].code_of(other.dimensions_[d].value(key.codes[d]));
      tally_of(key).merge(other.tallies_[g]);
    }
    return tallies_.size() <= answer_groups_max;
  }

  /// Largest first step first; by values where these are equal.
  std::vector<funnel_group> finish() {
    std::vector<funnel_group> out;
    for (std::size_t g = 0; g < tallies_.size(); ++g) {
      std::vector<scalar> values;
      for (std::size_t d = 0; d < dimensions_.size(); ++d)
        values.push_back(dimensions_[d].value(combinations_[g].codes[d]));
      out.push_back({std::move(values), tallies_[g].finish()});
    }
    std::sort(out.begin(), out.end(), [](const funnel_group& a, const funnel_group& b) {
      return a.steps[0].count != b.steps[0].count ? a.steps[0].count > b.steps[0].count : a.dimensions < b.dimensions;
    });
    return out;
  }

private:
  funnel_tally& tally_of(const dimension_combination& key) {
    const auto [number, is_new] = combinations_.insert(key);
    if (is_new)
      tallies_.emplace_back(steps_);
    return tallies_[number];
  }

  const std::size_t steps_;
  std::vector<dimension_codes> dimensions_;
  dense_index<dimension_combination, combination_hash> combinations_;
  std::vector<funnel_tally> tallies_; ///< by number of the combination
};

} // namespace dotmac
