#pragma once

/// Stored runs of a partition's events: rows as columns of codes, and the entries of the dictionaries that are new with them, in the order of their
/// codes. Read one after the other they make the partition again, without a look-up per event.
///
/// A segment holds whole chunks (the last one of all may be a part of one). Where the new texts alone pass event_segment_texts_max, segments
/// without rows that hold texts go before the one with the rows.
///
/// Errors   corrupt_data where a segment does not fit what was read before it; unknown_schema_version.
/// Threads  pure.
/// Cost     linear in the rows and the new texts; a few nanoseconds a value.

#include "core/events/event_columns.hpp"
#include "core/events/segment_parts.hpp"

namespace dotmac {

inline constexpr std::uint32_t event_segment_rows = 2 * event_chunk_rows; ///< a plane of a column is then one block of the compressor
inline constexpr std::uint32_t forgotten_length = ~0u; ///< in place of a text's length: it is forgotten
inline constexpr std::size_t event_segment_texts_max = 32u << 20;         ///< bytes of texts in one segment
inline constexpr std::uint32_t event_segment_version = 4; ///< where events were removed. 3: without, written still where none were; 2: all columns in the payload, read still
inline constexpr std::uint32_t event_segment_version_without_gaps = 3;

struct event_segment {
  std::uint64_t number = 0;
  std::uint64_t first_row = 0;
  std::uint64_t row_count = 0;
  std::int64_t min_time_ms = 0;
  std::int64_t max_time_ms = 0;
  bytes payload;                                ///< empty for segments written before
  std::shared_ptr<const dictionary_counts> end; ///< what its last row can refer to
  std::vector<bytes> parts;                     ///< its columns; empty for segments written before
  std::shared_ptr<const segment_directory> directory; ///< of its columns; none of segments of earlier versions
  std::uint64_t clean_through = 0;  ///< number of the last removal whose events are not in it
  std::uint64_t blank_through = 0;  ///< of the times that texts were forgotten since the start: the last one whose texts are not in it
};

/// These chunks, from `first_row` on, with the entries of dictionaries behind `before` up to `end`. `next_number` is raised.
std::vector<event_segment> encode_chunks(const event_view& view, std::uint64_t first_row, std::span<const chunk_columns* const> chunks, const dictionary_counts& before,
                                         std::shared_ptr<const dictionary_counts> end, std::uint64_t& next_number);
/// The rows from `first_row`, a multiple of event_segment_rows, to the next one or to the view's end; with what goes before. `next_number` is raised.
std::vector<event_segment> encode_segments(const event_view& view, std::uint64_t first_row, const dictionary_counts& before, std::uint64_t& next_number);

/// Rows of one chunk as version 2 had them.
struct segment_chunk {
  std::uint32_t rows = 0;
  std::vector<std::int64_t> at, received_at, finer_rows, finer_nanoseconds, id_references, id_text_ends;
  std::array<std::vector<std::int64_t>, event_field_count> codes;
  struct slice {
    std::uint32_t column = 0;
    bool is_dense = false;
    std::vector<std::int64_t> rows, values;
  };
  std::vector<slice> properties; ///< by column
  std::vector<uuid_bytes> uuids;
  bytes id_texts;
};

/// New entries of one dictionary, numbered on from `before`.
struct dictionary_section {
  enum class of : std::uint8_t { field, keys, texts_of_key };
  of which{};
  std::uint32_t index = 0; ///< of the field or the key
  std::uint32_t before = 0;
  std::vector<std::string_view> entries; ///< of those that are forgotten: without data
};

struct decoded_segment {
  std::uint64_t first_row = 0;
  std::vector<dictionary_section> sections;
  std::vector<segment_chunk> chunks;          ///< of version 2
  std::optional<segment_directory> directory; ///< of the present version, without number and `end`
};

/// Views into `payload`. What is in it is consistent with itself; whether it fits is up to event_columns::append_segment.
result<decoded_segment> decode_segment(bytes_view payload);

} // namespace dotmac
