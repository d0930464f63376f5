#pragma once

/// Which cell of a trend a row belongs to: the number of its combination of dimension values times the number of buckets, plus its bucket.
///
/// Threads  one owner; the bucket list may be shared.
/// Cost     per row: two comparisons for the bucket where times are near each other; a load for one dimension, a look-up for more.

#include "core/events/bucket_list.hpp"
#include "core/events/dense_index.hpp"
#include "core/events/dimension_codes.hpp"
#include "core/events/row_selection.hpp"
#include "core/events/trends/trend_questions.hpp"

namespace dotmac {

struct dimension_combination {
  std::array<std::uint32_t, question_dimensions_max> codes{};
  friend bool operator==(const dimension_combination&, const dimension_combination&) = default;
};
struct combination_hash {
  std::uint64_t operator()(const dimension_combination& key) const noexcept {
    std::uint64_t hash = 0;
    for (const auto each : key.codes)
      hash = mix_bits(hash * 31 + each);
    return hash;
  }
};

class trend_cells {
public:
  trend_cells(const event_view& view, const measure_trends& question, const bucket_list& buckets, memory_allowance& memory);

  /// Per selected row, in order. Errors: query_too_large past trend_groups_max, trend_cells_max and the memory.
  result<std::span<const std::uint32_t>> of(const event_chunk& chunk, const row_selection& selection);
  std::size_t cell_count() const noexcept { return combination_count() * buckets_.starts.size(); }
  std::size_t combination_count() const noexcept { return dimensions_.empty() ? 1 : combinations_.size(); }
  std::vector<scalar> values_of(std::size_t combination) const;
  /// For each combination of `other` its number here.
  result<std::vector<std::uint32_t>> take_in(const trend_cells& other);

private:
  void fill_codes(const event_chunk& chunk, const row_selection& selection, std::size_t dimension);
  void number_combinations(std::size_t count);

  result<void> check_size();

  const bucket_list& buckets_;
  memory_allowance& memory_;
  std::vector<dimension_codes> dimensions_;
  dense_index<dimension_combination, combination_hash> combinations_;
  std::vector<std::uint32_t> of_code_; ///< of a single dimension: combination + 1
  bucket_finder bucket_;
  std::array<std::array<std::uint32_t, scan_rows>, question_dimensions_max> codes_;
  std::array<std::int64_t, scan_rows> times_;
  std::array<std::uint32_t, scan_rows> cells_;
};

} // namespace dotmac
