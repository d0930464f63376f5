#pragma once

/// Decompression of request bodies, bounded: a small body that grows beyond the limit is refused, not stored.
///
/// Knows     gzip (RFC 1952, also of several members; the name x-gzip is the same) and zstd (RFC 8878, also of several frames).
/// Limits    `bytes_max` of the result; zstd_window_bytes_max, the memory that a zstd frame may ask for beside it. Every step of growth is
///           reserved by the caller before it is taken.
/// Errors    malformed_request (not valid), payload_too_large (names the limit), what `reserve` says.
/// Threads   pure; takes as long as the result is large: not for a thread that serves connections.

#include "api/http_message.hpp"
#include "core/bytes.hpp"

#include <optional>

namespace dotmac {

inline constexpr int zstd_window_bits_max = 23;
inline constexpr std::size_t zstd_window_bytes_max = std::size_t{1} << zstd_window_bits_max; ///< RFC 8878 advises 8 MiB

enum class content_encoding : std::uint8_t { identity, gzip, zstd };

/// Of the header Content-Encoding, upper or lower case; empty is identity. Nothing where it is unknown.
std::optional<content_encoding> content_encoding_named(std::string_view name);

/// `body` as it is for identity.
result<bytes> decompress(content_encoding encoding, bytes body, std::size_t bytes_max, const reserve_bytes& reserve);

} // namespace dotmac
