#pragma once

/// Makes events or values of metrics from rows.
///
/// A mapping gives fields their content as a template: text in which {column} stands for a column's value ({{ and }} for braces).
///   events   event_type and event_name must be given; user_id, session_id, customer_id, source, event_id, timestamp may be. Every
///            column that no template names becomes a property, unless `properties` lists those wanted. Without any field
///            given, rows of NDJSON are taken for events as the API knows them.
///   values   for each entry of `metrics` a value of that metric (its name is a template too: "{kind}={amount}"); `dimensions` by templates; timestamp, value_id.
/// Blank    a field whose template gives nothing is absent; for event_type, event_name, event_id, timestamp, and the fields of
///          `required`, that is a fault of the row. A metric whose value or name is blank has no value in that row.
/// Numbers  text written as a JSON number becomes one, in the columns of `texts` never.
/// Ids      rows without an id of their own get one from the import's id and their line: sent twice, they count once.
/// A mapping file is a JSON object with the names of the options: {"map": {...}, "metrics": {...}, "dimensions": {...},
/// "properties": [...], "texts": [...], "required": [...], "where": [...], "join": [...], "as", "time_format", "timezone"}.

#include "cli/import/row_source.hpp"
#include "cli/import/time_format.hpp"

#include <map>

namespace dotmac {

/// Text with columns in it.
class text_template {
public:
  static result<text_template> parse(const std::string& text);
  /// Nothing where every column in it is blank (and there is at least one).
  std::optional<std::string> fill(const import_row& row) const;
  const std::vector<std::string>& columns() const noexcept { return columns_; }

private:
  std::vector<std::string> texts_{""}; ///< texts_[i], then columns_[i]
  std::vector<std::string> columns_;
};

struct mapping_options {
  bool is_values = false;
  std::map<std::string, std::string> fields;     ///< field -> template
  std::map<std::string, std::string> metrics;    ///< metric -> template
  std::map<std::string, std::string> dimensions; ///< dimension -> template
  std::optional<std::vector<std::string>> properties;
  std::vector<std::string> texts;
  std::vector<std::string> required;
  std::string time_format_text = "iso";
  std::string timezone = "UTC";
  std::string import_id;
};

struct mapped_row {
  std::vector<json> items; ///< what to send: one event, or values
  std::string fault;
};

class row_mapping {
public:
  /// Errors   validation_failed naming the option: unknown field, unknown column, nothing to send.
  static result<row_mapping> make(const mapping_options& options, const row_source& source);
  mapped_row map(const import_row& row) const;

private:
  struct named_template {
    std::string name;
    text_template name_text; ///< of metrics
    text_template text;
    bool may_be_blank = true;
  };
  explicit row_mapping(time_format times) : times_{std::move(times)} {}
  result<void> add(std::vector<named_template>& to, const std::map<std::string, std::string>& from, const row_source& source);
  std::string fill_fields(const import_row& row, json& into) const;
  mapped_row map_event(const import_row& row) const;
  mapped_row map_values(const import_row& row) const;
  json property_of(const std::string& column, const json& value) const;

  time_format times_;
  bool is_values_ = false;
  bool is_native_ = false;
  std::string import_id_;
  std::vector<named_template> fields_, metrics_, dimensions_;
  std::vector<std::string> used_columns_, texts_;
  std::optional<std::vector<std::string>> properties_;
};

/// Whether `text` is a number as JSON writes them, of at most so many digits before the point (more would lose some).
bool is_json_number(const std::string& text, std::size_t digits_max = 15);

} // namespace dotmac
