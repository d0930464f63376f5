#pragma once

/// How a payload lies in a store, the same for every vendor: one marker byte, the XXH3-64 of the body (8
/// bytes, little endian), the body.
///
/// Marker   0 as it was given; 1 a zstd frame; 2 as it was given, and it is JSON text that a person may read
/// with SQL
///          (from the tenth byte on).
/// Promise  what decodes is what was encoded; damage is corrupt_data, never other bytes.
/// Limits   payload_bytes_max, also of what a stored frame may grow to.
/// Source   XXH3: https://github.com/Cyan4973/xxHash; zstd: RFC 8878.
/// Stable for ever: stored rows depend on it.

#include "core/bytes.hpp"
#include "core/result.hpp"

#include <cstdint>

namespace dotmac {

enum class payload_form : std::uint8_t { raw = 0, zstd = 1, readable_json = 2 };

inline constexpr std::size_t payload_header_bytes = 9;
inline constexpr std::size_t compressed_from_bytes = 512;

/// Definitions are kept readable for people with SQL, all else as small as it goes.
enum class payload_wish : std::uint8_t { compact, readable };

void append_encoded_payload(bytes& out, bytes_view payload, payload_wish wish = payload_wish::compact);
bytes encode_payload(bytes_view payload, payload_wish wish = payload_wish::compact);

/// `what` begins the message of a failure, e.g. "snapshot 17 of acme/tenant/".
result<bytes> decode_payload(bytes_view stored, std::string_view what);

} // namespace dotmac
