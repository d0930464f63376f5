#include "api/routes.hpp"

namespace dotmac {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto end = path.find('/');
    if (const auto part = path.substr(0, end); !part.empty())
      parts.push_back(part);
    path = end == path.npos ? std::string_view{} : path.substr(end + 1);
  }
  return parts;
}

bool is_parameter(std::string_view part) { return part.size() > 2 && part.front() == '{'; }

bool matches(std::span<const std::string_view> wanted, std::span<const std::string_view> given, std::map<std::string, std::string>& parameters) {
  if (wanted.size() != given.size())
    return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (is_parameter(wanted[i]))
      parameters[std::string{wanted[i].substr(1, wanted[i].size() - 2)}] = std::string{given[i]};
    else if (wanted[i] != given[i])
      return false;
  }
  return true;
}

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

json error_schema() {
  return {{"type", "object"},
          {"properties",
           {{"detail", {{"description", "a sentence, or a list of faults of the body"}}}, {"code", {{"type", "string"}}}, {"request_id", {{"type", "string"}}}}},
          {"required", json::array({"detail", "code", "request_id"})}};
}

} // namespace

route_match match_route(std::span<const route> routes, std::string_view method, std::string_view path) {
  constexpr std::string_view prefix = "/api/v1";
  if (path == prefix || path.starts_with("/api/v1/"))
    path.remove_prefix(prefix.size());
  // The one path whose slash means something.
  const bool is_prometheus = path == "/metrics";
  const auto given = segments_of(path);
  route_match match;
  for (const auto& each : routes) {
    const bool wants_prometheus = each.path == "/metrics";
    if (wants_prometheus && !is_prometheus)
      continue;
    std::map<std::string, std::string> parameters;
    if (!matches(segments_of(each.path), given, parameters))
      continue;
    if (is_prometheus && !wants_prometheus && method == "GET")
      continue;
    if (each.method == method || (method == "HEAD" && each.method == "GET")) {
      if (!match.found) {
        match.found = &each;
        match.parameters = std::move(parameters);
      }
      continue;
    }
    if (match.allowed.find(each.method) == match.allowed.npos)
      match.allowed.append(match.allowed.empty() ? "" : ", ").append(each.method);
  }
  return match;
}

json openapi_document(std::span<const route> routes, const std::string& version) {
  json paths = json::object();
  for (const auto& each : routes) {
    json operation{{"summary", std::string{each.summary}}, {"tags", json::array({std::string{each.tag}})}};
    json parameters = json::array();
    for (const auto part : segments_of(each.path))
      if (is_parameter(part))
        parameters.push_back({{"name", std::string{part.substr(1, part.size() - 2)}}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
    if (!parameters.empty())
      operation["parameters"] = std::move(parameters);
    if (each.request_schema)
      operation["requestBody"] = {{"required", true}, {"content", {{"application/json", {{"schema", each.request_schema()}}}}}};
    operation["responses"] = {{"200", {{"description", "done"}}},
                              {"default", {{"description", "refused or failed"}, {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/error"}}}}}}}}}};
    if (each.scope) {
      operation["security"] = json::array({json{{"api_key", json::array()}}, json{{"token", json::array()}}});
      operation["description"] = "Needs the scope " + std::string{name_of(*each.scope)} + ".";
    }
    std::string method{each.method};
    for (auto& c : method)
      c = static_cast<char>(c | 0x20);
    paths[std::string{each.path}][method] = std::move(operation);
  }
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "DotMac Analytics"}, {"version", version}}},
          {"paths", std::move(paths)},
          {"components",
           {{"schemas", {{"error", error_schema()}}},
            {"securitySchemes",
             {{"api_key", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}}}, {"token", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}}}}};
}

std::string documentation_page(std::span<const route> routes, const std::string& version) {
  std::string page = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
                     "<title>DotMac Analytics API</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
                     "color-scheme:light dark}code{font-family:ui-monospace,monospace}h2{margin-top:2.5rem}section{border-top:1px solid #8886;padding:.6rem 0}"
                     "pre{background:#8881;padding:.8rem;overflow:auto}small{opacity:.75}</style></head><body><h1>DotMac Analytics API "
                     + escaped(version) + "</h1><p>Every path answers also under <code>/api/v1</code>. The machine-readable form is "
                     "<a href=\"/openapi.json\">openapi.json</a>.</p>";
  std::string_view tag;
  for (const auto& each : routes) {
    if (each.tag != tag) {
      tag = each.tag;
      page += "<h2>" + escaped(tag) + "</h2>";
    }
    page += "<section><strong><code>" + escaped(each.method) + " " + escaped(each.path) + "</code></strong><br>" + escaped(each.summary);
    page += each.scope ? " <small>scope " + std::string{name_of(*each.scope)} + "</small>" : " <small>open</small>";
    if (each.request_schema)
      page += "<details><summary>body</summary><pre>" + escaped(each.request_schema().dump(2)) + "</pre></details>";
    page += "</section>";
  }
  return page + "</body></html>";
}

} // namespace dotmac
