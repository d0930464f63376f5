#pragma once

/// The events of a partition in memory, column by column, and immutable views of them.
///
/// Rows are numbered by arrival. They stand in chunks of event_chunk_rows; arrays that a view refers to never move or change
/// below the view's row count: a column that outgrows its array gets a new one and the view keeps the old. Full chunks
/// are narrowed when they are committed.
///
/// Threads    event_columns has one owner. An event_view may be read by any number of threads while the owner appends; it
///            must be handed over with the usual ordering (a message, a mutex).
/// Ownership  a view keeps alive all that it refers to.
/// Cost       snapshot is linear in chunks and property columns of the newest chunk, not in rows.

#include "core/events/event_block_view.hpp"
#include "core/events/event_questions.hpp"
#include "core/events/string_dictionary.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>

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

struct event_chunk {
  std::uint64_t first_row = 0;
  std::uint32_t rows = 0;
  std::int64_t min_at = 0, max_at = 0, max_received = 0;
  packed_integers at, received_at, finer_rows, finer_nanoseconds;
  std::array<packed_integers, event_field_count> codes; ///< that of event_id stays empty
  packed_integers id_references;                        ///< 0 none, uuid number * 2 + 1, text number * 2 + 2
  packed_integers id_text_ends;
  const uuid_bytes* uuids = nullptr;
  const char* id_texts = nullptr;
  std::vector<property_slice> properties; ///< by column
  std::vector<std::shared_ptr<const void>> owners;
  std::size_t memory_bytes = 0;

  std::string_view id_text(std::uint32_t number) const noexcept;
  std::uint32_t nanoseconds_at(std::uint32_t row) const noexcept;
};

struct property_key {
  property_scope scope{};
  std::string_view name;
  const string_dictionary* texts = nullptr; ///< of its text and JSON
  std::uint32_t text_count = 0;
};

class event_view {
public:
  std::uint64_t row_count() const noexcept { return rows_; }
  const std::vector<std::shared_ptr<const event_chunk>>& chunks() const noexcept { return chunks_; }
  const string_dictionary& dictionary(event_field which) const { return *dictionaries_[static_cast<std::size_t>(which)]; }
  std::uint32_t dictionary_size(event_field which) const { return counts_[static_cast<std::size_t>(which)]; }
  const std::vector<property_key>& keys() const noexcept { return keys_; }
  std::optional<std::uint32_t> find_key(property_scope scope, std::string_view name) const;
  /// Zero where there is none. Linear in the dictionary.
  std::uint32_t find_code(event_field which, std::string_view text) const;
  std::optional<timestamp> newest() const;
  std::size_t memory_bytes() const noexcept { return memory_; }

  const event_chunk& chunk_of(std::uint64_t row) const { return *chunks_[row / event_chunk_rows]; }
  std::string event_id_text(std::uint64_t row) const;
  found_event read(std::uint64_t row) const;
  std::uint64_t key() const noexcept { return key_; }

private:
  friend class event_columns;
  std::uint64_t rows_ = 0;
  std::uint64_t key_ = 0;
  std::size_t memory_ = 0;
  std::vector<std::shared_ptr<const event_chunk>> chunks_;
  std::array<const string_dictionary*, event_field_count> dictionaries_{};
  std::array<std::uint32_t, event_field_count> counts_{};
  std::vector<property_key> keys_;
  std::shared_ptr<const void> owner_;
};

struct decoded_segment;
struct dictionary_counts;

class event_columns {
public:
  /// `key` makes the ids of events that came without one.
  explicit event_columns(std::uint64_t key);
  ~event_columns();
  event_columns(event_columns&&) noexcept;
  event_columns& operator=(event_columns&&) noexcept;

  /// Which rows of the block have a property name for which property_keys_max leaves no room; empty: none. New names get what room there is
  /// in the order of the block's columns.
  std::vector<bool> rows_without_room(const event_block_view& block) const;
  /// Appends the given rows of the block (rising). Not visible in snapshots before `commit`.
  /// Errors: validation_failed past property_keys_max; nothing is appended then.
  result<void> append(const event_block_view& block, std::span<const std::uint32_t> rows);
  void commit();
  void discard();
  /// The rows and dictionary entries of a stored segment, behind all that is here; committed at once. Nothing may be staged.
  /// Errors: corrupt_data where it does not follow what is here; what is here is then of no use any more.
  result<void> append_segment(const decoded_segment& segment);

  std::uint64_t row_count() const noexcept;     ///< with those not committed
  std::uint64_t committed_rows() const noexcept;
  dictionary_counts counts() const;
  std::uint64_t key() const noexcept;
  void set_key(std::uint64_t key) noexcept;
  event_view snapshot() const;

  /// The stored id: none, or as it was sent.
  std::optional<uuid_bytes> uuid_of(std::uint64_t row) const;
  std::string_view id_text_of(std::uint64_t row) const;
  /// Whether both are the same event apart from id and times of receipt. Events without a time of their own have the same one.
  bool same_content(std::uint64_t row, const event_block_view& block, std::uint32_t block_row) const;
  std::size_t memory_bytes() const;

private:
  friend class segment_appender;
  struct storage;
  std::shared_ptr<storage> storage_;
};

} // namespace dotmac
