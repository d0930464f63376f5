#pragma once

/// How a segment stores a column: numbers in as few bytes as their range needs, byte by byte apart (all lowest bytes, then all second ones ...),
/// so that a general compressor finds in each place what is alike. Chunks of a segment lie next to each other in each place.
///
/// Forms    plain; differences of neighbours, for what rises or nearly does; decimals as whole numbers and a power of ten, where every value comes
///          back bit by bit.
/// Errors   corrupt_data.
/// Threads  pure.
/// Source   byte planes: as in Parquet's BYTE_STREAM_SPLIT; decimals: Afroozeh, Kuffo, Boncz, "ALP: Adaptive Lossless floating-Point Compression" (2023), its first idea.

#include "core/describe/binary.hpp"
#include "core/events/packed_integers.hpp"

#include <span>
#include <vector>

namespace dotmac::segment_columns {

enum class form : std::uint8_t { plain, differences, decimals_0, decimals_1, decimals_2, decimals_3, decimals_4 };

/// Values of one chunk.
using values = std::vector<std::int64_t>;

/// One column of all chunks of a segment. `wanted` is differences or plain; of doubles, given as their bits, `are_numbers` lets decimals be tried.
void write(bytes& out, std::span<const packed_integers> chunks, form wanted, bool are_numbers = false);

/// Values of one chunk in the form in which memory keeps them.
struct packed_values {
  bytes data;
  packed_layout layout;
  std::uint32_t count = 0;

  /// Of `data`, which may lie elsewhere by then: a string that moves can take its bytes along.
  packed_integers over(const bytes& where) const noexcept { return {where.data(), layout.width, layout.base, count}; }
  /// The least and the greatest; of none, 0 and 0.
  std::pair<std::int64_t, std::int64_t> bounds() const noexcept;
};

/// As many chunks as were written; each with at most `count_max` values. Cost: of the plain form, moving the bytes together.
result<std::vector<packed_values>> read_packed(binary::reader& in, std::size_t chunks, std::uint32_t count_max);
/// The same as plain numbers.
result<std::vector<values>> read(binary::reader& in, std::size_t chunks, std::uint32_t count_max);

} // namespace dotmac::segment_columns
