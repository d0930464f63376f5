#pragma once

/// What the rows of a chunk are called as steps of a path: the rules are applied once to each value, rows are looked up.
///
/// Threads  one owner each; numbers are its own until `match_labels`.
/// Limits   path_labels_max and the question's memory: query_too_large.
/// Cost     a load per row, beside what the filters cost; the rules once per value.

#include "core/events/dimension_codes.hpp"
#include "core/events/funnel/user_events.hpp"
#include "core/events/paths/path_questions.hpp"

namespace dotmac {

class path_labels {
public:
  /// `steps`: bit 0 the events that are steps, bit 1 where paths begin or end, exclusions; none: all are steps.
  path_labels(const event_view& view, const follow_paths& question, const time_range& range, const step_bits* steps, memory_allowance& memory)
      : view_{view}, question_{question}, range_{range}, steps_{steps}, memory_{memory}, codes_{view, question.label_field} {}

  /// Into kinds, per row of the run: label * 2, and 1 more where a path begins or ends; user_events::not_taken of what is no step, or not in the range.
  result<void> fill(const event_chunk& chunk, std::uint32_t first, std::span<std::uint32_t> kinds);
  const std::vector<scalar>& labels() const noexcept { return labels_; }

private:
  static constexpr std::uint32_t unknown = 0, left_out = 1, first_label = 2;
  std::uint32_t find_label(std::uint32_t code);
  result<void> charge();

  const event_view& view_;
  const follow_paths& question_;
  const time_range range_;
  const step_bits* steps_;
  memory_allowance& memory_;
  dimension_codes codes_;
  std::vector<std::uint32_t> of_code_; ///< by code of the value: unknown, left_out, or its label's number + first_label
  std::vector<scalar> labels_;         ///< by number
  std::map<scalar, std::uint32_t> numbers_;
  std::size_t text_bytes_ = 0;
  std::size_t charged_ = 0;
  step_bits::workplace bits_;
  std::array<std::uint8_t, scan_rows> mask_;
  std::array<std::uint32_t, scan_rows> values_;
  std::array<std::int64_t, scan_rows> times_;
};

/// The labels of all, in order; `common` of each of `all` (null where a thread found nothing): the number there of each of its own.
/// Errors: query_too_large past path_labels_max.
result<std::vector<scalar>> match_labels(std::span<const std::unique_ptr<path_labels>> all, std::vector<std::vector<std::uint32_t>>& common);

} // namespace dotmac
