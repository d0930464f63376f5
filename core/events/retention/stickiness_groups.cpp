#include "core/events/retention/stickiness_groups.hpp"

#include <algorithm>

namespace dotmac {

stickiness_groups::stickiness_groups(const event_view& view, const measure_stickiness& question, const bucket_list& periods, memory_allowance& memory)
    : question_{question}, period_count_{periods.size()}, memory_{memory}, finder_{periods}, all_(periods.size()) {
  for (const auto& each : question.dimensions)
    dimensions_.emplace_back(view, each);
}

std::uint32_t stickiness_groups::group_of(std::uint64_t row) {
  dimension_combination key;
  for (std::size_t d = 0; d < dimensions_.size(); ++d)
    key.codes[d] = dimensions_[d].code_at(row);
  return groups_.insert(key).number;
}

void stickiness_groups::count(std::uint32_t group, std::size_t periods) {
  const auto [number, is_new] = cells_.insert(std::uint64_t{group} * period_count_ + periods - 1);
  if (is_new)
    counts_.push_back(0);
  ++counts_[number];
}

void stickiness_groups::add(std::span<const funnel_event> events) {
  seen_.clear();
  std::size_t periods = 0;
  std::uint32_t last = 0;
  for (const auto& each : events) {
    const auto period = finder_.of(each.at);
    periods += periods == 0 || period != last;
    last = period;
    seen_.emplace_back(group_of(each.row), period);
  }
  ++all_[periods - 1];
  std::sort(seen_.begin(), seen_.end());
  seen_.erase(std::unique(seen_.begin(), seen_.end()), seen_.end());
  for (std::size_t at = 0; at < seen_.size();) {
    auto end = at;
    while (end < seen_.size() && seen_[end].first == seen_[at].first)
      ++end;
    count(seen_[at].first, end - at);
    at = end;
  }
}

result<void> stickiness_groups::charge() {
  if (groups_.size() > stickiness_groups_max)
    return failure{error_code::query_too_large, "the dimensions have more than stickiness_groups_max = " + std::to_string(stickiness_groups_max) + " combinations of values", "dimensions"};
  for (auto& each : dimensions_)
    if (auto taken = each.charge(memory_); !taken)
      return taken;
  constexpr std::size_t entry_bytes = 40; // of a cell or group: its key, slots and count, in arrays that double
  const auto held = (groups_.size() + cells_.size()) * entry_bytes + seen_.capacity() * sizeof(seen_[0]) + all_.size() * sizeof(std::uint64_t);
  if (held < charged_)
    return {};
  return memory_.take(held - std::exchange(charged_, held));
}

result<void> stickiness_groups::merge(const stickiness_groups& other, const scan_context& context) {
  for (std::size_t p = 0; p < period_count_; ++p)
    all_[p] += other.all_[p];
  std::vector<std::uint32_t> numbers; // of the other's groups, here
  for (std::size_t g = 0; g < other.groups_.size(); ++g) {
    if (g % 4'096 == 0 && context.is_stopped())
      return question_cancelled();
    auto key = other.groups_[g];
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      if (!dimensions_[d].is_field())
        key.codes[d] = dimensions_[d].code_of(other.dimensions_[d].value(key.codes[d]));
    numbers.push_back(groups_.insert(key).number);
  }
  for (std::size_t c = 0; c < other.cells_.size(); ++c) {
    const auto [number, is_new] = cells_.insert(numbers[other.cells_[c] / period_count_] * period_count_ + other.cells_[c] % period_count_);
    if (is_new)
      counts_.push_back(0);
    counts_[number] += other.counts_[c];
  }
  return charge();
}

std::vector<stickiness_groups::ranked_group> stickiness_groups::largest() const {
  std::vector<ranked_group> out(groups_.size());
  for (std::size_t g = 0; g < out.size(); ++g) {
    out[g].number = g;
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      out[g].values.push_back(dimensions_[d].value(groups_[g].codes[d]));
  }
  for (std::size_t c = 0; c < cells_.size(); ++c)
    out[cells_[c] / period_count_].users += counts_[c];
  const auto kept = std::min(out.size(), static_cast<std::size_t>(question_.groups_answered));
  std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(kept), out.end(),
                    [](const ranked_group& a, const ranked_group& b) { return a.users != b.users ? a.users > b.users : a.values < b.values; });
  out.resize(kept);
  return out;
}

result<stickiness_measured> stickiness_groups::finish(const scan_context& context) {
  constexpr std::size_t group_bytes = 200; // while they are ranked
  if (auto taken = memory_.take(groups_.size() * group_bytes); !taken)
    return taken.error();
  if (context.is_stopped())
    return question_cancelled();
  stickiness_measured out;
  out.all.users_by_periods = all_;
  for (const auto each : all_)
    out.all.users += each;
  out.group_count = groups_.size();
  auto chosen = largest();
  if ((chosen.size() + 1) * period_count_ > stickiness_points_max)
    return failure{error_code::query_too_large, "the answer has more than stickiness_points_max = " + std::to_string(stickiness_points_max)
                   + " points: take fewer groups, a coarser granularity or a shorter interval", "limit"};
  std::vector<std::uint32_t> rank(groups_.size()); // + 1
  for (auto& each : chosen) {
    out.groups.push_back({std::move(each.values), each.users, std::vector<std::uint64_t>(period_count_)});
    rank[each.number] = static_cast<std::uint32_t>(out.groups.size());
  }
  for (std::size_t c = 0; c < cells_.size(); ++c)
    if (const auto place = rank[cells_[c] / period_count_]; place != 0)
      out.groups[place - 1].users_by_periods[cells_[c] % period_count_] = counts_[c];
  return out;
}

} // namespace dotmac
