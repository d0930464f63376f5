#include "api/event_columns_writer.hpp"

#include "api/event_writer.hpp"
#include "core/describe/json.hpp"

#include <algorithm>

namespace dotmac {
namespace {

const event_property* find_property(const found_event& event, const event_reference& of) {
  const auto found = std::find_if(event.properties.begin(), event.properties.end(), [&](const auto& each) { return each.scope == of.scope && each.key == of.key; });
  return found == event.properties.end() ? nullptr : &*found;
}

void append_csv_text(std::string& out, std::string_view text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == text.npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text)
    out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

void append_csv_property(std::string& out, const event_property* property) {
  if (property == nullptr || (property->json.empty() && std::holds_alternative<std::monostate>(property->value)))
    return;
  if (const auto* text = std::get_if<std::string>(&property->value); text != nullptr && property->json.empty())
    return append_csv_text(out, *text);
  std::string value;
  append_property_as_json(value, *property);
  append_csv_text(out, value);
}

void append_time(std::string& out, const found_event& event, bool is_received) {
  is_received ? append_timestamp(out, event.received_at) : append_timestamp(out, event.at, event.nanoseconds_below);
}

void append_json_value(std::string& out, const found_event& event, const event_reference& of) {
  if (of.kind == event_reference::target::field) {
    const auto& text = event.texts[static_cast<std::size_t>(of.field)];
    text.empty() ? (void)(out += "null") : append_text_as_json(out, text);
  } else if (of.kind == event_reference::target::property) {
    const auto* property = find_property(event, of);
    property == nullptr ? (void)(out += "null") : append_property_as_json(out, *property);
  } else {
    out += '"';
    append_time(out, event, of.kind == event_reference::target::received_at);
    out += '"';
  }
}

void append_csv_value(std::string& out, const found_event& event, const event_reference& of) {
  if (of.kind == event_reference::target::property)
    return append_csv_property(out, find_property(event, of));
  if (of.kind != event_reference::target::field)
    return append_time(out, event, of.kind == event_reference::target::received_at);
  if (const auto& text = event.texts[static_cast<std::size_t>(of.field)]; !text.empty())
    append_csv_text(out, text);
}

void append_whole_csv(std::string& out, const found_event& event) {
  for (const auto& text : event.texts) {
    if (!text.empty())
      append_csv_text(out, text);
    out += ',';
  }
  append_time(out, event, false);
  out += ',';
  append_time(out, event, true);
  for (const auto scope : {property_scope::properties, property_scope::context}) {
    std::string object;
    append_properties_as_json(object, event, scope);
    out += ',';
    append_csv_text(out, object);
  }
}

} // namespace

std::optional<failure> fault_of_columns(const std::vector<std::string>& columns) {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (resolve_event_field(columns[i]).is_attribute())
      return failure{error_code::validation_failed, "an attribute of a profile is no column of an event: ask POST /profiles/query", "columns." + std::to_string(i)};
  return std::nullopt;
}

event_columns_writer::event_columns_writer(std::vector<std::string> columns) {
  for (auto& each : columns) {
    auto reference = resolve_event_field(each);
    columns_.push_back({std::move(each), std::move(reference)});
  }
}

void event_columns_writer::append_json_line(std::string& out, const found_event& event) const {
  append_json(out, event);
  out += '\n';
}

void event_columns_writer::append_json(std::string& out, const found_event& event) const {
  if (columns_.empty())
    return append_event_as_json(out, event);
  char before = '{';
  for (const auto& each : columns_) {
    out += std::exchange(before, ',');
    append_text_as_json(out, each.name);
    out += ':';
    append_json_value(out, event, each.reference);
  }
  out += '}';
}

void event_columns_writer::append_csv_head(std::string& out) const {
  std::vector<std::string_view> names;
  for (const auto& each : columns_)
    names.push_back(each.name);
  if (names.empty()) {
    names.assign(event_field_names.begin(), event_field_names.end());
    names.insert(names.end(), {"timestamp", "received_at", "properties", "context"});
  }
  for (const auto& each : names) {
    if (&each != &names.front())
      out += ',';
    append_csv_text(out, each);
  }
  out += "\r\n";
}

void event_columns_writer::append_csv_line(std::string& out, const found_event& event) const {
  if (columns_.empty())
    append_whole_csv(out, event);
  for (const auto& each : columns_) {
    if (&each != &columns_.front())
      out += ',';
    append_csv_value(out, event, each.reference);
  }
  out += "\r\n";
}

} // namespace dotmac
