#include "core/events/retention/user_cohorts.hpp"

#include <algorithm>

namespace dotmac {

/// `returns`: rising, none before the cohort.
void user_cohorts::count(std::uint32_t* row, std::uint32_t cohort, std::span<const std::uint32_t> returns) {
  ++row[0];
  if (kind_ == retention_kind::on_or_after) {
    if (!returns.empty())
      ++row[1 + std::min<std::size_t>(returns.back() - cohort, periods_)];
    return;
  }
  for (const auto each : returns) {
    const std::size_t period = each - cohort;
    if (period > periods_)
      return;
    ++row[1 + period];
    ++work_;
  }
}

void user_cohorts::add_same(std::span<const std::uint32_t> buckets) {
  const std::size_t cohorts = cohorts_ == retention_cohorts::first ? 1 : buckets.size();
  for (std::size_t i = 0; i < cohorts; ++i)
    count(counts_.row_of(buckets[i], 0), buckets[i], buckets.subspan(i));
}

void user_cohorts::add_first(std::uint32_t cohort, std::span<const std::uint32_t> returns) { count(counts_.row_of(cohort, 0), cohort, returns); }

void user_cohorts::add_events(std::span<const funnel_event> events) {
  starts_.clear();
  returns_.clear();
  for (const auto& each : events) {
    const auto bucket = finder_.of(each.at);
    const bool starts_one = (each.steps & 1) != 0 && (starts_.empty() || (cohorts_ == retention_cohorts::recurring && starts_.back().bucket != bucket));
    if (starts_one)
      starts_.push_back({bucket, each.at, each.row});
    if ((each.steps & 2) == 0)
      continue;
    if (returns_.empty() || returns_.back().bucket != bucket)
      returns_.push_back({bucket, each.at, each.row});
    else
      returns_.back().at = each.at;
  }
  count_starts();
}

void user_cohorts::count_starts() {
  buckets_.clear();
  for (const auto& each : returns_)
    buckets_.push_back(each.bucket);
  std::size_t next = 0; // the first return bucket that is not before the cohort
  for (const auto& each : starts_) {
    while (next < returns_.size() && returns_[next].bucket < each.bucket)
      ++next;
    const bool is_before_start = next < returns_.size() && returns_[next].bucket == each.bucket && returns_[next].at < each.at;
    count(counts_.row_of(each.bucket, each.row), each.bucket, std::span<const std::uint32_t>{buckets_}.subspan(next + (is_before_start ? 1 : 0)));
  }
}

} // namespace dotmac
