#pragma once

/// From the bytes of a request straight into event columns: simdjson on demand, no document in between.
///
/// Accepts    one event; a batch as {"events": [...], "source"} or a bare list; NDJSON, an event a line.
/// Promise    A fault in one event of a batch leaves that event out and is told with its position; the others are taken.
///            A body that is not JSON at all is refused whole (malformed_request), and nothing of it is kept.
/// Errors     per event: the field at fault and the limit. Unknown fields, wrong types, over-long texts, decimals beyond a double,
///            a key given twice (also inside nested values), wrong escapes, nesting deeper than json_depth_max, times outside the
///            years 1 to 9999; in NDJSON also what is no JSON or no UTF-8, or follows the event on its line.
///            of the body: what is no JSON or no UTF-8, or follows its end. A byte order mark in front is passed over.
/// Numbers    integers of 64 bits and doubles as such; longer whole numbers, and all numbers of nested values, as they were sent.
/// Limits     batch_events_max events a request; those of core/events/event_block.hpp for each.
/// Schemas    where given, events that break one are refused, or taken with the context entry "schema_violations", by its mode.
/// Threads    one parser per thread.
/// Cost       linear in the body; no allocation per event once warm.

#include "api/event_schemas.hpp"
#include "core/events/event_block.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t batch_events_max = 10'000;
inline constexpr std::size_t json_depth_max = 64;

struct event_fault {
  std::size_t index = 0; ///< position in the batch, or line of NDJSON, from zero
  std::string detail;
};

struct parsed_event {
  std::string event_id;             ///< as sent; empty: none was
  std::optional<fine_timestamp> at; ///< where the client sent one
};

struct parsed_batch {
  std::vector<std::size_t> positions; ///< of the events taken, in the order of their rows
  std::vector<event_fault> faults;
  std::size_t event_count = 0;
};

class event_parser {
public:
  event_parser();
  ~event_parser();

  /// One event; on a failure the builder is as before. A fault of the event itself (validation_failed) is told in `faults` too,
  /// with its path and the input.
  result<parsed_event> parse_event(std::string& body, timestamp received_at, event_block_builder& into, const event_schemas* schemas,
                                   std::vector<complaint>& faults);
  result<parsed_batch> parse_batch(std::string& body, timestamp received_at, event_block_builder& into,
                                   const event_schemas* schemas = nullptr);
  result<parsed_batch> parse_lines(std::string& body, timestamp received_at, event_block_builder& into,
                                   const event_schemas* schemas = nullptr);

private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

} // namespace dotmac
