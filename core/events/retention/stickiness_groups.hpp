#pragma once

/// In how many periods users were active, by the values that their events have under the dimensions asked for.
///
/// Threads  one owner each; `merge` takes what another one counted.
/// Limits   stickiness_groups_max, the question's memory: query_too_large.

#include "core/events/funnel/funnel_walk.hpp"
#include "core/events/retention/habit_questions.hpp"
#include "core/events/trends/trend_cells.hpp"

namespace dotmac {

class stickiness_groups {
public:
  stickiness_groups(const event_view& view, const measure_stickiness& question, const bucket_list& periods, memory_allowance& memory);

  /// A user's events by time.
  void add(std::span<const funnel_event> events);
  /// Takes the memory of what came since the last time.
  result<void> charge();
  result<void> merge(const stickiness_groups& other, const scan_context& context);
  result<stickiness_measured> finish(const scan_context& context);

private:
  std::uint32_t group_of(std::uint64_t row);
  void count(std::uint32_t group, std::size_t periods);
  struct ranked_group {
    std::size_t number;
    std::uint64_t users;
    std::vector<scalar> values;
  };
  std::vector<ranked_group> largest() const;

  const measure_stickiness& question_;
  const std::size_t period_count_;
  memory_allowance& memory_;
  bucket_finder finder_;
  std::vector<dimension_codes> dimensions_;
  dense_index<dimension_combination, combination_hash> groups_;
  dense_index<std::uint64_t> cells_;   ///< group * period_count + periods - 1
  std::vector<std::uint64_t> counts_;  ///< by number of the cell
  std::vector<std::uint64_t> all_;     ///< by periods - 1, whatever the group
  std::vector<std::pair<std::uint32_t, std::uint32_t>> seen_; ///< a user's groups and periods
  std::size_t charged_ = 0;
};

} // namespace dotmac
