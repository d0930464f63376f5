#pragma once

/// What event_columns holds: part of it, for its own files only.

#include "core/events/growing_chunk.hpp"

namespace dotmac {

struct event_columns::storage {
  storage(std::uint64_t key, std::shared_ptr<std::pmr::memory_resource> large_memory);
  std::unique_ptr<string_dictionary> make_dictionary() const;

  std::shared_ptr<std::pmr::memory_resource> large_memory; ///< of dictionaries
  std::uint64_t key = 0;
  std::uint64_t rows = 0;
  std::uint64_t committed = 0;
  std::array<string_dictionary, event_field_count> fields;
  std::array<std::uint32_t, event_field_count> committed_fields{};
  string_dictionary key_names; ///< scope as a character, then the name
  std::uint32_t committed_keys = 0;
  std::vector<std::unique_ptr<string_dictionary>> texts;
  std::vector<std::uint32_t> committed_texts;
  std::vector<chunk_place> sealed;
  std::vector<growing_chunk> open; ///< follow the sealed ones; all but the last are full
  std::shared_ptr<forgotten_texts> forgotten; ///< views have the same: changed in a copy
  std::vector<std::uint32_t> translated; ///< scratch: the block's code -> ours
  std::vector<std::uint32_t> asked_codes, found_codes; ///< scratch of translate
  std::vector<std::string_view> asked_texts;

  void append_run(const event_block_view& block, std::span<const std::uint32_t> rows_of_run,
                  std::span<const std::uint32_t> uuid_numbers);
  void append_column(growing_chunk& to, const event_block_view& block, const block_property_column& column,
                     std::span<const std::uint32_t> chosen, std::uint32_t first);
  /// Fills `translated` for the codes that `visit_codes` visits; new texts get numbers in that order.
  template <class Codes> void translate(string_dictionary& into, const event_block_view& block, const Codes& visit_codes);
  static std::string full_key(property_scope scope, std::string_view name); ///< the name of a property among those of both scopes
  std::uint32_t key_number(property_scope scope, std::string_view name);
  /// Whether the names that are new in these rows stay within property_keys_max.
  bool has_room(const event_block_view& block, std::span<const std::uint32_t> chosen) const;
  bool is_same(const event_chunk& chunk, std::uint32_t at, const event_block_view& block, std::uint32_t block_row) const;
  const growing_chunk& open_chunk(std::uint64_t row) const { return open[row / event_chunk_rows - sealed.size()]; }
};

} // namespace dotmac
