#pragma once

/// What an event partition is told, and what it answers, beside the questions of core/events/event_questions.hpp.

#include "core/bytes.hpp"
#include "core/events/event_questions.hpp"

namespace dotmac {

enum class event_outcome : std::uint8_t {
  accepted,    ///< new, and durable now
  duplicate,   ///< its event_id was here before with the same content: no effect
  conflicting, ///< its event_id was here before with other content: the first stays
  refused,     ///< it has a property name that is new, and property_keys_max names are known: no effect
};
template <> struct enumeration<event_outcome> {
  static constexpr std::array<std::string_view, 4> names{"accepted", "duplicate", "conflicting", "refused"};
};

/// `block` as built by event_block_builder. Answered once durable.
struct append_events {
  bytes block;
  bool wants_event_ids = false;
};
template <> struct description<append_events> {
  static constexpr auto fields = std::tuple{
      field{"block", &append_events::block, "events as columns"},
      field{"wants_event_ids", &append_events::wants_event_ids, "whether the answer lists the ids"}};
};

struct events_appended {
  std::vector<event_outcome> outcomes; ///< per row of the block
  std::vector<std::string> event_ids;  ///< per row, where wanted
};
template <> struct description<events_appended> {
  static constexpr auto fields = std::tuple{
      field{"outcomes", &events_appended::outcomes, "per row of the block"},
      field{"event_ids", &events_appended::event_ids, "per row, where wanted"}};
};

struct summarize_events {};
template <> struct description<summarize_events> {
  static constexpr auto fields = std::tuple{};
};

struct event_kind_count {
  std::string event_type;
  std::string event_name;
  std::uint64_t count = 0;
};
template <> struct description<event_kind_count> {
  static constexpr auto fields = std::tuple{field{"event_type", &event_kind_count::event_type, "type"},
                                            field{"event_name", &event_kind_count::event_name, "name"},
                                            field{"count", &event_kind_count::count, "events"}};
};

inline constexpr std::size_t storage_columns_told_max = 200;

struct column_storage {
  std::string name; ///< timestamp, received_at, a field, or a property with its scope
  std::uint64_t row_count = 0;
  std::uint64_t stored_bytes = 0;
  std::uint64_t memory_bytes = 0;
};
template <> struct description<column_storage> {
  static constexpr auto fields = std::tuple{
      field{"name", &column_storage::name, "timestamp, received_at, a field, or a property as properties.name or context.name"},
      field{"row_count", &column_storage::row_count, "events that have a value"},
      field{"stored_bytes", &column_storage::stored_bytes, "in segments, compressed"},
      field{"memory_bytes", &column_storage::memory_bytes, "of values that are in no full segment, and of all different texts"}};
};

/// Where the events are and what they take: segments of the newest snapshot, the journal behind it, memory.
struct event_storage {
  std::uint64_t segment_count = 0;
  std::uint64_t stored_rows = 0;
  std::uint64_t journal_rows = 0;
  std::uint64_t stored_bytes = 0;
  std::uint64_t dictionary_bytes = 0;
  std::uint64_t missing_parts = 0;
  std::vector<column_storage> columns; ///< largest first, at most storage_columns_told_max
  std::uint64_t other_columns = 0;
  std::uint64_t other_stored_bytes = 0;
  std::uint64_t other_memory_bytes = 0;
};
template <> struct description<event_storage> {
  static constexpr auto fields = std::tuple{
      field{"segment_count", &event_storage::segment_count, "segments of the newest snapshot"},
      field{"stored_rows", &event_storage::stored_rows, "events in them"},
      field{"journal_rows", &event_storage::journal_rows, "events that are in no segment yet: in the journal and in memory"},
      field{"stored_bytes", &event_storage::stored_bytes, "of the segments, compressed, as they are in the store"},
      field{"dictionary_bytes", &event_storage::dictionary_bytes, "of these: the texts that are new in each segment, and its directory"},
      field{"missing_parts", &event_storage::missing_parts, "parts of full segments that are not in the store any more: questions that need them fail"},
      field{"columns", &event_storage::columns, "largest first: by stored bytes, then by those in memory"},
      field{"other_columns", &event_storage::other_columns, "columns past the first 200"},
      field{"other_stored_bytes", &event_storage::other_stored_bytes, "of these"},
      field{"other_memory_bytes", &event_storage::other_memory_bytes, "of these"}};
};

struct event_summary {
  std::uint64_t event_count = 0;
  std::uint64_t user_count = 0;
  std::uint64_t memory_bytes = 0;
  std::optional<timestamp> first_event;
  std::optional<timestamp> last_event;
  std::vector<event_kind_count> kinds; ///< largest first, at most event_kinds_told_max
  std::optional<event_storage> storage; ///< none where the store is away
};
template <> struct description<event_summary> {
  static constexpr auto fields = std::tuple{
      field{"event_count", &event_summary::event_count, "events kept"},
      field{"user_count", &event_summary::user_count, "distinct users"},
      field{"memory_bytes", &event_summary::memory_bytes, "memory held by the columns"},
      field{"first_event", &event_summary::first_event, "earliest time"},
      field{"last_event", &event_summary::last_event, "latest time"},
      field{"kinds", &event_summary::kinds, "counts by type and name"},
      field{"storage", &event_summary::storage, "where they are and what they take; null where the store is away"}};
};

} // namespace dotmac
