#pragma once

/// How many events have which value under one name.
///
/// Threads  one owner each; `merge` takes what another thread counted, once both have ended.
/// Limits   the question's memory: query_too_large.
/// Cost     texts: a load per value; of a field or a property 8 bytes per entry of its dictionary. Numbers and times: a look-up per value, 60 bytes per different one. Ids of
///          events: a look-up per event whose id fits, 150 bytes and the id each.

#include "core/events/catalogue/catalogue_questions.hpp"
#include "core/events/catalogue/selected_rows.hpp"
#include "core/events/dense_index.hpp"
#include "core/events/memory_allowance.hpp"
#include "core/events/profiles/profile_table.hpp"
#include "core/events/slice_run.hpp"

#include <bit>
#include <map>

namespace dotmac {

/// Numbers by their bits, and how often each came.
class counted_numbers {
public:
  void add(std::uint64_t number, std::uint64_t count) {
    const auto at = index_.insert(number).number;
    if (at == counts_.size())
      counts_.push_back(0);
    counts_[at] += count;
  }
  std::size_t size() const noexcept { return counts_.size(); }
  std::uint64_t number(std::size_t at) const { return index_[at]; }
  std::uint64_t count(std::size_t at) const { return counts_[at]; }
  std::size_t memory_bytes() const noexcept { return size() * 60; } // lists may be half full, the index a third

private:
  dense_index<std::uint64_t> index_;
  std::vector<std::uint64_t> counts_;
};

class value_tally {
public:
  /// Ids of events are counted only where they fit `search`.
  value_tally(const event_view& view, const event_reference& of, const text_search& search, memory_allowance& memory);

  result<void> add(const event_chunk& chunk, const selected_rows& rows, const scan_context& context);
  result<void> merge(const value_tally& other);

  /// Where values stand: of wholes and fractions the list's position, of texts and nested values the code, of booleans 0 or 1.
  enum class place : std::uint8_t { texts, wholes, fractions, booleans, nested, ids };
  struct entry {
    std::uint64_t count;
    std::uint32_t number;
    place where;
  };
  /// Calls `visit(entry)` for each value that came, places in their order.
  template <class Visit> void visit(Visit&& visit) const {
    const auto of_counts = [&](const auto& counts, place where) {
      for (std::uint32_t i = 0; i < counts.size(); ++i)
        if (counts[i] > 0)
          visit(entry{counts[i], i, where});
    };
    const auto of_numbers = [&](const counted_numbers& numbers, place where) {
      for (std::uint32_t i = 0; i < numbers.size(); ++i)
        visit(entry{numbers.count(i), i, where});
    };
    of_counts(texts_, place::texts);
    of_numbers(wholes_, place::wholes);
    of_numbers(fractions_, place::fractions);
    of_counts(booleans_, place::booleans);
    of_counts(nested_, place::nested);
    of_counts(id_counts_, place::ids);
  }
  std::string_view text(const entry& of) const; ///< of texts, nested values and ids
  std::int64_t whole(const entry& of) const { return static_cast<std::int64_t>(wholes_.number(of.number)); }
  double fraction(const entry& of) const { return std::bit_cast<double>(fractions_.number(of.number)); }
  scalar value(const entry& of) const;
  catalogue_kind kind(const entry& of) const;
  /// Orders values of one kind.
  bool is_before(const entry& a, const entry& b) const;

  std::uint64_t event_count() const noexcept { return event_count_; }
  std::uint64_t value_events() const noexcept { return value_events_; }

private:
  bool is_time() const noexcept { return of_.kind == event_reference::target::timestamp || of_.kind == event_reference::target::received_at; }
  void add_attribute(std::uint32_t subject);
  void add_codes(const packed_integers& codes, std::uint32_t first, std::span<const std::uint8_t> mask);
  void add_times(const packed_integers& times, std::uint32_t first, std::span<const std::uint8_t> mask);
  void add_ids(const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask);
  void add_id(std::string id, std::uint64_t count);
  void add_slice(const property_slice& slice, std::uint32_t first, std::span<const std::uint8_t> mask);
  void add_number(double number);
  result<void> charge();

  const event_view& view_;
  const event_reference of_;
  const attribute_column* attribute_ = nullptr; ///< where it is of a profile
  std::vector<profile_value> attribute_values_;
  const std::optional<std::uint32_t> key_;
  text_search search_;
  memory_allowance& memory_;
  std::uint64_t event_count_ = 0;
  std::uint64_t value_events_ = 0;
  std::vector<std::uint64_t> texts_, nested_; ///< by code
  counted_numbers wholes_, fractions_;        ///< no double that is a whole number of 64 bits is among the fractions
  std::array<std::uint64_t, 2> booleans_{};
  std::map<std::string, std::uint32_t, std::less<>> ids_; ///< position in the two beside it
  std::vector<std::string_view> id_texts_;
  std::vector<std::uint64_t> id_counts_;
  std::size_t held_by_ids_ = 0; ///< bytes
  std::size_t charged_ = 0;
  slice_run entries_;
  std::array<std::uint32_t, scan_rows> codes_;
  std::array<std::int64_t, scan_rows> times_;
};

} // namespace dotmac
