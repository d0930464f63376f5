#include "core/events/event_uuid.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace dotmac {
namespace {

int nibble_of(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_dash_position(std::size_t i) noexcept { return i == 8 || i == 13 || i == 18 || i == 23; }

} // namespace

std::optional<uuid_bytes> parse_uuid(std::string_view text) noexcept {
  if (text.size() != 36)
    return std::nullopt;
  uuid_bytes id;
  std::size_t filled = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (is_dash_position(i)) {
      if (text[i] != '-')
        return std::nullopt;
      ++i;
      continue;
    }
    const int high = nibble_of(text[i]);
    const int low = nibble_of(text[i + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    id.octets[filled++] = static_cast<unsigned char>(high << 4 | low);
    i += 2;
  }
  return id;
}

std::string format_uuid(const uuid_bytes& id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < id.octets.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      text.push_back('-');
    text.push_back(digits[id.octets[i] >> 4]);
    text.push_back(digits[id.octets[i] & 15]);
  }
  return text;
}

uuid_bytes derive_event_id(std::uint64_t row, std::uint64_t key) noexcept {
  const XXH128_hash_t tag = XXH3_128bits_withSeed(&row, sizeof row, key);
  uuid_bytes id;
  for (std::size_t i = 0; i < 5; ++i)
    id.octets[i] = static_cast<unsigned char>(row >> (32 - 8 * i));
  std::memcpy(&id.octets[5], &tag.low64, 8);
  std::memcpy(&id.octets[13], &tag.high64, 3);
  id.octets[6] = static_cast<unsigned char>((id.octets[6] & 0x0f) | 0x80);
  id.octets[8] = static_cast<unsigned char>((id.octets[8] & 0x3f) | 0x80);
  return id;
}

std::optional<std::uint64_t> row_of_derived_id(const uuid_bytes& id, std::uint64_t key) noexcept {
  std::uint64_t row = 0;
  for (std::size_t i = 0; i < 5; ++i)
    row = row << 8 | id.octets[i];
  return derive_event_id(row, key) == id ? std::optional{row} : std::nullopt;
}

} // namespace dotmac
