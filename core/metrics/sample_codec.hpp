#pragma once

/// Samples as compressed bytes, and back: what a sealed chunk of a metric holds in memory and in the store.
///
/// Form     a header (format, rows, section lengths) and five sections, each read alone: series, time, value, time of receipt,
///          texts. Rows stand in order of arrival.
///          Integers: delta of delta in six classes of width. Values: XOR with the last value of the same series.
/// Source   Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015, sections 4.1.1 and 4.1.2,
///          with the last value kept per series.
/// Errors   corrupt_data for bytes that are not in this form, or a series number not below `series_count`.
/// Cost     linear; about 1 to 3 bytes for a regular gauge.

#include "core/bytes.hpp"
#include "core/describe/description.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::uint32_t sample_chunk_rows_max = 65'536;

/// What few samples have: an id given by the client, a context.
struct sample_text {
  std::uint32_t row = 0; ///< within its chunk
  std::string value_id;
  std::string context;
};
template <> struct description<sample_text> {
  static constexpr auto fields = std::tuple{field{"row", &sample_text::row, "within its chunk"},
                                            field{"value_id", &sample_text::value_id, "given by the client"},
                                            field{"context", &sample_text::context, "JSON text"}};
};

struct sample_spans {
  std::span<const std::uint32_t> series;
  std::span<const std::int64_t> at;
  std::span<const double> value;
  std::span<const std::int64_t> recorded_at;
  std::span<const sample_text> texts; ///< by row
};

bytes encode_samples(const sample_spans& samples);

/// Buffers that a scan uses again for every chunk.
struct sample_buffers {
  std::vector<std::uint32_t> series;
  std::vector<std::int64_t> at;
  std::vector<double> value;
  std::vector<std::int64_t> recorded_at;
  std::vector<sample_text> texts;
};

result<void> decode_numbers(bytes_view encoded, std::size_t series_count, sample_buffers& into); ///< series, at, value
result<void> decode_receipt(bytes_view encoded, sample_buffers& into);                           ///< recorded_at
result<void> decode_texts(bytes_view encoded, sample_buffers& into);                             ///< texts

} // namespace dotmac
