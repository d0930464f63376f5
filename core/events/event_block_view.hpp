#pragma once

/// Reading a block of events (see event_block.hpp). `parse` checks every length, code and order in the bytes first, so
/// that nothing read through the view afterwards can be out of bounds.
///
/// Layout (little-endian, version 1)
///   u32 version, u32 rows, u32 strings, u32 string bytes, u32 finer times, u32 uuids, u32 property columns
///   u32 ends[strings], string bytes         code c (from 1) is the c-th string; code 0 is "absent"
///   packed at[rows], packed received_at[rows], packed finer rows, packed finer nanoseconds
///   packed codes[rows] of the seven fields; an event_id of strings + 1 is the next of the uuids
///   16 bytes each: uuids
///   columns: u8 scope, u8 kind, u32 key code, u32 count, packed rows (rising; none where count == rows), packed values
///   packed = u8 width, i64 base, count * width bytes
///
/// Errors     corrupt_data; unknown_schema_version for a later version.
/// Ownership  the bytes stay the caller's and must outlive the view.

#include "core/events/event_block.hpp"
#include "core/events/event_uuid.hpp"
#include "core/events/packed_integers.hpp"
#include "core/result.hpp"

#include <array>
#include <vector>

namespace dotmac {

inline constexpr std::uint32_t event_block_version = 1;

enum class value_kind : std::uint8_t { text, json, integer, number, boolean, null };
inline constexpr std::size_t value_kind_count = 6;

struct block_property_column {
  property_scope scope{};
  value_kind kind{};
  std::uint32_t key = 0;    ///< code of the key's text
  packed_integers rows;     ///< rising; empty when every row has a value
  packed_integers values;   ///< codes, integers, bits of a double, 0 or 1; empty for null
  std::uint32_t count = 0;
  std::uint32_t row_at(std::uint32_t i) const noexcept {
    return rows.empty() ? i : static_cast<std::uint32_t>(rows[i]);
  }
};

class event_block_view {
public:
  static result<event_block_view> parse(bytes_view block);

  std::uint32_t row_count() const noexcept { return rows_; }
  std::uint32_t string_count() const noexcept { return strings_; }
  /// Code 1 to string_count().
  std::string_view text(std::uint32_t code) const noexcept;
  std::uint32_t uuid_code() const noexcept { return strings_ + 1; }
  uuid_bytes uuid(std::uint32_t index) const noexcept;

  packed_integers at, received_at, finer_rows, finer_nanoseconds;
  std::array<packed_integers, event_field_count> fields;
  std::vector<block_property_column> columns;

private:
  friend class event_block_parser;
  std::uint32_t rows_ = 0;
  std::uint32_t strings_ = 0;
  const char* ends_ = nullptr;
  const char* texts_ = nullptr;
  const char* uuids_ = nullptr;
};

} // namespace dotmac
