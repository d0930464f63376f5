#include "persistence/payload_codec.hpp"

#include "persistence/ports/store.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zstd.h>

#include <cassert>

namespace dotmac {
namespace {

constexpr int zstd_level = 1;
constexpr std::size_t readable_text_bytes_max = 16u << 20;

void write_little_endian(char* at, std::uint64_t value) noexcept {
  for (int i = 0; i < 8; ++i)
    at[i] = static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
}

std::uint64_t read_little_endian(const char* at) noexcept {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i)
    value |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  return value;
}

/// Length of the UTF-8 sequence at the front of `text` (RFC 3629), 0 where it is none or is NUL, which no
/// text column takes.
std::size_t sequence_length(bytes_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned char first = byte(0);
  if (first < 0x80)
    return first == 0 ? 0 : 1;
  if (first >= 0xC2 && first <= 0xDF)
    return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2) || (first == 0xE0 && byte(1) < 0xA0) ||
        (first == 0xED && byte(1) > 0x9F))
      return 0;
    return 3;
  }
  if (first < 0xF0 || first > 0xF4 || !continues(1) || !continues(2) || !continues(3))
    return 0;
  return (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F) ? 0 : 4;
}

bool looks_like_json_text(bytes_view payload) noexcept {
  if (payload.empty() || payload.size() > readable_text_bytes_max || (payload[0] != '{' && payload[0] != '['))
    return false;
  while (!payload.empty()) {
    const auto length = sequence_length(payload);
    if (length == 0)
      return false;
    payload.remove_prefix(length);
  }
  return true;
}

/// Appends the frame and says so, or leaves `out` alone where the frame would not be smaller.
bool append_compressed(bytes& out, bytes_view payload) {
  const auto begin = out.size();
  out.resize(begin + ZSTD_compressBound(payload.size()));
  const auto size =
      ZSTD_compress(out.data() + begin, out.size() - begin, payload.data(), payload.size(), zstd_level);
  const bool smaller = !ZSTD_isError(size) && size < payload.size();
  out.resize(smaller ? begin + size : begin);
  return smaller;
}

result<bytes> decompress(bytes_view frame, std::string_view what) {
  const auto size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > payload_bytes_max)
    return failure{error_code::corrupt_data,
                   std::string{what} + " is compressed to no size or to one over the limit of " +
                       std::to_string(payload_bytes_max) + " bytes",
                   "payload"};
  bytes payload(static_cast<std::size_t>(size), '\0');
  const auto written = ZSTD_decompress(payload.data(), payload.size(), frame.data(), frame.size());
  if (ZSTD_isError(written) || written != payload.size())
    return failure{error_code::corrupt_data, std::string{what} + " cannot be decompressed", "payload"};
  return payload;
}

} // namespace

void append_encoded_payload(bytes& out, bytes_view payload, payload_wish wish) {
  assert(payload.size() <= payload_bytes_max);
  const auto begin = out.size();
  out.resize(begin + payload_header_bytes);
  auto form = payload_form::raw;
  if (wish == payload_wish::readable && looks_like_json_text(payload))
    form = payload_form::readable_json;
  else if (payload.size() >= compressed_from_bytes && append_compressed(out, payload))
    form = payload_form::zstd;
  if (form != payload_form::zstd)
    out.append(payload);
  const auto body = begin + payload_header_bytes;
  out[begin] = static_cast<char>(form);
  write_little_endian(out.data() + begin + 1, XXH3_64bits(out.data() + body, out.size() - body));
}

bytes encode_payload(bytes_view payload, payload_wish wish) {
  bytes out;
  append_encoded_payload(out, payload, wish);
  return out;
}

result<bytes> decode_payload(bytes_view stored, std::string_view what) {
  if (stored.size() < payload_header_bytes)
    return failure{error_code::corrupt_data, std::string{what} + " is too short to be a payload", "payload"};
  const auto body = stored.substr(payload_header_bytes);
  if (XXH3_64bits(body.data(), body.size()) != read_little_endian(stored.data() + 1))
    return failure{error_code::corrupt_data, std::string{what} + " does not match its checksum", "payload"};
  switch (static_cast<payload_form>(stored[0])) {
  case payload_form::raw:
  case payload_form::readable_json:
    return bytes{body};
  case payload_form::zstd:
    return decompress(body, what);
  }
  return failure{error_code::corrupt_data, std::string{what} + " has an unknown form", "payload"};
}

} // namespace dotmac
