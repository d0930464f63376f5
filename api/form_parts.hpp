#pragma once

/// What the schemas of answers are written with.

#include "core/describe/json.hpp"

#include <initializer_list>

namespace dotmac::form_parts {

struct form_member {
  const char* name;
  json schema;
  const char* meaning;
  bool is_always = true;
};

inline json with_meaning(json schema, const char* meaning) {
  if (*meaning != '\0')
    schema["description"] = meaning;
  return schema;
}

inline json object_of(std::initializer_list<form_member> members) {
  json schema{{"type", "object"}, {"properties", json::object()}, {"required", json::array()}, {"additionalProperties", false}};
  for (const auto& each : members) {
    schema["properties"][each.name] = with_meaning(each.schema, each.meaning);
    if (each.is_always)
      schema["required"].push_back(each.name);
  }
  return schema;
}

/// Answers hold every field: nothing is optional, and there are no defaults.
inline void require_all(json& schema) {
  if (schema.is_array())
    for (auto& each : schema)
      require_all(each);
  if (!schema.is_object())
    return;
  schema.erase("default");
  if (const auto properties = schema.find("properties"); properties != schema.end()) {
    schema["required"] = json::array();
    for (auto& [name, each] : properties->items()) {
      schema["required"].push_back(name);
      require_all(each);
    }
  }
  for (const auto* part : {"items", "anyOf", "additionalProperties"})
    if (schema.contains(part))
      require_all(schema[part]);
}

template <class Record> json record_form() {
  auto schema = json_schema<Record>();
  require_all(schema);
  return schema;
}

inline json joined(json schema, const json& more) {
  schema["properties"].update(more["properties"]);
  for (const auto& each : more["required"])
    schema["required"].push_back(each);
  return schema;
}

inline json text() { return {{"type", "string"}}; }
inline json text_or_null() { return {{"type", json::array({"string", "null"})}}; }
inline json number_or_null() { return {{"type", json::array({"number", "null"})}}; }
inline json time() { return json_schema<timestamp>(); }
inline json time_or_null() { return {{"type", json::array({"string", "null"})}, {"format", "date-time"}}; }
inline json count() { return {{"type", "integer"}, {"minimum", 0}}; }
inline json list_of(json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
inline json object_with(json values) { return {{"type", "object"}, {"additionalProperties", std::move(values)}}; }
inline json any_object() { return {{"type", "object"}}; }
inline json one_of(std::initializer_list<const char*> texts) { return {{"type", "string"}, {"enum", json(std::vector<std::string>(texts.begin(), texts.end()))}}; }
inline json ref(const char* name) { return {{"$ref", std::string{"#/components/schemas/"} + name}}; }

/// How far an answer reaches.
inline json scope_form() {
  return object_of({{"as_of", time_or_null(), "newest time included; null where there is nothing"},
                    {"rows_scanned", count(), "rows that were looked at"},
                    {"interval", text(), "what was asked for, half-open: [start, end)"}});
}

} // namespace dotmac::form_parts
