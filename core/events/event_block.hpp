#pragma once

/// A run of events as columns: what the gateway parses into, what travels to the event actor, what the journal holds, and
/// what a stored segment is. One format, so that the live path and recovery run the same code.
///
/// The builder is filled event by event and reused; a field of the present event may be abandoned as a whole
/// (`abandon_event`) when a later part of it turns out wrong, and leaves no trace. `finish` returns the block and empties the builder.
///
/// Format   format version, row count, then columns of plain little-endian arrays over one dictionary of the block's own
///          strings, so that a reader views them without copying; a checksum is the store's business.
/// Limits   event_block_rows_max rows; the caller checks lengths of texts against the limits below before adding them.
/// Threads  one owner.
/// Cost     amortized no allocation per event; one hash of each short text.

#include "core/bytes.hpp"
#include "core/describe/description.hpp"
#include "core/result.hpp"
#include "core/time/timestamp.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace dotmac {

inline constexpr std::size_t event_block_rows_max = 1'048'576;
inline constexpr std::size_t event_type_size_max = 50;                ///< characters: Unicode code points, up to four bytes each
inline constexpr std::size_t event_name_size_max = 200;               ///< characters too
inline constexpr std::size_t event_identifier_size_max = 256; ///< event, user, session, customer ids and source
inline constexpr std::size_t property_count_max = 256;        ///< properties and context together, per event
inline constexpr std::size_t property_key_size_max = 128;
inline constexpr std::size_t property_keys_max = 10'000;      ///< different names in one partition, both scopes together
inline constexpr std::size_t property_text_size_max = 65'536; ///< text, or the JSON of a nested value

/// Fields of text that every event can have.
enum class event_field : std::uint8_t { event_type, event_name, event_id, user_id, session_id, customer_id, source };
inline constexpr std::size_t event_field_count = 7;
template <> struct enumeration<event_field> {
  static constexpr std::array<std::string_view, event_field_count> names{"event_type", "event_name", "event_id", "user_id", "session_id", "customer_id", "source"};
};

enum class property_scope : std::uint8_t { properties, context };

class event_block_builder {
public:
  event_block_builder();
  ~event_block_builder();
  event_block_builder(event_block_builder&&) noexcept;
  event_block_builder& operator=(event_block_builder&&) noexcept;

  /// `received_at` is the node's clock at receipt. The time of the event is `received_at` unless set_timestamp is called.
  void begin_event(timestamp received_at);
  void set_timestamp(fine_timestamp at);
  /// Empty text means: the event does not have this field.
  void set_field(event_field which, std::string_view text);
  void add_text(property_scope scope, std::string_view key, std::string_view text);
  void add_integer(property_scope scope, std::string_view key, std::int64_t value);
  void add_number(property_scope scope, std::string_view key, double value);
  void add_boolean(property_scope scope, std::string_view key, bool value);
  void add_null(property_scope scope, std::string_view key);
  /// A list, an object, or a number that neither 64-bit integers nor doubles hold exactly: its JSON text, valid by contract.
  void add_json(property_scope scope, std::string_view key, std::string_view json);
  void end_event();
  void abandon_event();

  std::size_t row_count() const noexcept;
  /// About as many as `finish` will return.
  std::size_t byte_count() const noexcept;
  bytes finish();

private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

/// Checks the format completely (so that views of it need no checks) and returns the row count.
result<std::size_t> check_event_block(bytes_view block);

} // namespace dotmac
