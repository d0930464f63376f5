#include "core/events/trends/measure_accumulator.hpp"

#include "core/events/trends/distinct_accumulator.hpp"
#include "core/events/trends/number_accumulators.hpp"

namespace dotmac {
namespace {

class counter final : public measure_accumulator {
public:
  explicit counter(memory_allowance& memory) : memory_{memory} {}
  result<void> grow(std::size_t cells) override {
    if (auto taken = memory_.take((cells - counts_.size()) * sizeof(std::uint64_t)); !taken)
      return taken;
    counts_.resize(cells);
    return {};
  }
  result<void> add(const measured_rows& rows) override {
    for (const auto cell : rows.cells)
      ++counts_[cell];
    return {};
  }
  result<void> merge(measure_accumulator& other, std::span<const std::uint32_t> cells) override {
    const auto& from = static_cast<counter&>(other).counts_;
    for (std::size_t i = 0; i < from.size(); ++i)
      counts_[cells[i]] += from[i];
    return {};
  }
  scalar value_of(std::span<const std::uint32_t> cells) override {
    std::int64_t sum = 0;
    for (const auto cell : cells)
      sum += static_cast<std::int64_t>(counts_[cell]);
    return sum;
  }

  void start_union() override { union_ = 0; }
  scalar with_union(std::span<const std::uint32_t> cells) override { return union_ += std::get<std::int64_t>(value_of(cells)); }

private:
  memory_allowance& memory_;
  std::vector<std::uint64_t> counts_;
  std::int64_t union_ = 0;
};

/// Events that have a user, per user.
class per_user final : public measure_accumulator {
public:
  per_user(const event_view& view, memory_allowance& memory) : users_{make_distinct_ids(view, event_field::user_id, memory)}, counts_{memory} {}
  result<void> grow(std::size_t cells) override {
    if (auto grown = users_->grow(cells); !grown)
      return grown;
    return counts_.grow(cells);
  }
  result<void> add(const measured_rows& rows) override {
    cells_.clear();
    const auto& codes = rows.chunk->codes(event_field::user_id);
    const auto selected = rows.selection->rows();
    for (std::size_t i = 0; i < selected.size(); ++i)
      if (codes[rows.selection->first() + selected[i]] != 0)
        cells_.push_back(rows.cells[i]);
    if (auto added = users_->add(rows); !added)
      return added;
    return counts_.add({rows.chunk, rows.selection, cells_});
  }
  result<void> merge(measure_accumulator& other, std::span<const std::uint32_t> cells) override {
    auto& from = static_cast<per_user&>(other);
    if (auto merged = users_->merge(*from.users_, cells); !merged)
      return merged;
    return counts_.merge(from.counts_, cells);
  }
  scalar value_of(std::span<const std::uint32_t> cells) override {
    const auto users = std::get<std::int64_t>(users_->value_of(cells));
    if (users == 0)
      return {};
    return static_cast<double>(std::get<std::int64_t>(counts_.value_of(cells))) / static_cast<double>(users);
  }

private:
  std::unique_ptr<measure_accumulator> users_;
  counter counts_;
  std::vector<std::uint32_t> cells_;
};

} // namespace

std::unique_ptr<measure_accumulator> make_accumulator(const event_view& view, const trend_series& series, memory_allowance& memory) {
  switch (series.measure) {
  case trend_measure::count: return std::make_unique<counter>(memory);
  case trend_measure::unique_users: return make_distinct_ids(view, event_field::user_id, memory);
  case trend_measure::unique_sessions: return make_distinct_ids(view, event_field::session_id, memory);
  case trend_measure::unique_customers: return make_distinct_ids(view, event_field::customer_id, memory);
  case trend_measure::events_per_user: return std::make_unique<per_user>(view, memory);
  case trend_measure::distinct_values: return make_distinct_values(view, series.property, memory);
  case trend_measure::percentile: return make_percentile(view, series.property, series.percentile, memory);
  case trend_measure::sum:
  case trend_measure::avg:
  case trend_measure::min:
  case trend_measure::max: return make_number_measure(view, series.property, series.measure, memory);
  }
  return nullptr;
}

} // namespace dotmac
