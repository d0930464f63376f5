#include "core/events/dense_index.hpp"
#include "core/events/dimension_codes.hpp"
#include "core/events/event_answers.hpp"
#include "core/events/trends/trend_work.hpp"

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

/// For intervals with more buckets than can be listed, of which most are empty: groups by hash, on one thread.
class sparse_aggregation {
public:
  sparse_aggregation(const event_view& view, const aggregate_events& question, memory_allowance& memory) : cursor_{question.size, question.zone}, memory_{memory} {
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
    return charge();
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
  result<void> charge() {
    for (auto& each : dimensions_)
      if (auto taken = each.charge(memory_); !taken)
        return taken;
    constexpr std::size_t id_bytes = 28; // a key in a list that grows, its place in a table at most two thirds full
    const auto held = (seen_[0].size() + seen_[1].size() + seen_[2].size()) * id_bytes + counts_.size() * (sizeof(group_counts) + 2 * sizeof(group_key));
    return memory_.take(held - std::exchange(charged_, held));
  }

  bucket_cursor cursor_;
  memory_allowance& memory_;
  std::size_t charged_ = 0;
  std::vector<dimension_codes> dimensions_;
  dense_index<group_key, group_hash> groups_;
  std::vector<group_counts> counts_;
  std::array<dense_index<std::uint64_t>, 3> seen_; ///< group and id
  group_key last_key_;
  std::uint32_t last_group_ = 0;
  std::array<std::array<std::uint32_t, scan_rows>, question_dimensions_max> codes_;
  std::array<std::array<std::uint32_t, scan_rows>, 3> ids_;
};

/// The usual way: a cell for each group in each bucket, by all threads, as trends do.
class cell_aggregation {
public:
  cell_aggregation(const event_view& view, const aggregate_events& question, const bucket_list& buckets, const scan_context& context)
      : view_{view}, buckets_{buckets}, context_{context}, memory_{context.memory_max}, range_{question.selection.start_time.milliseconds, question.selection.end_time.milliseconds},
        workers_(context.width()) {
    asked_.dimensions = question.dimensions;
    for (const auto measure : {trend_measure::count, trend_measure::unique_users, trend_measure::unique_sessions, trend_measure::unique_customers}) {
      selection_.series.push_back(asked_.series.size());
      asked_.series.emplace_back().measure = measure;
    }
  }

  result<event_aggregates> run(filter_plan plan) {
    selection_.plan = std::move(plan);
    const auto scanned = scan_chunks(view_, range_, context_, [&](std::size_t number, const event_chunk& chunk) -> result<void> {
      auto& mine = workers_[number];
      if (!mine)
        mine = make_work();
      scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      return mine->add(chunk, range_, context_);
    });
    if (!scanned)
      return scanned.error();
    auto whole = merge();
    return whole ? finish(**whole) : result<event_aggregates>{whole.error()};
  }

private:
  std::unique_ptr<selection_work> make_work() { return std::make_unique<selection_work>(view_, asked_, selection_, buckets_, memory_); }

  result<selection_work*> merge() {
    std::erase(workers_, nullptr);
    if (workers_.empty())
      workers_.push_back(make_work());
    if (auto grown = workers_[0]->grow(); !grown)
      return grown.error();
    for (std::size_t w = 1; w < workers_.size(); ++w) {
      if (context_.is_stopped())
        return question_cancelled();
      if (auto merged = workers_[0]->merge(*workers_[w], buckets_.size()); !merged)
        return merged.error();
      workers_[w].reset();
    }
    return workers_[0].get();
  }

  result<event_aggregates> finish(selection_work& whole) {
    event_aggregates out;
    for (std::uint32_t cell = 0; cell < whole.cells().cell_count(); ++cell) {
      if (cell % scan_rows == 0 && context_.is_stopped())
        return question_cancelled();
      const auto value = [&](std::size_t measure) { return static_cast<std::uint64_t>(std::get<std::int64_t>(whole.measure(measure).value_of(std::span{&cell, 1}))); };
      const auto count = value(0);
      if (count == 0)
        continue;
      if (out.aggregates.size() == answer_groups_max)
        return too_many_groups();
      out.aggregates.push_back({timestamp{buckets_.starts[cell % buckets_.size()]}, count, value(1), value(2), value(3), whole.cells().values_of(cell / buckets_.size())});
    }
    out.scope = {view_.newest(), scanned_};
    return out;
  }

  const event_view& view_;
  const bucket_list& buckets_;
  const scan_context& context_;
  memory_allowance memory_;
  const time_range range_;
  measure_trends asked_;
  shared_selection selection_;
  std::vector<std::unique_ptr<selection_work>> workers_;
  std::atomic<std::uint64_t> scanned_{0};
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

namespace {

result<event_aggregates> aggregate_sparsely(const event_view& view, const aggregate_events& question, const filter_plan& plan, const scan_context& context) {
  memory_allowance memory{context.memory_max};
  const auto work = std::make_unique<sparse_aggregation>(view, question, memory);
  const auto scanned = scan_events(view, plan, question.selection.start_time, question.selection.end_time, context.stop,
                                   [&](const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask) { return work->add(chunk, first, mask); });
  if (!scanned)
    return scanned.error();
  return event_aggregates{work->finish(), {view.newest(), *scanned}};
}

/// Where the buckets or the cells are too many there may still be few groups with events.
result<event_aggregates> aggregate(const event_view& view, const aggregate_events& question, const scan_context& context) {
  auto plan = filter_plan::make(view, filter_of(question.selection));
  if (!plan)
    return plan.error();
  const auto& [start, end] = std::pair{question.selection.start_time, question.selection.end_time};
  const auto buckets = bucket_list::make(view, start, end, question.size, question.zone);
  if (!buckets && buckets.error().code != error_code::query_too_large)
    return buckets.error();
  if (buckets && buckets->size() > 0) {
    auto in_cells = std::make_unique<cell_aggregation>(view, question, *buckets, context)->run(std::move(*plan));
    if (in_cells || in_cells.error().code != error_code::query_too_large)
      return in_cells;
    plan = filter_plan::make(view, filter_of(question.selection));
  }
  return aggregate_sparsely(view, question, *plan, context);
}

} // namespace

result<event_aggregates> answer(const event_view& view, const aggregate_events& question, const scan_context& context) {
  if (question.dimensions.size() > question_dimensions_max)
    return failure{error_code::validation_failed, "more than question_dimensions_max = 3 dimensions", "dimensions"};
  auto out = aggregate(view, question, context);
  if (!out)
    return out;
  if (question.fill_zero)
    if (const result<void> filled = add_empty_buckets(out->aggregates, question); !filled)
      return filled.error();
  std::sort(out->aggregates.begin(), out->aggregates.end(), [](const event_aggregate& a, const event_aggregate& b) {
    return a.time_bucket != b.time_bucket ? a.time_bucket < b.time_bucket : a.dimensions < b.dimensions;
  });
  return out;
}

} // namespace dotmac
