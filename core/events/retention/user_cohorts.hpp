#pragma once

/// Into which cohorts one user comes, and in which periods he returns. Definitions: retention_questions.hpp.
///
/// Threads  one owner each.
/// Cost     linear in what is given, but for recurring cohorts `on` a period: cohorts times periods.

#include "core/events/funnel/funnel_walk.hpp"
#include "core/events/retention/cohort_counts.hpp"

namespace dotmac {

class user_cohorts {
public:
  user_cohorts(const event_view& view, const measure_retention& question, const bucket_list& buckets, memory_allowance& memory)
      : periods_{static_cast<std::size_t>(question.periods)}, kind_{question.kind}, cohorts_{question.cohorts}, finder_{buckets}, counts_{view, question, buckets.size(), memory} {}

  /// Of a user whose start and return events are the same: the buckets in which he has one, rising.
  void add_same(std::span<const std::uint32_t> buckets);
  /// Of a user in one cohort: the buckets of his return events that are not before his start event, rising.
  void add_first(std::uint32_t cohort, std::span<const std::uint32_t> returns);
  /// Of a user's events by time: bit 0 of steps marks start events, bit 1 return events.
  void add_events(std::span<const funnel_event> events);

  cohort_counts& counts() noexcept { return counts_; }
  /// What was counted since the last call, in cells: users of recurring cohorts may cost many.
  std::size_t take_work() noexcept { return std::exchange(work_, 0); }

private:
  struct entry {
    std::uint32_t bucket;
    std::int64_t at;   ///< of the first start event of the bucket, of its last return event
    std::uint64_t row;
  };
  void count(std::uint32_t* row, std::uint32_t cohort, std::span<const std::uint32_t> returns);
  void count_starts();

  const std::size_t periods_;
  const retention_kind kind_;
  const retention_cohorts cohorts_;
  bucket_finder finder_;
  cohort_counts counts_;
  std::vector<entry> starts_, returns_;
  std::vector<std::uint32_t> buckets_;
  std::size_t work_ = 0;
};

} // namespace dotmac
