#pragma once

/// Numbers the values of one dimension (a field, a time or a property) as they come; 0 is absent.
///
/// Threads   one owner; others may have numberings of their own over the same view, and then compare by value.
/// Cost      fields: a load per row. Texts of properties: a load per entry after the first of each text. Numbers: a look-up in a map.

#include "core/events/memory_allowance.hpp"
#include "core/events/profiles/profile_table.hpp"
#include "core/events/slice_run.hpp"

#include <map>

namespace dotmac {

class dimension_codes {
public:
  dimension_codes(const event_view& view, std::string_view name);

  /// One code per row of the run; those of rows that the mask leaves out may be anything.
  void fill(const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask, std::span<std::uint32_t> codes);
  /// The same of these rows of the run alone, one code each; false, and nothing done, where that takes looking at others too.
  bool fill_selected(const event_chunk& chunk, std::uint32_t first, std::uint32_t count, std::span<const std::uint16_t> rows, std::span<std::uint32_t> codes);
  scalar value(std::uint32_t code) const;
  /// Of a single row, by its number in the partition. Cost: a search among the chunk's properties; the chunks of the last opened_max rows that were far apart stay open
  /// (and their columns with them), others are opened anew.
  std::uint32_t code_at(std::uint64_t row);
  /// The code of a value of this dimension; a new one where it has not come yet. Not for fields: their codes are the view's.
  std::uint32_t code_of(scalar value);
  /// Takes the memory of the values numbered since the last time.
  /// Errors: query_too_large; that of a stored column which code_at could not read: what it said since is of no use.
  result<void> charge(memory_allowance& memory) { return why_incomplete_ ? result<void>{*why_incomplete_} : memory.take(held_ - std::exchange(charged_, held_)); }
  bool is_field() const noexcept { return of_.kind == event_reference::target::field && of_.field != event_field::event_id && !of_.is_attribute(); }

private:
  std::uint32_t code_in(const event_chunk& chunk, std::uint32_t at);
  std::uint32_t code_of_attribute(std::uint32_t subject);
  void open_texts(std::uint32_t count);
  void fill_property(const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask, std::span<std::uint32_t> codes);
  void fill_texts(const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask, std::span<std::uint32_t> codes);

  const event_view* view_;
  event_reference of_;
  std::optional<std::uint32_t> key_;
  const profile_table* profiles_ = nullptr; ///< of attributes
  const attribute_column* attribute_ = nullptr;
  std::map<scalar, std::uint32_t> numbers_;
  std::vector<scalar> values_;
  std::size_t held_ = 0; ///< bytes of both, and of texts_
  std::size_t charged_ = 0;
  std::vector<std::uint32_t> texts_; ///< by code of the property's texts, or of the attribute's values: number of the value
  slice_run entries_;
  static constexpr std::size_t opened_max = 256;
  std::vector<std::optional<event_chunk>> opened_; ///< by code_at: by number of the chunk modulo opened_max
  std::optional<failure> why_incomplete_;
};

} // namespace dotmac
