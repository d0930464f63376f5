#include "core/events/retention/cohort_counts.hpp"

#include "core/events/parallel_scan.hpp"

#include <algorithm>

namespace dotmac {

cohort_counts::cohort_counts(const event_view& view, const measure_retention& question, std::size_t bucket_count, memory_allowance& memory)
    : question_{question}, bucket_count_{bucket_count}, width_{static_cast<std::size_t>(question.periods) + 2}, memory_{memory} {
  for (const auto& each : question.dimensions)
    dimensions_.emplace_back(view, each);
  if (dimensions_.empty())
    counts_.resize(bucket_count * width_);
}

std::uint32_t* cohort_counts::row_of(std::uint32_t bucket, std::uint64_t event_row) {
  if (dimensions_.empty())
    return &counts_[bucket * width_];
  dimension_combination group;
  for (std::size_t d = 0; d < dimensions_.size(); ++d)
    group.codes[d] = dimensions_[d].code_at(event_row);
  return row_of(group, bucket);
}

std::uint32_t* cohort_counts::row_of(const dimension_combination& group, std::uint32_t bucket) {
  const auto [number, is_new] = cohorts_.insert(std::uint64_t{groups_.insert(group).number} * bucket_count_ + bucket);
  if (is_new)
    counts_.resize(counts_.size() + width_);
  return &counts_[number * width_];
}

result<void> cohort_counts::charge() {
  if (group_count() > retention_groups_max)
    return failure{error_code::query_too_large, "the dimensions have more than retention_groups_max = " + std::to_string(retention_groups_max) + " combinations of values", "dimensions"};
  for (auto& each : dimensions_)
    if (auto taken = each.charge(memory_); !taken)
      return taken;
  constexpr std::size_t key_bytes = 32; // of a cohort and its group in both indexes
  const auto held = counts_.capacity() * sizeof(std::uint32_t) + cohorts_.size() * key_bytes;
  return memory_.take(held - std::exchange(charged_, held));
}

result<void> cohort_counts::merge(const cohort_counts& other, const scan_context& context) {
  for (std::size_t c = 0; c < other.cohort_count(); ++c) {
    if (c % 4'096 == 0 && context.is_stopped())
      return question_cancelled();
    auto* to = counts_.data() + c * width_;
    if (!dimensions_.empty()) {
      const auto place = other.cohorts_[c];
      auto group = other.groups_[place / bucket_count_];
      for (std::size_t d = 0; d < dimensions_.size(); ++d)
        if (!dimensions_[d].is_field())
          group.codes[d] = dimensions_[d].code_of(other.dimensions_[d].value(group.codes[d]));
      to = row_of(group, static_cast<std::uint32_t>(place % bucket_count_));
    }
    for (std::size_t i = 0; i < width_; ++i)
      to[i] += other.counts_[c * width_ + i];
    if (c % 4'096 == 0)
      if (auto taken = charge(); !taken)
        return taken;
  }
  return charge();
}

/// Makes on_or_after of last periods, and adds up the cohorts.
std::vector<retention_period> cohort_counts::settle(bool ends_inside) {
  std::vector<retention_period> summary(width_ - 1);
  const auto ended = bucket_count_ - (ends_inside ? 0 : 1);
  for (std::size_t c = 0; c < cohort_count(); ++c) {
    auto* row = counts_.data() + c * width_;
    if (question_.kind == retention_kind::on_or_after)
      for (auto i = width_ - 1; i > 1; --i)
        row[i - 1] += row[i];
    const auto bucket = static_cast<std::size_t>(place_of(c) % bucket_count_);
    for (std::size_t n = 0; n < summary.size() && bucket + n < ended; ++n) {
      summary[n].users += row[0];
      summary[n].retained += row[n + 1];
    }
  }
  return summary;
}

std::vector<cohort_counts::ranked_group> cohort_counts::largest_groups() const {
  std::vector<ranked_group> out(group_count());
  for (std::size_t g = 0; g < out.size(); ++g) {
    out[g].number = g;
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      out[g].values.push_back(dimensions_[d].value(groups_[g].codes[d]));
  }
  for (std::size_t c = 0; c < cohort_count(); ++c)
    out[static_cast<std::size_t>(place_of(c) / bucket_count_)].users += counts_[c * width_];
  const auto kept = std::min(out.size(), static_cast<std::size_t>(question_.groups_answered));
  std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(kept), out.end(),
                    [](const ranked_group& a, const ranked_group& b) { return a.users != b.users ? a.users > b.users : a.values < b.values; });
  out.resize(kept);
  return out;
}

/// `rows`: of the group's buckets, number of the cohort + 1.
result<void> cohort_counts::add_group(const ranked_group& group, std::span<const std::uint32_t> rows, const bucket_list& buckets, std::vector<retention_cohort>& out) {
  std::size_t cohort_bytes = sizeof(retention_cohort) + (width_ - 1) * sizeof(std::optional<std::uint64_t>) + group.values.size() * sizeof(scalar);
  for (const auto& each : group.values)
    if (const auto* text = std::get_if<std::string>(&each))
      cohort_bytes += text->size();
  if (auto taken = memory_.take(cohort_bytes * bucket_count_); !taken)
    return taken;
  for (std::size_t b = 0; b < bucket_count_; ++b) {
    auto& cohort = out.emplace_back();
    cohort.time_bucket = timestamp{buckets.starts[b]};
    cohort.dimensions = group.values;
    const auto* row = rows[b] == 0 ? nullptr : counts_.data() + (rows[b] - 1) * width_;
    cohort.size = row == nullptr ? 0 : row[0];
    cohort.retained.resize(width_ - 1);
    for (std::size_t n = 0; n + 1 < width_ && b + n < bucket_count_; ++n)
      cohort.retained[n] = row == nullptr ? 0 : row[n + 1];
  }
  return {};
}

result<retention_measured> cohort_counts::finish(const bucket_list& buckets, bool ends_inside, const scan_context& context) {
  retention_measured out;
  out.groups = group_count();
  out.summary = settle(ends_inside);
  constexpr std::size_t group_bytes = 200; // while they are ranked
  if (auto taken = memory_.take(group_count() * group_bytes); !taken)
    return taken.error();
  const auto largest = largest_groups();
  if (largest.size() * bucket_count_ * (width_ - 1) > retention_cells_max)
    return failure{error_code::query_too_large, "the answer has more than retention_cells_max = " + std::to_string(retention_cells_max)
                   + " cells (groups x cohorts x periods): take fewer groups, fewer periods, a coarser granularity or a shorter interval", dimensions_.empty() ? "periods" : "limit"};
  std::vector<std::vector<std::uint32_t>> rows(largest.size(), std::vector<std::uint32_t>(bucket_count_));
  std::vector<std::uint32_t> rank(group_count()); // + 1
  for (std::size_t i = 0; i < largest.size(); ++i)
    rank[largest[i].number] = static_cast<std::uint32_t>(i + 1);
  for (std::size_t c = 0; c < cohort_count(); ++c)
    if (const auto place = place_of(c); rank[static_cast<std::size_t>(place / bucket_count_)] != 0)
      rows[rank[static_cast<std::size_t>(place / bucket_count_)] - 1][static_cast<std::size_t>(place % bucket_count_)] = static_cast<std::uint32_t>(c + 1);
  for (std::size_t i = 0; i < largest.size(); ++i) {
    if (context.is_stopped())
      return question_cancelled();
    if (auto added = add_group(largest[i], rows[i], buckets, out.cohorts); !added)
      return added.error();
  }
  return out;
}

} // namespace dotmac
