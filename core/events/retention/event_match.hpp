#pragma once

/// The rows of one event of a question, found run by run. What depends on one field alone is looked up by its code, and rows that do not match are passed
/// over eight at a time.
///
/// Threads  immutable once made; `visit_users` may run on several threads, each with a workplace of its own.
/// Cost     a byte looked up per row, then what `take` does of those that match.

#include "core/events/coded_rows.hpp"
#include "core/events/funnel/step_bits.hpp"
#include "core/events/packed_equal.hpp"
#include "core/events/packed_gather.hpp"

namespace dotmac {

class event_match {
public:
  struct workplace {
    alignas(8) std::array<std::uint8_t, scan_rows> mask;
    std::array<std::uint32_t, scan_rows> rows;  ///< of the chunk, that match
    std::array<std::uint32_t, scan_rows> users; ///< by position in rows
    std::array<std::int64_t, scan_rows> times;
  };

  static result<event_match> make(const event_view& view, const funnel_step& event);

  /// Calls `take(user code, time)` for each row of the chunk that matches, lies in the range and has a user. Stops between runs: cancelled.
  template <class Take>
  result<void> visit_users(const event_view& view, const event_chunk& chunk, event_field user_field, const time_range& range, const scan_context& context, workplace& with, Take&& take) const {
    const bool is_inside = range.holds(chunk);
    if (const auto list = coded_ && only_ ? chunk.rows_with(coded_->field, *only_, user_field) : nullptr)
      return visit_listed(*list, chunk, user_field, range, context, with, take);
    for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
      if (context.is_stopped())
        return question_cancelled();
      const auto count = std::min(scan_rows, chunk.rows - first);
      fill(view, chunk, first, std::span{with.mask}.first(count));
      const auto matching = std::span<const std::uint32_t>{with.rows}.first(find_rows(first, count, with));
      gather(chunk.codes(user_field), 0, matching, with.users.data());
      gather(chunk.at(), 0, matching, with.times.data());
      for (std::size_t i = 0; i < matching.size(); ++i)
        if (with.users[i] != 0 && (is_inside || (with.times[i] >= range.start && with.times[i] < range.end)))
          take(with.users[i], with.times[i]);
    }
    return {};
  }

private:
  template <class Take>
  static result<void> visit_listed(const coded_rows& list, const event_chunk& chunk, event_field user_field, const time_range& range, const scan_context& context, workplace& with, Take&& take) {
    const bool is_inside = range.holds(chunk);
    for (std::uint32_t first = 0; first < list.size(); first += scan_rows) {
      if (context.is_stopped())
        return question_cancelled();
      const auto count = std::min(scan_rows, list.size() - first);
      std::copy_n(list.users().begin() + first, count, with.users.begin());
      chunk.merge_users(user_field, std::span{with.users}.first(count));
      for (std::uint32_t i = 0; i < count; ++i)
        if (const auto at = list.at(first + i); is_inside || (at >= range.start && at < range.end))
          take(with.users[i], at);
    }
    return {};
  }
  explicit event_match(filter_plan plan) : plan_{std::move(plan)}, coded_{plan_.coded()}, only_{coded_ ? only_true(coded_->is_true) : std::nullopt} {}
  static std::size_t find_rows(std::uint32_t first, std::uint32_t count, workplace& with);

  void fill(const event_view& view, const event_chunk& chunk, std::uint32_t first, std::span<std::uint8_t> mask) const {
    if (coded_)
      look_up(chunk.codes(coded_->field), first, coded_->is_true, only_, mask);
    else
      plan_.evaluate(view, chunk, first, mask);
  }

  filter_plan plan_;
  std::optional<coded_filter> coded_;
  std::optional<std::uint32_t> only_;
};

} // namespace dotmac
