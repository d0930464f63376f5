#include "core/events/dense_index.hpp"
#include "core/events/dimension_codes.hpp"
#include "core/events/event_answers.hpp"

#include <algorithm>
#include <map>

namespace dotmac {
namespace {

failure too_many_groups() {
  return {error_code::query_too_large, "the answer has more than answer_groups_max = 100000 groups", "dimensions"};
}

struct group_key {
  std::int64_t bucket = 0;
  std::array<std::uint32_t, question_dimensions_max> dimensions{};
  friend bool operator==(const group_key&, const group_key&) = default;
};
struct group_hash {
  std::uint64_t operator()(const group_key& key) const noexcept {
    std::uint64_t hash = mix_bits(static_cast<std::uint64_t>(key.bucket));
    for (const std::uint32_t each : key.dimensions)
      hash = mix_bits(hash * 31 + each);
    return hash;
  }
};

struct group_counts {
  std::uint64_t events = 0;
  std::array<std::uint64_t, 3> uniques{};
};
constexpr std::array unique_fields{event_field::user_id, event_field::session_id, event_field::customer_id};

class aggregation {
public:
  aggregation(const event_view& view, const aggregate_events& question) : cursor_{question.size, question.zone} {
    for (const std::string& each : question.dimensions)
      dimensions_.emplace_back(view, each);
  }

  result<void> add(const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask) {
    if (std::find(mask.begin(), mask.end(), 1) == mask.end())
      return {};
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      dimensions_[d].fill(chunk, first, mask, std::span{codes_[d]}.first(mask.size()));
    for (std::size_t u = 0; u < 3; ++u)
      chunk.codes(unique_fields[u]).unpack(first, std::span{ids_[u]}.first(mask.size()));
    for (std::uint32_t i = 0; i < mask.size(); ++i) {
      if (mask[i] == 0)
        continue;
      group_key key{cursor_.start_of(timestamp{chunk.at()[first + i]}).milliseconds, {}};
      for (std::size_t d = 0; d < dimensions_.size(); ++d)
        key.dimensions[d] = codes_[d][i];
      if (counts_.empty() || !(key == last_key_)) {
        last_key_ = key;
        last_group_ = groups_.insert(key).number;
        counts_.resize(groups_.size());
        if (counts_.size() > answer_groups_max)
          return too_many_groups();
      }
      group_counts& counts = counts_[last_group_];
      ++counts.events;
      for (std::size_t u = 0; u < 3; ++u)
        if (ids_[u][i] != 0)
          counts.uniques[u] += seen_[u].insert(std::uint64_t{last_group_} << 32 | ids_[u][i]).is_new;
    }
    return {};
  }

  std::vector<event_aggregate> finish() const {
    std::vector<event_aggregate> out;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const auto& uniques = counts_[g].uniques;
      event_aggregate& each
          = out.emplace_back(event_aggregate{timestamp{groups_[g].bucket}, counts_[g].events, uniques[0], uniques[1], uniques[2], {}});
      for (std::size_t d = 0; d < dimensions_.size(); ++d)
        each.dimensions.push_back(dimensions_[d].value(groups_[g].dimensions[d]));
    }
    return out;
  }

private:
  bucket_cursor cursor_;
  std::vector<dimension_codes> dimensions_;
  dense_index<group_key, group_hash> groups_;
  std::vector<group_counts> counts_;
  std::array<dense_index<std::uint64_t>, 3> seen_; ///< group and id
  group_key last_key_;
  std::uint32_t last_group_ = 0;
  std::array<std::array<std::uint32_t, scan_rows>, question_dimensions_max> codes_;
  std::array<std::array<std::uint32_t, scan_rows>, 3> ids_;
};

/// Every bucket of the interval, for every group that was seen in any of them.
result<void> add_empty_buckets(std::vector<event_aggregate>& to, const aggregate_events& question) {
  if (question.selection.start_time >= question.selection.end_time)
    return {};
  std::map<std::vector<scalar>, std::vector<timestamp>> named;
  if (question.dimensions.empty())
    named[{}];
  for (const event_aggregate& each : to)
    named[each.dimensions].push_back(each.time_bucket);
  for (auto& [group, buckets] : named)
    std::sort(buckets.begin(), buckets.end());
  std::size_t rows = 0;
  for (timestamp at = bucket_start(question.selection.start_time, question.size, question.zone);
       at < question.selection.end_time; at = next_bucket_start(at, question.size, question.zone)) {
    rows += named.size();
    if (rows > answer_groups_max)
      return failure{error_code::query_too_large, "with empty buckets the answer has more than answer_groups_max = " + std::to_string(answer_groups_max)
                                                      + " rows: take a coarser granularity, fewer dimensions or a shorter interval", "fill"};
    for (const auto& [group, buckets] : named)
      if (!std::binary_search(buckets.begin(), buckets.end(), at))
        to.push_back({at, 0, 0, 0, 0, group});
    if (named.empty())
      break;
  }
  return {};
}

} // namespace

result<event_aggregates> answer(const event_view& view, const aggregate_events& question, const stop_check& stop) {
  if (question.dimensions.size() > question_dimensions_max)
    return failure{error_code::validation_failed, "more than question_dimensions_max = 3 dimensions", "dimensions"};
  const result<filter_plan> plan = filter_plan::make(view, filter_of(question.selection));
  if (!plan)
    return plan.error();
  auto work = std::make_unique<aggregation>(view, question);
  const auto scanned = scan_events(view, *plan, question.selection.start_time, question.selection.end_time, stop,
                                   [&](const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask) {
                                     return work->add(chunk, first, mask);
                                   });
  if (!scanned)
    return scanned.error();
  event_aggregates out{work->finish(), {view.newest(), *scanned}};
  if (question.fill_zero)
    if (const result<void> filled = add_empty_buckets(out.aggregates, question); !filled)
      return filled.error();
  std::sort(out.aggregates.begin(), out.aggregates.end(), [](const event_aggregate& a, const event_aggregate& b) {
    return a.time_bucket != b.time_bucket ? a.time_bucket < b.time_bucket : a.dimensions < b.dimensions;
  });
  return out;
}

} // namespace dotmac
