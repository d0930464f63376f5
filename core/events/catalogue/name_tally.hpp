#pragma once

/// How many events have which type and name, which fields and which properties.
///
/// Threads  one owner each; `merge` takes what another thread counted.
/// Limits   the question's memory: query_too_large.
/// Cost     types and names: a look-up per row; fields: a load per row and field; properties: a load per value, and none where every row is taken or every row has a value:
///          then what the chunk says of itself is enough, and nothing is read.

#include "core/events/catalogue/catalogue_questions.hpp"
#include "core/events/catalogue/selected_rows.hpp"
#include "core/events/dense_index.hpp"
#include "core/events/memory_allowance.hpp"

namespace dotmac {

/// Which columns are looked at. By field, and by number of the property's key.
struct names_wanted {
  bool events = false;
  std::array<bool, event_field_count> fields{};
  std::vector<std::uint8_t> keys; ///< empty: none
  /// Whether rows are looked at even where all of a chunk are taken.
  bool reads_rows() const { return events || std::find(fields.begin(), fields.end(), true) != fields.end(); }
};

struct events_seen {
  std::uint64_t count = 0;
  std::int64_t first = INT64_MAX, last = INT64_MIN;
  void add(std::int64_t at) {
    ++count;
    first = std::min(first, at);
    last = std::max(last, at);
  }
  void merge(const events_seen& other) {
    count += other.count;
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
};

class name_tally {
public:
  name_tally(const names_wanted& wanted, memory_allowance& memory) : wanted_{wanted}, memory_{memory} {}

  result<void> add(const event_chunk& chunk, const selected_rows& rows, const scan_context& context);
  result<void> merge(const name_tally& other);

  std::uint64_t event_count() const noexcept { return event_count_; }
  std::uint64_t field_count(event_field of) const noexcept { return fields_[static_cast<std::size_t>(of)]; }
  /// By number of the key: how many events have which kind of value.
  std::array<std::uint64_t, catalogue_kind_count> kinds_of(std::size_t key) const;
  /// Calls `visit(code of the type, code of the name, events_seen)`.
  template <class Visit> void visit_events(Visit&& visit) const {
    for (std::size_t i = 0; i < pairs_.size(); ++i)
      visit(static_cast<std::uint32_t>(pairs_[i] >> 32), static_cast<std::uint32_t>(pairs_[i]), seen_[i]);
  }

private:
  result<void> add_events(const event_chunk& chunk, const selected_rows& rows, const scan_context& context);
  result<void> add_fields(const event_chunk& chunk, const selected_rows& rows, const scan_context& context);
  result<void> add_properties(const event_chunk& chunk, const selected_rows& rows, const scan_context& context);
  std::uint64_t count_taken(const property_slice& slice, std::span<const std::uint8_t> mask);
  result<void> charge();
  events_seen& seen(std::uint64_t pair) {
    const auto [number, is_new] = pairs_.insert(pair);
    if (is_new)
      seen_.emplace_back();
    return seen_[number];
  }

  const names_wanted& wanted_;
  memory_allowance& memory_;
  std::uint64_t event_count_ = 0;
  dense_index<std::uint64_t> pairs_; ///< code of the type, code of the name
  std::vector<events_seen> seen_;
  std::array<std::uint64_t, event_field_count> fields_{};
  std::vector<std::uint64_t> columns_; ///< by column number
  std::size_t charged_ = 0;
  std::array<std::uint32_t, scan_rows> types_;
  std::array<std::uint32_t, scan_rows> names_; ///< codes or rows
  std::array<std::int64_t, scan_rows> times_;
};

} // namespace dotmac
