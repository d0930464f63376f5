#pragma once

/// The rows of one event of a question, found run by run. What depends on one field alone is looked up by its code, and rows that do not match are passed
/// over eight at a time.
///
/// Threads  immutable once made; `visit` may run on several threads, each with a workplace of its own.
/// Cost     a byte looked up per row, then what `take` does of those that match.

#include "core/events/funnel/step_bits.hpp"

#include <bit>
#include <cstring>

namespace dotmac {

class event_match {
public:
  struct workplace {
    alignas(8) std::array<std::uint8_t, scan_rows> mask;
  };

  static result<event_match> make(const event_view& view, const funnel_step& event);

  /// Calls `take(row of the chunk)` for each row of the chunk that matches, rising. Stops between runs: cancelled.
  template <class Take> result<void> visit(const event_view& view, const event_chunk& chunk, const scan_context& context, workplace& with, Take&& take) const {
    for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
      if (context.is_stopped())
        return question_cancelled();
      const auto count = std::min(scan_rows, chunk.rows - first);
      fill(view, chunk, first, std::span{with.mask}.first(count));
      std::fill_n(with.mask.begin() + count, std::min<std::size_t>(8, with.mask.size() - count), std::uint8_t{0}); // up to the next whole word
      for (std::uint32_t word_at = 0; word_at < count; word_at += 8) {
        std::uint64_t word;
        std::memcpy(&word, with.mask.data() + word_at, sizeof word);
        for (; word != 0; word &= word - 1) // bytes are 0 or 1
          take(first + word_at + static_cast<std::uint32_t>(std::countr_zero(word)) / 8);
      }
    }
    return {};
  }

  /// The same for those that lie in the range and have a user: calls `take(user code, time)`.
  template <class Take>
  result<void> visit_users(const event_view& view, const event_chunk& chunk, event_field user_field, const time_range& range, const scan_context& context, workplace& with, Take&& take) const {
    const auto& users = chunk.codes[static_cast<std::size_t>(user_field)];
    const bool is_inside = range.holds(chunk);
    return visit(view, chunk, context, with, [&](std::uint32_t row) {
      const auto user = static_cast<std::uint32_t>(users[row]);
      const auto at = chunk.at[row];
      if (user != 0 && (is_inside || (at >= range.start && at < range.end)))
        take(user, at);
    });
  }

private:
  explicit event_match(filter_plan plan) : plan_{std::move(plan)}, coded_{plan_.coded()} {}
  void fill(const event_view& view, const event_chunk& chunk, std::uint32_t first, std::span<std::uint8_t> mask) const {
    if (coded_)
      chunk.codes[static_cast<std::size_t>(coded_->field)].look_up(first, coded_->is_true, mask);
    else
      plan_.evaluate(view, chunk, first, mask);
  }

  filter_plan plan_;
  std::optional<coded_filter> coded_;
};

} // namespace dotmac
