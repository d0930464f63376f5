#include "api/event_writer.hpp"

#include "core/describe/json.hpp"
#include "core/overload.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dotmac {
namespace {

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char digits[32];
  const std::string_view written{digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value).ptr - digits)};
  out += written;
  if (written.find_first_of(".e") == written.npos)
    out += ".0"; // so that it reads back as a double
}

void append_scalar(std::string& out, const scalar& value) {
  std::visit(overload{[&](std::monostate) { out += "null"; }, [&](bool held) { out += held ? "true" : "false"; },
                      [&](std::int64_t held) { out += std::to_string(held); }, [&](double held) { append_number(out, held); },
                      [&](const std::string& held) { append_text_as_json(out, held); }},
             value);
}

} // namespace

void append_text_as_json(std::string& out, std::string_view text) {
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80 && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), is_plain))
    out.append(1, '"').append(text).append(1, '"');
  else
    out += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_property_as_json(std::string& out, const event_property& property) {
  property.json.empty() ? append_scalar(out, property.value) : (void)(out += property.json);
}

void append_properties_as_json(std::string& out, const found_event& event, property_scope scope) {
  out += '{';
  bool is_first = true;
  for (const auto& each : event.properties) {
    if (each.scope != scope)
      continue;
    if (!std::exchange(is_first, false))
      out += ',';
    append_text_as_json(out, each.key);
    out += ':';
    append_property_as_json(out, each);
  }
  out += '}';
}

void append_event_as_json(std::string& out, const found_event& event) {
  char before = '{';
  for (std::size_t i = 0; i < event_field_names.size(); ++i) {
    out.append(1, std::exchange(before, ',')).append(1, '"').append(event_field_names[i]).append("\":");
    event.texts[i].empty() ? (void)out.append("null") : append_text_as_json(out, event.texts[i]);
  }
  out += ",\"timestamp\":\"";
  append_timestamp(out, event.at, event.nanoseconds_below);
  out += "\",\"received_at\":\"";
  append_timestamp(out, event.received_at);
  out += "\",\"properties\":";
  append_properties_as_json(out, event, property_scope::properties);
  out += ",\"context\":";
  append_properties_as_json(out, event, property_scope::context);
  out += '}';
}

} // namespace dotmac
