#pragma once

/// How an answer lies in a shared cache, the same for every vendor: under a hash of its key; in it the whole key, as the hash alone proves nothing, and a
/// checksum (persistence/payload_codec.hpp).
///
/// Errors   payload_too_large past result_bytes_max; corrupt_data.

#include "core/bytes.hpp"
#include "core/result.hpp"

#include <optional>

namespace dotmac {

/// "dotmac:answer:" and 32 hexadecimal digits.
std::string result_name(bytes_view key);

result<bytes> encode_result(bytes_view key, bytes_view answer);
/// None: it is the answer to another key.
result<std::optional<bytes>> decode_result(bytes_view stored, bytes_view key);

} // namespace dotmac
