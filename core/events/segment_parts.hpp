#pragma once

/// The columns of a stored segment as parts that are read one by one, and the directory that says which there are.
///
/// Form     a part is one column of all chunks of the segment; columns without a value are left out. Part n is the n-th of the directory.
/// Errors   corrupt_data where a part does not fit its directory or refers to dictionary entries that are not there.
/// Threads  pure; a segment_source may be asked by several threads at once.
/// Cost     decoding: about a nanosecond a value; of times, ids and fractions a few.

#include "core/bytes.hpp"
#include "core/describe/binary.hpp"
#include "core/events/coded_rows.hpp"
#include "core/events/event_chunk.hpp"

#include <functional>
#include <memory_resource>

namespace dotmac {

/// How many entries of each dictionary stand before some place.
struct dictionary_counts {
  std::array<std::uint32_t, event_field_count> fields{};
  std::uint32_t keys = 0;
  std::vector<std::uint32_t> texts; ///< by key; missing: 0
  std::uint32_t texts_of(std::size_t key) const noexcept { return key < texts.size() ? texts[key] : 0; }
};

/// Stored: never renumber.
enum class column_kind : std::uint8_t { at, received_at, finer_times, codes, ids, property, row_numbers };

struct segment_directory {
  struct column {
    column_kind kind{};
    std::uint32_t index = 0;           ///< codes: the field; property: the column number
    std::vector<std::uint32_t> counts; ///< by chunk: how many rows have a value. Of codes, early segments of version 3 say all rows: a figure, nothing is decided by it
  };
  std::uint64_t number = 0; ///< of the segment
  std::vector<chunk_bounds> chunks;
  std::vector<column> columns;                  ///< by kind, then index
  std::shared_ptr<const dictionary_counts> end; ///< what its rows can refer to

  /// The number of the part.
  std::optional<std::uint32_t> find(column_kind kind, std::uint32_t index) const noexcept;
};

/// For people: "the column user_id". The name of a property is in the dictionaries, not here.
std::string describe_column(const segment_directory::column& of);

/// A column in memory.
struct segment_column {
  struct of_chunk {
    packed_integers first;  ///< values; of finer times and properties the rows, of ids the references
    packed_integers second; ///< nanoseconds; values; ends of the texts
    std::vector<uuid_bytes> uuids;
    bytes texts;
    bytes packed_first;
    bytes packed_second;
  };
  std::vector<of_chunk> chunks;
  std::size_t memory_bytes = 0;
};

/// Bytes of a segment as they lie in the store; zero: it, or the part, is missing.
struct stored_sizes {
  std::uint64_t payload = 0;
  std::vector<std::uint64_t> parts; ///< by number, up to the last one that is there
  std::uint64_t part(std::size_t number) const noexcept { return number < parts.size() ? parts[number] : 0; }
};

/// Where the columns of a partition's stored segments come from. What it gives out stays valid as long as it is held.
/// Errors   those of the store; corrupt_data for a part that is damaged or missing.
class segment_source {
public:
  virtual ~segment_source() = default;
  virtual result<std::shared_ptr<const segment_column>> column(const segment_directory& of, std::uint32_t part) = 0;
  /// Of these segments, in that order. Reads none of them.
  virtual result<std::vector<stored_sizes>> sizes(std::span<const std::uint64_t> segments) = 0;
  /// Lists of rows that were made from the columns of a segment and given to `keep_rows`; none: no longer there, or never.
  virtual std::shared_ptr<const coded_rows> find_rows(const segment_directory&, const coded_rows_key&) { return nullptr; }
  virtual void keep_rows(const segment_directory&, const coded_rows_key&, std::shared_ptr<const coded_rows>) {}
  /// For what is large and seldom looked at: memory that the system may page out. None: ordinary memory.
  virtual std::shared_ptr<std::pmr::memory_resource> large_memory() { return nullptr; }
};

struct stored_columns {
  segment_directory directory;
  std::shared_ptr<segment_source> source;
};

/// Of full or partial chunks that follow each other. `directory` gets chunks and columns.
std::vector<bytes> write_parts(std::span<const chunk_columns* const> chunks, segment_directory& directory);
/// `has_gaps`: it says how many rows of each chunk are left.
void write_directory(bytes& out, const segment_directory& from, bool has_gaps);
/// Chunks are numbered on from `first_row`; `rows` counts those that were removed too.
result<segment_directory> read_directory(binary::reader& in, std::uint64_t first_row, std::uint32_t rows, bool has_gaps);

result<segment_column> decode_part(bytes_view part, const segment_directory& directory, std::uint32_t number);

/// A chunk of which all columns are at hand, by number of the part.
std::shared_ptr<const chunk_columns> assemble(const segment_directory& directory, std::size_t chunk, std::span<const std::shared_ptr<const segment_column>> parts);

} // namespace dotmac
