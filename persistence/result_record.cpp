#include "persistence/result_record.hpp"

#include "core/describe/binary.hpp"
#include "core/results/answer_memory.hpp"
#include "persistence/payload_codec.hpp"
#include "persistence/ports/result_cache.hpp"

namespace dotmac {

std::string result_name(bytes_view key) {
  std::string name = "dotmac:answer:";
  for (const auto half : hash_answer_key(key))
    for (int shift = 60; shift >= 0; shift -= 4)
      name.push_back("0123456789abcdef"[half >> shift & 15]);
  return name;
}

result<bytes> encode_result(bytes_view key, bytes_view value) {
  if (key.size() + value.size() > result_bytes_max)
    return failure{error_code::payload_too_large, "an answer of more than result_bytes_max = " + std::to_string(result_bytes_max) + " bytes is not shared", {}};
  bytes whole;
  whole.reserve(sizeof(std::uint32_t) + key.size() + value.size());
  binary::write_length(whole, key.size());
  whole.append(key).append(value);
  return encode_payload(whole);
}

result<std::optional<bytes>> decode_result(bytes_view stored, bytes_view key) {
  const auto whole = decode_payload(stored, "a shared answer");
  if (!whole)
    return whole.error();
  binary::reader in{*whole};
  std::uint32_t length = 0;
  bytes_view held;
  if (!in.read(length) || !in.take(length, held))
    return failure{error_code::corrupt_data, "a shared answer ends early", {}};
  if (held != key)
    return std::optional<bytes>{};
  return std::optional{bytes{in.rest()}};
}

} // namespace dotmac
