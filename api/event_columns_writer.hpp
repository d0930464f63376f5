#pragma once

/// Writes found events as lines of NDJSON or CSV, whole or some of their columns.
///
/// Columns   named as fields in filters: event_type, ..., timestamp, received_at, "properties.<key>", "context.<key>", any other name: the property.
/// CSV       RFC 4180: lines end with CR LF; a text with a comma, quote or line end, or an empty one, is quoted; what an event does not have is nothing at all.
///           Without a choice the columns are those of an event, properties and context as JSON. Nested values are JSON.
/// Threads   pure; one owner each.

#include "core/events/event_questions.hpp"
#include "core/events/event_reference.hpp"

#include <optional>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::int64_t export_columns_max = 200;

/// Attributes of profiles are no columns of events. The first that is asked for as one.
std::optional<failure> fault_of_columns(const std::vector<std::string>& columns);

class event_columns_writer {
public:
  /// None: whole events.
  explicit event_columns_writer(std::vector<std::string> columns);

  void append_json(std::string& out, const found_event& event) const;
  /// A line of NDJSON, with its end.
  void append_json_line(std::string& out, const found_event& event) const;
  /// The names.
  void append_csv_head(std::string& out) const;
  void append_csv_line(std::string& out, const found_event& event) const;

private:
  struct column {
    std::string name;
    event_reference reference;
  };
  std::vector<column> columns_;
};

} // namespace dotmac
