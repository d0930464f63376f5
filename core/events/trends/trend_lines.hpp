#pragma once

/// What was gathered of a series, as lines of a chart: the largest groups, and one for all others.
///
/// Threads  one owner.

#include "core/events/trends/trend_work.hpp"

#include <map>

namespace dotmac {

/// The groups of a series that have a line of their own, by the values of their dimensions.
using chosen_groups = std::vector<std::vector<scalar>>;

class line_maker {
public:
  line_maker(const measure_trends& question, std::size_t bucket_count, selection_work& work, std::size_t measure, const scan_context& context);
  /// Before anything else.
  result<void> prepare(memory_allowance& memory);

  /// Largest total first; by values where totals are equal.
  result<chosen_groups> largest();
  /// Whether there are groups beside these.
  bool has_more_than(const chosen_groups& groups) const;
  /// A line for each of `groups`, and one for all others where `has_other`.
  result<void> add_lines(std::uint32_t series, const chosen_groups& groups, bool has_other, std::vector<trend_line>& out);

private:
  const scalar& total_of(std::size_t combination);
  std::vector<std::uint32_t> cells_of(std::span<const std::size_t> combinations) const;
  scalar total_of_line(std::span<const std::size_t> combinations);
  scalar point(std::span<const std::size_t> combinations, std::size_t bucket);
  result<std::vector<scalar>> points(std::span<const std::size_t> combinations);
  /// The points and the total, by all threads.
  result<std::vector<scalar>> shared_points(std::span<const std::size_t> combinations, scalar& total);

  const measure_trends& question_;
  const std::size_t bucket_count_;
  selection_work& work_;
  measure_accumulator& measure_;
  const scan_context& context_;
  std::map<std::vector<scalar>, std::size_t> combinations_; ///< by values
  std::vector<std::optional<scalar>> totals_; ///< by combination, where asked for: a union of many cells
};

} // namespace dotmac
