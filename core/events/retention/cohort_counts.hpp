#pragma once

/// Users per cohort and period: a row for each group and bucket, made when its first user comes.
///
/// Threads  one owner each; `merge` takes what another one counted.
/// Limits   the question's memory: query_too_large.

#include "core/events/bucket_list.hpp"
#include "core/events/dense_index.hpp"
#include "core/events/retention/retention_questions.hpp"
#include "core/events/trends/trend_cells.hpp"

namespace dotmac {

class cohort_counts {
public:
  cohort_counts(const event_view& view, const measure_retention& question, std::size_t bucket_count, memory_allowance& memory);

  /// The row of a cohort: its users, then those retained by period from 0 (of on_or_after those whose last period this is, see finish). `event_row` is the
  /// event that puts the user into it. Rows move when one is added.
  std::uint32_t* row_of(std::uint32_t bucket, std::uint64_t event_row);
  /// Takes the memory of what came since the last time; query_too_large past retention_groups_max.
  result<void> charge();
  result<void> merge(const cohort_counts& other, const scan_context& context);
  /// `ends_inside`: the last bucket has ended by the end of the interval.
  result<retention_measured> finish(const bucket_list& buckets, bool ends_inside, const scan_context& context);

private:
  std::uint32_t* row_of(const dimension_combination& group, std::uint32_t bucket);
  struct ranked_group {
    std::size_t number;
    std::uint64_t users;
    std::vector<scalar> values;
  };
  std::vector<ranked_group> largest_groups() const;
  std::size_t group_count() const noexcept { return dimensions_.empty() ? 1 : groups_.size(); }
  std::size_t cohort_count() const noexcept { return counts_.size() / width_; }
  std::uint64_t place_of(std::size_t cohort) const { return dimensions_.empty() ? cohort : cohorts_[cohort]; }
  std::vector<retention_period> settle(bool ends_inside);
  result<void> add_group(const ranked_group& group, std::span<const std::uint32_t> rows, const bucket_list& buckets, std::vector<retention_cohort>& out);

  const measure_retention& question_;
  const std::size_t bucket_count_;
  const std::size_t width_; ///< of a row
  memory_allowance& memory_;
  std::vector<dimension_codes> dimensions_;
  dense_index<dimension_combination, combination_hash> groups_;
  dense_index<std::uint64_t> cohorts_; ///< group * bucket_count + bucket; without dimensions the number is the bucket
  std::vector<std::uint32_t> counts_;  ///< by number of the cohort
  std::size_t charged_ = 0;
};

} // namespace dotmac
