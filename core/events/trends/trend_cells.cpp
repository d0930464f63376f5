#include "core/events/trends/trend_cells.hpp"

#include "core/events/packed_gather.hpp"

#include <algorithm>

namespace dotmac {
namespace {
constexpr std::size_t few_of = 4; ///< where fewer than one of so many rows is selected, each time is read by itself
} // namespace

trend_cells::trend_cells(const event_view& view, const measure_trends& question, const bucket_list& buckets, memory_allowance& memory) : buckets_{buckets}, memory_{memory}, bucket_{buckets} {
  for (const auto& each : question.dimensions)
    dimensions_.emplace_back(view, each);
}

result<std::span<const std::uint32_t>> trend_cells::of(const event_chunk& chunk, const row_selection& selection) {
  const auto rows = selection.rows();
  const auto out = std::span{cells_}.first(rows.size());
  if (dimensions_.empty()) {
    std::fill(out.begin(), out.end(), 0);
  } else {
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      fill_codes(chunk, selection, d);
    number_combinations(rows.size());
    if (auto fits = check_size(); !fits)
      return fits.error();
  }
  const auto bucket_count = static_cast<std::uint32_t>(buckets_.starts.size());
  if (bucket_count == 1)
    return std::span<const std::uint32_t>{out};
  if (rows.size() * few_of < selection.run_rows()) {
    gather(chunk.at(), selection.first(), rows, times_.data());
    for (std::size_t i = 0; i < rows.size(); ++i)
      out[i] = out[i] * bucket_count + bucket_.of(times_[i]);
    return std::span<const std::uint32_t>{out};
  }
  chunk.at().unpack(selection.first(), std::span{times_}.first(selection.run_rows()));
  for (std::size_t i = 0; i < rows.size(); ++i)
    out[i] = out[i] * bucket_count + bucket_.of(times_[rows[i]]);
  return std::span<const std::uint32_t>{out};
}

result<void> trend_cells::check_size() {
  if (combinations_.size() > trend_groups_max)
    return failure{error_code::query_too_large, "the dimensions have more than trend_groups_max = " + std::to_string(trend_groups_max) + " combinations of values", "dimensions"};
  if (cell_count() > trend_cells_max)
    return failure{error_code::query_too_large, "groups times buckets are more than trend_cells_max = " + std::to_string(trend_cells_max) + ": take a coarser granularity, fewer dimensions or a shorter interval", "dimensions"};
  for (auto& each : dimensions_)
    if (auto taken = each.charge(memory_); !taken)
      return taken;
  return {};
}

/// One code for each selected row.
void trend_cells::fill_codes(const event_chunk& chunk, const row_selection& selection, std::size_t dimension) {
  auto& codes = codes_[dimension];
  const auto rows = selection.rows();
  if (dimensions_[dimension].fill_selected(chunk, selection.first(), selection.run_rows(), rows, codes))
    return;
  dimensions_[dimension].fill(chunk, selection.first(), selection.mask(), std::span{codes}.first(selection.run_rows()));
  for (std::size_t i = 0; i < rows.size(); ++i) // rows[i] is not before i
    codes[i] = codes[rows[i]];
}

/// Into cells_, per selected row.
void trend_cells::number_combinations(std::size_t count) {
  if (dimensions_.size() == 1) {
    const auto codes = std::span<const std::uint32_t>{codes_[0]}.first(count);
    std::uint32_t greatest = 0;
    for (const auto code : codes)
      greatest = std::max(greatest, code);
    if (greatest >= of_code_.size())
      of_code_.resize(std::max<std::size_t>(greatest + 1, of_code_.size() * 2));
    for (std::size_t i = 0; i < count; ++i) {
      auto& known = of_code_[codes[i]];
      if (known == 0)
        known = combinations_.insert({{codes[i]}}).number + 1;
      cells_[i] = known - 1;
    }
    return;
  }
  dimension_combination last;
  std::uint32_t number = 0;
  bool has_last = false;
  for (std::size_t i = 0; i < count; ++i) {
    dimension_combination key;
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      key.codes[d] = codes_[d][i];
    if (!has_last || !(key == last)) {
      number = combinations_.insert(key).number;
      last = key;
      has_last = true;
    }
    cells_[i] = number;
  }
}

std::vector<scalar> trend_cells::values_of(std::size_t combination) const {
  std::vector<scalar> out;
  for (std::size_t d = 0; d < dimensions_.size(); ++d)
    out.push_back(dimensions_[d].value(combinations_[combination].codes[d]));
  return out;
}

result<std::vector<std::uint32_t>> trend_cells::take_in(const trend_cells& other) {
  std::vector<std::uint32_t> out;
  if (dimensions_.empty())
    return std::vector<std::uint32_t>{0};
  for (std::size_t c = 0; c < other.combinations_.size(); ++c) {
    auto key = other.combinations_[c];
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      if (!dimensions_[d].is_field())
        key.codes[d] = dimensions_[d].code_of(other.dimensions_[d].value(key.codes[d]));
    out.push_back(combinations_.insert(key).number);
  }
  if (auto fits = check_size(); !fits)
    return fits.error();
  return out;
}

} // namespace dotmac
