#include "core/events/trends/number_accumulators.hpp"

#include "core/events/select_rank.hpp"
#include "core/events/slice_run.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace dotmac {
namespace {

/// The numbers that the selected rows have under one key.
class number_reader {
public:
  number_reader(const event_view& view, const std::string& property) : of_{resolve_event_field(property)} {
    if (of_.kind == event_reference::target::property)
      key_ = view.find_key(of_.scope, of_.key);
  }

  /// `take_integer(cell, value)` and `take_number(cell, value)` for each.
  template <class TakeInteger, class TakeNumber> void read(const measured_rows& rows, TakeInteger&& take_integer, TakeNumber&& take_number) {
    if (!key_)
      return;
    bool has_cells = false;
    const auto slices = rows.chunk->slices_of(*key_);
    if (slices.size() == 1 && read_alone(slices[0], rows, take_integer, take_number))
      return;
    for (const property_slice& slice : slices) {
      if (slice.kind() != value_kind::integer && slice.kind() != value_kind::number)
        continue;
      entries_.read(slice, rows.selection->first(), rows.selection->run_rows());
      if (entries_.size() > 0 && !std::exchange(has_cells, true))
        spread_cells(rows);
      for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        const auto row = entries_.row(i);
        if (rows.selection->mask()[row] == 0)
          continue;
        if (slice.kind() == value_kind::integer)
          take_integer(cell_of_row_[row], entries_.value(i));
        else
          take_number(cell_of_row_[row], std::bit_cast<double>(entries_.value(i)));
      }
    }
  }

private:
  template <class TakeInteger, class TakeNumber> bool read_alone(const property_slice& slice, const measured_rows& rows, TakeInteger& take_integer, TakeNumber& take_number) {
    const bool is_integer = slice.kind() == value_kind::integer;
    if ((!is_integer && slice.kind() != value_kind::number) || !entries_.read_values_of(slice, rows.selection->first(), rows.selection->run_rows(), rows.selection->rows()))
      return false;
    for (std::uint32_t i = 0; i < rows.cells.size(); ++i)
      if (is_integer)
        take_integer(rows.cells[i], entries_.value(i));
      else
        take_number(rows.cells[i], std::bit_cast<double>(entries_.value(i)));
    return true;
  }
  void spread_cells(const measured_rows& rows) {
    const auto selected = rows.selection->rows();
    for (std::size_t i = 0; i < selected.size(); ++i)
      cell_of_row_[selected[i]] = rows.cells[i];
  }
  event_reference of_;
  std::optional<std::uint32_t> key_;
  slice_run entries_;
  std::array<std::uint32_t, scan_rows> cell_of_row_;
};

/// The sum of doubles to about 106 bits.
struct long_sum {
  double high = 0;
  double low = 0;
  void add(double value) {
    const double sum = high + value;
    const double part = sum - high;
    low += (high - (sum - part)) + (value - part);
    high = sum;
  }
  void add(const long_sum& other) {
    add(other.high);
    low += other.low;
  }
  double rounded() const { return std::isfinite(high + low) ? high + low : high; }
};

__extension__ using wide_integer = __int128;

struct number_cell {
  std::uint64_t integers = 0;
  std::uint64_t numbers = 0;
  wide_integer integer_sum = 0;
  long_sum number_sum;
  std::int64_t integer_min = std::numeric_limits<std::int64_t>::max();
  std::int64_t integer_max = std::numeric_limits<std::int64_t>::min();
  double number_min = std::numeric_limits<double>::infinity();
  double number_max = -std::numeric_limits<double>::infinity();

  void add(const number_cell& other) {
    integers += other.integers;
    numbers += other.numbers;
    integer_sum += other.integer_sum;
    number_sum.add(other.number_sum);
    integer_min = std::min(integer_min, other.integer_min);
    integer_max = std::max(integer_max, other.integer_max);
    number_min = std::min(number_min, other.number_min);
    number_max = std::max(number_max, other.number_max);
  }

  /// A whole number only where all were whole and it fits.
  scalar sum() const {
    if (numbers == 0 && integer_sum >= std::numeric_limits<std::int64_t>::min() && integer_sum <= std::numeric_limits<std::int64_t>::max())
      return static_cast<std::int64_t>(integer_sum);
    return total();
  }
  scalar average() const {
    return integers + numbers == 0 ? scalar{} : scalar{total() / static_cast<double>(integers + numbers)};
  }
  scalar least() const {
    if (integers + numbers == 0)
      return {};
    // A long double holds every int64 exactly here.
    return numbers == 0 || (integers > 0 && static_cast<long double>(integer_min) <= static_cast<long double>(number_min)) ? scalar{integer_min} : scalar{number_min};
  }
  scalar greatest() const {
    if (integers + numbers == 0)
      return {};
    return numbers == 0 || (integers > 0 && static_cast<long double>(integer_max) >= static_cast<long double>(number_max)) ? scalar{integer_max} : scalar{number_max};
  }

private:
  double total() const {
    long_sum all = number_sum;
    const auto high = static_cast<double>(integer_sum); // below 2^63 * event_rows_max: the way back fits
    all.add(high);
    all.add(static_cast<double>(integer_sum - static_cast<wide_integer>(high)));
    return all.rounded();
  }
};
static_assert(std::numeric_limits<long double>::digits >= 64);

class number_measure final : public measure_accumulator {
public:
  number_measure(const event_view& view, const std::string& property, trend_measure measure, memory_allowance& memory)
      : reader_{std::make_unique<number_reader>(view, property)}, measure_{measure}, memory_{memory} {}
  result<void> grow(std::size_t cells) override {
    if (auto taken = memory_.take((cells - cells_.size()) * sizeof(number_cell)); !taken)
      return taken;
    cells_.resize(cells);
    return {};
  }
  result<void> add(const measured_rows& rows) override {
    reader_->read(
        rows,
        [this](std::uint32_t cell, std::int64_t value) {
          auto& to = cells_[cell];
          ++to.integers;
          to.integer_sum += value;
          to.integer_min = std::min(to.integer_min, value);
          to.integer_max = std::max(to.integer_max, value);
        },
        [this](std::uint32_t cell, double value) {
          auto& to = cells_[cell];
          ++to.numbers;
          to.number_sum.add(value);
          to.number_min = std::min(to.number_min, value);
          to.number_max = std::max(to.number_max, value);
        });
    return {};
  }
  result<void> merge(measure_accumulator& other, std::span<const std::uint32_t> cells) override {
    const auto& from = static_cast<number_measure&>(other).cells_;
    for (std::size_t i = 0; i < from.size(); ++i)
      cells_[cells[i]].add(from[i]);
    return {};
  }
  scalar value_of(std::span<const std::uint32_t> cells) override {
    start_union();
    return with_union(cells);
  }
  void start_union() override { union_ = {}; }
  scalar with_union(std::span<const std::uint32_t> cells) override {
    for (const auto cell : cells)
      union_.add(cells_[cell]);
    switch (measure_) {
    case trend_measure::sum: return union_.sum();
    case trend_measure::avg: return union_.average();
    case trend_measure::min: return union_.least();
    default: return union_.greatest();
    }
  }

private:
  std::unique_ptr<number_reader> reader_;
  const trend_measure measure_;
  memory_allowance& memory_;
  std::vector<number_cell> cells_;
  number_cell union_;
};

/// Keeps every value: exact.
class percentile_measure final : public measure_accumulator {
public:
  percentile_measure(const event_view& view, const std::string& property, double percentile, memory_allowance& memory)
      : reader_{std::make_unique<number_reader>(view, property)}, share_{percentile / 100}, memory_{memory} {}
  result<void> grow(std::size_t cells) override {
    if (auto taken = memory_.take((cells - cell_count_) * 2 * sizeof(std::ptrdiff_t)); !taken)
      return taken;
    cell_count_ = cells;
    return {};
  }
  result<void> add(const measured_rows& rows) override {
    reader_->read(
        rows, [this](std::uint32_t cell, std::int64_t value) { put(cell, static_cast<double>(value)); },
        [this](std::uint32_t cell, double value) { put(cell, value); });
    return charge();
  }
  result<void> merge(measure_accumulator& other, std::span<const std::uint32_t> cells) override {
    for (auto& from : static_cast<percentile_measure&>(other).parts_) {
      for (auto& each : from.cells)
        each = cells[each];
      parts_.push_back(std::move(from));
    }
    return {};
  }
  bool settle() override {
    if (offsets_.empty())
      sort_by_cell();
    return true;
  }
  scalar value_of(std::span<const std::uint32_t> cells) override {
    settle();
    std::vector<double> together;
    std::span<const double> chosen;
    if (cells.size() == 1) {
      chosen = values_of(cells[0]);
    } else {
      std::size_t count = 0;
      for (const auto cell : cells)
        count += values_of(cell).size();
      together.reserve(count);
      for (const auto cell : cells)
        together.insert(together.end(), values_of(cell).begin(), values_of(cell).end());
      chosen = together;
    }
    if (chosen.empty())
      return {};
    const double position = share_ * static_cast<double>(chosen.size() - 1);
    std::vector<double> room;
    const auto [low, high] = select_rank(chosen, static_cast<std::size_t>(position), room);
    const double fraction = position - std::floor(position);
    return fraction == 0 ? low : low + (high - low) * fraction;
  }

private:
  static constexpr std::size_t value_bytes = 2 * (sizeof(std::uint32_t) + sizeof(double)); ///< while sorting there are two of each

  struct gathered {
    std::vector<std::uint32_t> cells;
    std::vector<double> values;
  };
  void put(std::uint32_t cell, double value) {
    parts_[0].cells.push_back(cell);
    parts_[0].values.push_back(value);
  }
  std::span<const double> values_of(std::uint32_t cell) const { return std::span{values_}.subspan(offsets_[cell], offsets_[cell + 1] - offsets_[cell]); }
  result<void> charge() {
    const auto now = parts_[0].values.size();
    return memory_.take((now - std::exchange(charged_, now)) * value_bytes);
  }
  void sort_by_cell() {
    offsets_.assign(cell_count_ + 1, 0);
    for (const auto& each : parts_)
      for (const auto cell : each.cells)
        ++offsets_[cell + 1];
    for (std::size_t i = 1; i < offsets_.size(); ++i)
      offsets_[i] += offsets_[i - 1];
    values_.resize(offsets_.back());
    auto next = offsets_;
    for (auto& each : parts_) {
      for (std::size_t i = 0; i < each.values.size(); ++i)
        values_[next[each.cells[i]]++] = each.values[i];
      each = {};
    }
  }

  std::unique_ptr<number_reader> reader_;
  const double share_;
  memory_allowance& memory_;
  std::size_t cell_count_ = 0;
  std::size_t charged_ = 0;
  std::vector<gathered> parts_{1};       ///< what this one was shown, then what others were
  std::vector<double> values_;       ///< by cell, once sorted
  std::vector<std::size_t> offsets_; ///< likewise
};

} // namespace

std::unique_ptr<measure_accumulator> make_number_measure(const event_view& view, const std::string& property, trend_measure measure, memory_allowance& memory) {
  return std::make_unique<number_measure>(view, property, measure, memory);
}

std::unique_ptr<measure_accumulator> make_percentile(const event_view& view, const std::string& property, double percentile, memory_allowance& memory) {
  return std::make_unique<percentile_measure>(view, property, percentile, memory);
}

} // namespace dotmac
