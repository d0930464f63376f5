#pragma once

/// The rows of one list: which are there, how they are sorted and filtered, and which one is selected.
///
/// Promise  the selection stays on its row while others come, go and change places; where its row goes, it moves to the one at its place.
/// Limits   rows_max rows; more are not taken. filter_bytes_max of a filter.
/// Threads  one.
/// Cost     sorting is done when it is looked at after a change: n log n of all rows.

#include "cli/console/tables.hpp"

#include <cstddef>
#include <unordered_map>
#include <unordered_set>

namespace dotmac::console {

inline constexpr std::size_t rows_max = 10'000;
inline constexpr std::size_t filter_bytes_max = 100;

class listing {
public:
  /// Where nothing else is said rows stand in the order of their keys, numbers in them as numbers; `last_first`: the other way round.
  explicit listing(std::span<const column> columns, bool last_first = false) : columns_{columns}, last_first_{last_first}, descending_{last_first} {}

  /// A part of the rows as they are at `at_ms`; those of earlier parts stay.
  void take(std::vector<row> part, std::int64_t at_ms);
  /// All parts of one round were taken: what was in none of them is gone.
  void end_round();
  /// The round begins anew, because a part of it did not come.
  void break_round() { seen_.clear(); }
  /// Nothing of it is known any more.
  void clear();

  const std::vector<const row*>& shown() const; ///< filtered and sorted; valid until it changes
  std::size_t size() const { return rows_.size(); }
  void move(std::ptrdiff_t by);
  void select_first();
  void select_last();
  const row* selected() const; ///< none where nothing is shown
  std::size_t selected_at() const;
  /// The first of `lines` rows to show so that the selected one is among them.
  std::size_t scrolled_to(std::size_t lines) const;

  /// By the next of the columns `among`, by their numbers; behind the last one by key again.
  void sort_by_next(const std::vector<std::size_t>& among);
  void reverse();
  std::optional<std::size_t> sorted_by() const { return sort_column_; } ///< none: by key
  bool is_descending() const { return descending_; }

  void set_filter(std::string text);
  const std::string& filter() const { return filter_; }
  std::span<const column> columns() const { return columns_; }

private:
  bool is_selected(const row& each) const;
  bool is_before(const row& a, const row& b) const;
  void select_at(std::size_t place);
  void changed();

  std::span<const column> columns_;
  bool last_first_;
  std::unordered_map<std::string, row> rows_;
  std::unordered_set<std::string> seen_; ///< in this round
  std::optional<std::size_t> sort_column_;
  bool descending_;
  std::string filter_;
  mutable std::vector<const row*> shown_;
  mutable bool is_stale_ = false;
  mutable std::string selected_key_;
  mutable std::size_t selected_at_ = 0;
  mutable std::size_t first_ = 0;
  void refresh() const;
};

} // namespace dotmac::console
