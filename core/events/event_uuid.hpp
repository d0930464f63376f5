#pragma once

/// UUIDs in 16 bytes. Only the canonical lower-case form "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" counts as one, so that
/// every id reads back exactly as it was sent.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dotmac {

struct uuid_bytes {
  std::array<unsigned char, 16> octets{};
  friend bool operator==(const uuid_bytes&, const uuid_bytes&) = default;
};

std::optional<uuid_bytes> parse_uuid(std::string_view text) noexcept;
std::string format_uuid(const uuid_bytes& id);

/// The id of an event that came without one: a UUID of version 8 (RFC 9562) holding the row number (40 bits) and a tag
/// (82 bits of a keyed hash), so that it needs no storage and cannot be guessed from another one.
uuid_bytes derive_event_id(std::uint64_t row, std::uint64_t key) noexcept;
/// The row number, where `id` is what derive_event_id gives for it under this key.
std::optional<std::uint64_t> row_of_derived_id(const uuid_bytes& id, std::uint64_t key) noexcept;

} // namespace dotmac
