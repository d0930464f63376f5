#pragma once

/// Decompression of request bodies (RFC 1952), bounded: a small body that grows beyond the limit is refused, not stored.

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace dotmac {

/// Errors: malformed_request (no valid gzip), payload_too_large (names the limit).
result<bytes> decompress_gzip(bytes_view compressed, std::size_t bytes_max);

} // namespace dotmac
