#include "api/routes.hpp"

#include <algorithm>

namespace dotmac {
namespace {

constexpr std::string_view head = R"(<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>DotMac Analytics API</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}code,pre{font-family:ui-monospace,monospace;font-size:.9em}
h2{margin-top:3rem}section{border-top:1px solid #8886;padding:1rem 0}h3{margin:.2rem 0}h4{margin:1rem 0 .2rem}pre{background:#8881;padding:.8rem;overflow:auto;margin:.2rem 0}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.15rem .8rem .15rem 0;border-bottom:1px solid #8883}nav a{margin-right:1rem}small{opacity:.75}</style></head><body>)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    switch (c) {
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '&': out += "&amp;"; break;
    case '"': out += "&quot;"; break;
    default: out.push_back(c);
    }
  return out;
}

std::string code(std::string_view text) { return "<code>" + escaped(text) + "</code>"; }

/// Where a reference leads.
const json& resolved(const json& document, const json& schema) {
  const auto found = schema.find("$ref");
  return found == schema.end() ? schema : document.at(json::json_pointer{found->get<std::string>().substr(1)});
}

std::string name_of_ref(const json& schema) {
  const auto text = schema["$ref"].get<std::string>();
  return text.substr(text.rfind('/') + 1);
}

std::string bounds_text(const json& schema, const char* min, const char* max, const char* unit) {
  const bool has_min = schema.contains(min);
  const bool has_max = schema.contains(max);
  if (!has_min && !has_max)
    return {};
  if (!has_max)
    return schema[min] == 0 ? std::string{} : " from " + schema[min].dump() + unit;
  return (has_min ? " " + schema[min].dump() + " to " : " up to ") + schema[max].dump() + unit;
}

std::string type_text(const json& schema);

std::string joined_types(const json& list) {
  std::string text;
  for (const auto& each : list)
    text += (text.empty() ? "" : " or ") + type_text(each.is_string() ? json{{"type", each}} : each);
  return text;
}

/// What a schema takes, in a few words (HTML).
std::string type_text(const json& schema) {
  if (schema.contains("$ref"))
    return "<a href=\"#schema-" + name_of_ref(schema) + "\">" + name_of_ref(schema) + "</a>";
  if (schema.contains("anyOf"))
    return joined_types(schema["anyOf"]);
  if (schema.contains("const"))
    return code(schema["const"].dump());
  if (schema.contains("enum")) {
    std::string names;
    for (const auto& each : schema["enum"])
      names += (names.empty() ? "" : ", ") + code(each.get<std::string>());
    return "one of " + names;
  }
  const auto type = schema.value("type", json{});
  if (type.is_array())
    return joined_types(type);
  if (type == "array")
    return "list of" + bounds_text(schema, "minItems", "maxItems", "") + " " + type_text(schema.value("items", json::object()));
  if (type == "string")
    return schema.value("format", "") == "date-time" ? "time (RFC 3339)" : "text" + bounds_text(schema, "minLength", "maxLength", " bytes");
  if (type == "integer")
    return "whole number" + bounds_text(schema, "minimum", "maximum", "");
  if (type == "number")
    return "number" + bounds_text(schema, "minimum", "maximum", "");
  if (type == "boolean")
    return "true or false";
  if (type == "null")
    return "null";
  if (type == "object" && schema.contains("additionalProperties") && schema["additionalProperties"].is_object())
    return "object of " + type_text(schema["additionalProperties"]);
  return type == "object" ? "object" : "any value";
}

/// A row per field, nested fields below with their path.
void add_rows(std::string& out, const json& schema, const std::string& prefix) {
  if (schema.contains("anyOf"))
    for (const auto& each : schema["anyOf"])
      add_rows(out, each, prefix);
  if (schema.value("type", json{}) == "array" && schema.contains("items"))
    return add_rows(out, schema["items"], prefix + "[]");
  if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object())
    add_rows(out, schema["additionalProperties"], prefix + ".*");
  if (!schema.contains("properties"))
    return;
  const auto required = schema.value("required", json::array());
  for (const auto& [name, field] : schema["properties"].items()) {
    const auto path = prefix.empty() ? name : prefix + "." + name;
    const bool is_needed = std::find(required.begin(), required.end(), name) != required.end();
    const auto otherwise = field.contains("default") && !field["default"].empty() ? ", default " + code(field["default"].dump()) : "";
    out += "<tr><td>" + code(path) + (is_needed ? "" : " <small>optional</small>") + "</td><td>" + type_text(field) + otherwise + "</td><td>" + escaped(field.value("description", "")) + "</td></tr>";
    add_rows(out, field, path);
  }
}

std::string schema_table(const json& schema) {
  std::string rows;
  add_rows(rows, schema, {});
  if (rows.empty())
    return "<p>" + type_text(schema) + "</p>";
  return "<table><tr><th>field</th><th>type</th><th>meaning</th></tr>" + rows + "</table>";
}

std::string shown_example(const json& value) { return "<pre>" + escaped(value.is_string() ? value.get<std::string>() : value.dump(2)) + "</pre>"; }

std::string parameters_table(const json& document, const json& operation) {
  std::string rows;
  for (const auto& each : operation.value("parameters", json::array())) {
    const auto& one = resolved(document, each);
    const auto& schema = one["schema"];
    rows += "<tr><td>" + code(one["name"].get<std::string>()) + (one["required"] == true ? "" : " <small>optional</small>") + "</td><td>" + escaped(one["in"].get<std::string>()) + "</td><td>"
            + type_text(schema) + (schema.contains("default") ? ", default " + code(schema["default"].dump()) : "") + "</td><td>" + escaped(one.value("description", "")) + "</td></tr>";
  }
  return rows.empty() ? rows : "<h4>Parameters</h4><table><tr><th>name</th><th>in</th><th>type</th><th>meaning</th></tr>" + rows + "</table>";
}

std::string curl_line(const std::string& method, std::string path, const json& operation) {
  for (const auto& each : operation.value("parameters", json::array()))
    if (each.value("in", "") == "path") {
      const auto part = "{" + each["name"].get<std::string>() + "}";
      path.replace(path.find(part), part.size(), each["example"].get<std::string>());
    }
  std::string line = "curl -s";
  if (method != "get" && method != "post")
    line += " -X DELETE";
  line += " 'http://localhost:8000" + path + operation.value("x-example-query", "") + "'";
  if (operation.contains("requestBody"))
    line += " -d '" + operation["requestBody"]["content"]["application/json"]["example"].dump() + "'";
  return "<pre>" + escaped(line) + "</pre>";
}

std::string statuses_of(const json& document, const json& operation) {
  std::string rows;
  for (const auto& [status, response] : operation["responses"].items())
    if (status >= "300" && status != "default")
      rows += "<tr><td>" + status + "</td><td>" + escaped(resolved(document, response)["description"].get<std::string>()) + "</td></tr>";
  return rows.empty() ? rows : "<details><summary>Refusals</summary><table>" + rows + "</table></details>";
}

std::string section_of(const json& document, const std::string& path, const std::string& method, const json& operation) {
  std::string upper = method;
  for (auto& c : upper)
    c = static_cast<char>(c & ~0x20);
  std::string out = "<section id=\"" + escaped(operation["operationId"].get<std::string>()) + "\"><h3>" + code(upper + " " + path) + "</h3>" + escaped(operation["summary"].get<std::string>())
                    + ". <small>" + escaped(operation.value("description", "Open to everyone.")) + "</small>" + parameters_table(document, operation);
  if (operation.contains("requestBody")) {
    const auto& content = operation["requestBody"]["content"];
    out += "<h4>Body</h4>" + schema_table(content["application/json"]["schema"]);
    if (content.contains("application/x-ndjson"))
      out += "<p>Or lines, with " + code("Content-Type: application/x-ndjson") + ":</p>" + shown_example(content["application/x-ndjson"]["example"]);
  }
  out += "<h4>Example</h4>" + curl_line(method, path, operation);
  for (const auto& [type, answer] : operation["responses"]["200"]["content"].items()) {
    if (answer.contains("example"))
      out += shown_example(answer["example"]);
    out += "<h4>Answer</h4>" + (type == "application/json" ? schema_table(answer["schema"]) : "<p>" + code(type) + "</p>");
  }
  if (const auto switched = operation["responses"].find("101"); switched != operation["responses"].end())
    out += "<p>Or " + escaped((*switched)["description"].get<std::string>()) + ".</p>";
  return out + statuses_of(document, operation) + "</section>";
}

} // namespace

std::string documentation_page(const json& document) {
  const auto& info = document["info"];
  std::string page{head};
  page += "<h1>DotMac Analytics API " + escaped(info["version"].get<std::string>()) + "</h1><p>" + escaped(info["description"].get<std::string>())
          + "</p><p>For programs: <a href=\"/openapi.json\">openapi.json</a>. With a key: " + code("-H 'X-API-Key: ...'") + "; " + code("-H 'X-Tenant-ID: ...'") + " names the tenant where the credential may choose.</p><nav>";
  for (const auto& tag : document["tags"])
    page += "<a href=\"#" + escaped(tag["name"].get<std::string>()) + "\">" + escaped(tag["name"].get<std::string>()) + "</a>";
  page += "<a href=\"#schemas\">Schemas</a></nav>";
  for (const auto& tag : document["tags"]) {
    page += "<h2 id=\"" + escaped(tag["name"].get<std::string>()) + "\">" + escaped(tag["name"].get<std::string>()) + "</h2>";
    for (const auto& [path, methods] : document["paths"].items())
      for (const auto& [method, operation] : methods.items())
        if (operation["tags"][0] == tag["name"])
          page += section_of(document, path, method, operation);
  }
  page += "<h2 id=\"schemas\">Schemas</h2>";
  for (const auto& [name, schema] : document["components"]["schemas"].items())
    page += "<section id=\"schema-" + escaped(name) + "\"><h3>" + code(name) + "</h3><p>" + escaped(schema.value("description", "")) + (schema.contains("anyOf") ? " (" + type_text(schema) + ")" : "") + "</p>"
            + (schema.contains("properties") || schema.contains("anyOf") ? schema_table(schema) : "") + "</section>";
  return page + "</body></html>";
}

} // namespace dotmac
