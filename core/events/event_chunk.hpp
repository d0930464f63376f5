#pragma once

/// A run of at most event_chunk_rows events, column by column: in memory, or in a stored segment whose columns come in when they are first looked at.
///
/// Rows     of a chunk are counted by position, without gaps. An event's number among all that its partition ever took, which its id and cursors are
///          made of, stays when others are removed: `row_number`, and back `position_of`.
/// Errors   Where a column cannot be read, it reads as if no event had a value there (of times: a bound of the chunk), and `why_incomplete` says why: whoever visited such a chunk throws
///          away what it found and returns that failure. scan_chunks and scan_events do so for their visitors.
/// Threads  chunk_columns: immutable. An event_chunk has one user; each opens its own (event_view::open).
/// Cost     opening: a few pointers; a column that is first looked at: a look-up in the source, or reading and decoding it.

#include "core/events/event_block_view.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dotmac {

inline constexpr std::uint32_t event_chunk_rows = 65'536;

/// Values of one (key, kind) in one chunk. Column number = key number * value_kind_count + kind.
struct property_slice {
  std::uint32_t column = 0;
  std::uint32_t count = 0;
  packed_integers rows; ///< rising, relative to the chunk; empty where every row has a value
  packed_integers values;
  value_kind kind() const noexcept { return static_cast<value_kind>(column % value_kind_count); }
  std::uint32_t key() const noexcept { return column / value_kind_count; }
  std::uint32_t row_at(std::uint32_t i) const noexcept { return rows.empty() ? i : static_cast<std::uint32_t>(rows[i]); }
  std::optional<std::uint32_t> position_of(std::uint32_t row) const noexcept;
};

struct chunk_bounds {
  std::uint64_t first_row = 0;
  std::uint32_t rows = 0;
  std::int64_t min_at = 0, max_at = 0, max_received = 0;
  std::uint32_t row_span = 0; ///< row numbers that it covers; where events were removed, `rows` of them are left
};

/// All columns of a chunk, in memory.
struct chunk_columns : chunk_bounds {
  packed_integers at, received_at, finer_rows, finer_nanoseconds;
  std::array<packed_integers, event_field_count> codes; ///< that of event_id stays empty
  packed_integers id_references;                        ///< 0 none, uuid number * 2 + 1, text number * 2 + 2
  packed_integers id_text_ends;
  const uuid_bytes* uuids = nullptr;
  const char* id_texts = nullptr;
  std::vector<property_slice> properties; ///< by column
  packed_integers row_numbers; ///< of each row that is left, relative to first_row, rising; empty where none was removed
  std::vector<std::shared_ptr<const void>> owners;
  std::size_t memory_bytes = 0;
};

struct stored_columns;
struct segment_column;
struct profile_state;

class coded_rows;

class event_chunk : public chunk_bounds {
public:
  /// `profiles`, where there are any, must live as long as this.
  explicit event_chunk(std::shared_ptr<const chunk_columns> columns, const profile_state* profiles = nullptr);
  /// The chunk of that number among those of the segment.
  event_chunk(std::shared_ptr<const stored_columns> segment, std::size_t index, const profile_state* profiles = nullptr);
  ~event_chunk();
  event_chunk(event_chunk&&) noexcept;
  event_chunk& operator=(event_chunk&&) noexcept;

  const packed_integers& at() const { return with(place::at).at; }
  const packed_integers& received_at() const { return with(place::received_at).received_at; }
  /// Not of event_id. Of user_id the user that each id means, where ids were merged.
  const packed_integers& codes(event_field of) const { return of == event_field::user_id && profiles_ != nullptr ? merged_users() : sent_codes(of); }
  const packed_integers& sent_codes(event_field of) const { return with(static_cast<place>(of)).codes[static_cast<std::size_t>(of)]; }
  /// The rows of a stored chunk that have this code of event_type, event_name or source. None where the columns are to be looked at: of a chunk in memory, and where most rows
  /// have it. Users are told as they were sent: see merge_users.
  std::shared_ptr<const coded_rows> rows_with(event_field field, std::uint32_t code, event_field user_field) const;
  /// Of codes of the user field: the user that each means.
  void merge_users(event_field user_field, std::span<std::uint32_t> codes) const;
  bool has_merged_users(event_field user_field) const noexcept; ///< somewhere, not only in this chunk
  std::uint64_t row_number(std::uint32_t row) const { return first_row + (row_span == rows ? row : static_cast<std::uint32_t>(with(place::row_numbers).row_numbers[row])); }
  /// Nothing where that event was removed.
  std::optional<std::uint32_t> position_of(std::uint64_t row_number) const;
  std::uint32_t nanoseconds_at(std::uint32_t row) const;
  std::uint32_t id_reference(std::uint32_t row) const { return static_cast<std::uint32_t>(with(place::ids).id_references[row]); }
  const uuid_bytes& uuid(std::uint32_t number) const { return with(place::ids).uuids[number]; }
  std::string_view id_text(std::uint32_t number) const;
  /// Of all kinds under one key, by column.
  std::span<const property_slice> slices_of(std::uint32_t key) const;
  std::span<const property_slice> all_slices() const;
  /// Which there are and how many values each has; rows and values may not be at hand. Reads nothing.
  std::span<const property_slice> listed_slices() const noexcept { return columns_->properties; }

  const std::optional<failure>& why_incomplete() const noexcept { return why_incomplete_; }

private:
  /// Of the fields' codes: the number of the field.
  enum class place : std::uint8_t { ids = static_cast<std::uint8_t>(event_field::event_id), at = event_field_count, received_at, finer_times, row_numbers };

  const chunk_columns& with(place column) const {
    if (lazy_ != nullptr && (loaded_ >> static_cast<unsigned>(column) & 1) == 0)
      load(column);
    return *columns_;
  }
  void load(place column) const;
  const packed_integers& merged_users() const;
  void load_slice(std::size_t number) const;
  std::shared_ptr<const segment_column> read(std::uint32_t part) const;

  std::shared_ptr<const chunk_columns> columns_;
  chunk_columns* lazy_ = nullptr; ///< the same, of a stored chunk: filled bit by bit
  std::shared_ptr<const stored_columns> segment_;
  std::size_t index_ = 0;
  mutable std::uint32_t loaded_ = 0;
  mutable std::vector<bool> slices_loaded_;
  mutable std::optional<failure> why_incomplete_;
  const profile_state* profiles_ = nullptr;
  mutable std::unique_ptr<std::uint32_t[]> merged_codes_; ///< where they differ from those that were sent
  mutable packed_integers merged_users_;
  mutable bool are_users_merged_ = false;
};

} // namespace dotmac
