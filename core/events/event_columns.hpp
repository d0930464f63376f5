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

#include "core/events/event_chunk.hpp"
#include "core/events/event_questions.hpp"
#include "core/events/string_dictionary.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace dotmac {

/// Where a chunk of a view is: in memory, or in a stored segment.
struct chunk_place : chunk_bounds {
  std::shared_ptr<const chunk_columns> columns;
  std::shared_ptr<const stored_columns> stored; ///< where there are no `columns`
  std::uint32_t index_in_segment = 0;
  const profile_state* profiles = nullptr; ///< the view's
  event_chunk open() const { return columns ? event_chunk{columns, profiles} : event_chunk{stored, index_in_segment, profiles}; }
};

struct profile_subject;
struct removal_condition;
struct text_usage;

/// Texts that no event has any more since events were removed, by code: nobody finds them, and snapshots leave them out.
struct forgotten_texts {
  std::array<std::vector<bool>, event_field_count> fields;
  std::vector<std::vector<bool>> texts; ///< by key
  bool of_field(std::size_t field, std::uint32_t code) const noexcept { return code < fields[field].size() && fields[field][code]; }
  bool of_key(std::size_t key, std::uint32_t code) const noexcept { return key < texts.size() && code < texts[key].size() && texts[key][code]; }
};

struct property_key {
  property_scope scope{};
  std::string_view name;
  const string_dictionary* texts = nullptr; ///< of its text and JSON
  std::uint32_t text_count = 0;
  std::size_t text_bytes = 0; ///< of memory
};

class event_view {
public:
  std::uint64_t row_count() const noexcept { return rows_; } ///< events ever taken: numbers of rows are below it
  std::uint64_t event_count() const;                         ///< those that were not removed; linear in the chunks
  const std::vector<chunk_place>& chunks() const noexcept { return chunks_; }
  const string_dictionary& dictionary(event_field which) const { return *dictionaries_[static_cast<std::size_t>(which)]; }
  std::uint32_t dictionary_size(event_field which) const { return counts_[static_cast<std::size_t>(which)]; }
  std::size_t dictionary_bytes(event_field which) const { return dictionary_bytes_[static_cast<std::size_t>(which)]; } ///< of memory, when the view was taken
  const std::vector<property_key>& keys() const noexcept { return keys_; }
  std::optional<std::uint32_t> find_key(property_scope scope, std::string_view name) const;
  /// Zero where there is none. Linear in the dictionary.
  std::uint32_t find_code(event_field which, std::string_view text) const;
  std::optional<timestamp> newest() const;
  std::size_t memory_bytes() const noexcept { return memory_; }

  event_chunk chunk_of(std::uint64_t row) const { return chunks_[row / event_chunk_rows].open(); }
  /// Of a row of one of its chunks, numbered within it.
  std::string event_id_text(const event_chunk& chunk, std::uint32_t at) const;
  found_event read(const event_chunk& chunk, std::uint32_t at) const;
  /// The same events, with the chunks in stored form that these places have.
  event_view with_places(std::vector<chunk_place> places) const;
  std::uint64_t key() const noexcept { return key_; }
  const forgotten_texts* forgotten() const noexcept { return forgotten_.get(); } ///< none while nothing was

  /// What is known of users, customers and groups; none: nothing. From then on user ids that were merged are one user.
  void set_profiles(std::shared_ptr<const profile_state> profiles);
  const profile_state* profiles() const noexcept { return profiles_.get(); }
  /// Where the ids of profiles stand, and how many are the view's; none where no event and no profile has the property.
  std::pair<const string_dictionary*, std::uint32_t> subject_ids(const profile_subject& subject) const;

private:
  friend class event_columns;
  std::uint64_t rows_ = 0;
  std::uint64_t key_ = 0;
  std::size_t memory_ = 0;
  std::vector<chunk_place> chunks_;
  std::array<const string_dictionary*, event_field_count> dictionaries_{};
  std::array<std::uint32_t, event_field_count> counts_{};
  std::array<std::size_t, event_field_count> dictionary_bytes_{};
  std::vector<property_key> keys_;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<const profile_state> profiles_;
  std::shared_ptr<const forgotten_texts> forgotten_;
};

struct decoded_segment;
struct dictionary_counts;

/// Some texts, by code, rising.
struct forgotten_codes {
  std::array<std::vector<std::uint32_t>, event_field_count> fields;
  std::vector<std::vector<std::uint32_t>> texts; ///< by key
};

class event_columns {
public:
  /// `key` makes the ids of events that came without one. `large_memory`, where there is one, is for what of the dictionaries is large and seldom looked at.
  explicit event_columns(std::uint64_t key, std::shared_ptr<std::pmr::memory_resource> large_memory = nullptr);
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
  /// What a stored segment has, behind all that is here; committed at once. Nothing may be staged. First its dictionary entries, then, where it
  /// has rows, these: all of an older form's segment; or the columns of its chunks; or the place where they are stored, if all chunks are full.
  /// Errors: corrupt_data where it does not follow what is here; what is here is then of no use any more.
  result<void> append_entries(const decoded_segment& segment);
  result<void> append_rows(const decoded_segment& segment);
  /// Behind all append_entries, before anything else is done: their texts can be found from then on. Errors: corrupt_data where one is there twice.
  result<void> index_texts();
  result<void> append_rows(std::span<const std::shared_ptr<const chunk_columns>> chunks);
  result<void> append_rows(std::shared_ptr<const stored_columns> segment);
  /// From now on these full chunks are read from where they are stored. Views made before keep what they have.
  void release(const std::shared_ptr<const stored_columns>& segment);

  /// Takes the events that any of these mean out of the chunks that are in memory, and returns how many each took. Nothing may be staged.
  std::vector<std::uint64_t> remove_rows(std::span<const removal_condition> conditions);
  /// Forgets the texts that neither `usage` has, nor a later row, nor `is_needed` says of. Property names, types and names of events stay.
  /// Returns what it forgot, by code, in order. Errors: those of a stored column; nothing is forgotten then.
  result<forgotten_codes> forget_unused(text_usage usage, const std::function<bool(const profile_subject&, std::uint32_t code)>& is_needed);

  /// Ids of profiles. One that is inserted is forgotten by `discard` like an event that is appended.
  std::uint32_t find_code(event_field which, std::string_view text) const; ///< 0: there is none
  std::uint32_t find_subject(const profile_subject& subject, std::string_view id) const; ///< 0: there is none
  std::string_view subject_text(const profile_subject& subject, std::uint32_t code) const;
  /// Errors: validation_failed past property_keys_max.
  result<std::uint32_t> insert_subject(const profile_subject& subject, std::string_view id);

  std::uint64_t row_count() const noexcept;     ///< with those not committed
  std::uint64_t committed_rows() const noexcept;
  bool is_in_memory(std::uint64_t row) const noexcept; ///< the chunk of a row that there is
  std::shared_ptr<const stored_columns> stored_at(std::uint64_t row) const; ///< none where it is in memory
  dictionary_counts counts() const;
  std::uint64_t key() const noexcept;
  void set_key(std::uint64_t key) noexcept;
  event_view snapshot() const;

  /// The id as it was sent; neither where the event came without.
  struct sent_id {
    std::optional<uuid_bytes> uuid;
    std::string text;
    bool empty() const noexcept { return !uuid && text.empty(); }
  };
  /// Nothing where that event was removed.
  result<std::optional<sent_id>> id_of(std::uint64_t row) const;
  /// `visit(row, octets of the uuid or the text)` for each row from `first` on that has an id and was received at `since` or later, by row.
  result<void> visit_ids(std::uint64_t first, std::int64_t since, const std::function<void(std::uint64_t, std::string_view)>& visit) const;
  /// Whether both are the same event apart from id and times of receipt. Events without a time of their own have the same one.
  result<bool> same_content(std::uint64_t row, const event_block_view& block, std::uint32_t block_row) const;
  std::size_t memory_bytes() const;

private:
  friend class segment_appender;
  struct storage;
  /// The chunk of a row, as of now.
  event_chunk open(std::uint64_t row) const;
  std::shared_ptr<storage> storage_;
};

} // namespace dotmac
