#pragma once

/// What one series of a trend gathers per cell (a group in a bucket) while rows pass, and what that comes to for any union of cells.
///
/// Promise   The result does not depend on which accumulator saw which row, nor on their order: counts and distinct counts are exact; sums of whole
///           numbers are exact, sums of decimals are kept in twice the precision of a double and rounded once.
/// Threads   one owner each; `merge` takes what another one gathered. Where `settle` says so, `value_of` may be called by several threads from then on.
/// Errors    query_too_large where the memory is used up.
/// Source    sums: Knuth's TwoSum, "The Art of Computer Programming" vol. 2, 4.2.2.
///           percentiles: PERCENTILE_CONT of SQL, over all values.

#include "core/events/memory_allowance.hpp"
#include "core/events/row_selection.hpp"
#include "core/events/trends/trend_questions.hpp"

#include <memory>

namespace dotmac {

/// What an accumulator is shown of one run of rows.
struct measured_rows {
  const event_chunk* chunk = nullptr;
  const row_selection* selection = nullptr;
  std::span<const std::uint32_t> cells; ///< per selected row
};

class measure_accumulator {
public:
  virtual ~measure_accumulator() = default;
  /// There are `cells` cells from now on; the new ones are empty.
  virtual result<void> grow(std::size_t cells) = 0;
  virtual result<void> add(const measured_rows& rows) = 0;
  /// `other` is of the same kind; its cell i is cell `cells[i]` here.
  virtual result<void> merge(measure_accumulator& other, std::span<const std::uint32_t> cells) = 0;
  /// Of all cells together. Cells without rows count as empty ones.
  virtual scalar value_of(std::span<const std::uint32_t> cells) = 0;
  /// Nothing is added any more. Whether several threads may ask then.
  virtual bool settle() { return false; }
  /// The same of ever more cells, for measures that can be cumulative: `start_union`, then with each call what all cells given since come to.
  virtual void start_union() {}
  virtual scalar with_union(std::span<const std::uint32_t>) { return {}; }
};

std::unique_ptr<measure_accumulator> make_accumulator(const event_view& view, const trend_series& series, memory_allowance& memory);

} // namespace dotmac
