#include "api/answer_forms.hpp"
#include "api/browser_session.hpp"
#include "api/routes.hpp"
#include "core/error_code.hpp"

#include <algorithm>
#include <set>

namespace dotmac {
namespace {

constexpr std::uint16_t answered_with_retry_after[]{429, 503};

json ref(const std::string& kind, const std::string& name) { return {{"$ref", "#/components/" + kind + "/" + name}}; }

/// JSON where it is some, else the text.
json example_value(std::string_view text) {
  auto value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json(std::string{text}) : value;
}

std::set<std::uint16_t> refusals_of(const route& each) {
  std::set<std::uint16_t> statuses;
  if (each.scope)
    statuses.insert({401, 403, 429, 503});
  if (is_for_tenants(each))
    statuses.insert(421);
  if (each.request_schema)
    statuses.insert({400, 408, 413, 415, 422});
  if (each.query_schema)
    statuses.insert(422);
  if (each.path.find('{') != each.path.npos)
    statuses.insert(404);
  for (const auto status : each.also)
    if (status != 0)
      statuses.insert(status);
  return statuses;
}

/// A query is described like a body; here each of its fields is a parameter.
void add_query(json& parameters, const route& each) {
  const auto schema = each.query_schema();
  const auto required = schema.value("required", json::array());
  for (const auto& [name, field] : schema["properties"].items()) {
    auto one = field;
    const auto meaning = one.value("description", "");
    one.erase("description");
    // A field that may be absent is described as itself or null; a parameter is simply absent.
    if (const auto choices = one.find("anyOf"); choices != one.end() && choices->size() == 2 && (*choices)[1] == json{{"type", "null"}}) {
      auto plain = (*choices)[0];
      one = std::move(plain);
    }
    parameters.push_back({{"name", name}, {"in", "query"}, {"required", std::find(required.begin(), required.end(), name) != required.end()},
                          {"description", meaning}, {"schema", std::move(one)}});
  }
}

json parameters_of(const route& each) {
  json parameters = json::array();
  for (const auto part : segments_of(each.path))
    if (is_path_parameter(part))
      parameters.push_back({{"name", std::string{part.substr(1, part.size() - 2)}}, {"in", "path"}, {"required", true},
                            {"description", "percent-encoded, also a slash"}, {"schema", {{"type", "string"}, {"minLength", 1}}},
                            {"example", std::string{example_of_path_parameter}}});
  if (each.query_schema)
    add_query(parameters, each);
  if (each.scope)
    parameters.push_back(ref("parameters", "X-Tenant-ID"));
  if (each.request_schema)
    parameters.push_back(ref("parameters", "Content-Encoding"));
  return parameters;
}

json request_of(const route& each) {
  json content{{"application/json", {{"schema", each.request_schema()}, {"example", example_value(each.example.request)}}}};
  if (each.takes_lines)
    content["application/x-ndjson"] = {{"schema", {{"type", "string"}, {"description", "an entry of the list per line; empty lines are passed over"}}},
                                       {"example", "{\"event_type\":\"page_view\",\"event_name\":\"home\"}\n{\"event_type\":\"click\",\"event_name\":\"buy\"}\n"}};
  return {{"required", true}, {"content", std::move(content)}};
}

json responses_of(const route& each) {
  json responses{{"200", {{"description", "done"},
                          {"headers", {{"X-Request-ID", ref("headers", "X-Request-ID")}}},
                          {"content", {{std::string{each.answer_type}, {{"schema", each.answer_schema()}}}}}}},
                 {"default", ref("responses", "default")}};
  if (!each.example.answer.empty())
    responses["200"]["content"][std::string{each.answer_type}]["example"] = each.answer_type == "application/json" ? example_value(each.example.answer) : json(std::string{each.example.answer});
  if (each.takes_websocket)
    responses["101"] = {{"description", "a WebSocket (RFC 6455), where the request asks for one: text messages of JSON, {\"id\", \"event\", \"data\"}. A page offers the subprotocols "
                                        "dotmac.events and dotmac.credential.<API key or token>, and may offer dotmac.tenant.<id>"}};
  for (const auto status : refusals_of(each))
    responses[std::to_string(status)] = ref("responses", std::to_string(status));
  return responses;
}

json operation_of(const route& each) {
  json operation{{"operationId", std::string{each.name}}, {"summary", std::string{each.summary}}, {"tags", json::array({std::string{each.tag}})},
                 {"responses", responses_of(each)}, {"security", json::array()}};
  if (auto parameters = parameters_of(each); !parameters.empty())
    operation["parameters"] = std::move(parameters);
  if (each.request_schema)
    operation["requestBody"] = request_of(each);
  if (each.scope) {
    operation["security"] = json::array({json{{"api_key", json::array()}}, json{{"token", json::array()}}, json{{"session", json::array()}}, json::object()});
    operation["description"] = "Needs the scope " + std::string{name_of(*each.scope)} + ".";
  }
  if (!each.example.query.empty())
    operation["x-example-query"] = std::string{each.example.query};
  return operation;
}

/// Every error of one status, from the table of errors.
json refusal_form(std::uint16_t status) {
  std::string meaning;
  for (const auto& each : error_table)
    if (each.http_status == status)
      meaning += (meaning.empty() ? "" : "; ") + std::string{each.name} + ": " + std::string{each.meaning};
  json form{{"description", status == 0 ? "refused or failed" : meaning},
            {"headers", {{"X-Request-ID", ref("headers", "X-Request-ID")}}},
            {"content", {{"application/json", {{"schema", ref("schemas", "error")}}}}}};
  if (std::find(std::begin(answered_with_retry_after), std::end(answered_with_retry_after), status) != std::end(answered_with_retry_after))
    form["headers"]["Retry-After"] = {{"description", "seconds to wait before the same call is sent again"}, {"required", true}, {"schema", {{"type", "integer"}, {"minimum", 0}}}};
  return form;
}

json components() {
  json responses{{"default", refusal_form(0)}};
  for (const auto& each : error_table)
    if (each.http_status >= 400)
      responses[std::to_string(each.http_status)] = refusal_form(each.http_status);
  const json tenant{{"name", "X-Tenant-ID"}, {"in", "header"}, {"required", false}, {"schema", {{"type", "string"}, {"pattern", "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"}}},
                    {"description", "whose data, where the credential may act for several tenants; else the credential's own, or default"}};
  const json encoding{{"name", "Content-Encoding"}, {"in", "header"}, {"required", false}, {"schema", {{"type", "string"}, {"enum", json::array({"gzip", "identity"})}}},
                      {"description", "of the body"}};
  return {{"schemas", schema_components()},
          {"responses", std::move(responses)},
          {"parameters", {{"X-Tenant-ID", tenant}, {"Content-Encoding", encoding}}},
          {"headers", {{"X-Request-ID", {{"description", "the client's, where it sent one, else the server's"}, {"schema", {{"type", "string"}}}}}}},
          {"securitySchemes",
           {{"api_key", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}, {"description", "made by POST /admin/api-keys"}}},
            {"token", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}, {"description", "HS256, signed with SECRET_KEY; claims exp, scopes, tenant_id"}}},
            {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", std::string{session_cookie_name}},
                         {"description", "of a browser, by POST /session; all but GET and HEAD also need the header X-Requested-With: " + std::string{page_header_value}}}}}}};
}

} // namespace

json openapi_document(std::span<const route> routes, const std::string& version) {
  json paths = json::object();
  json tags = json::array();
  for (const auto& each : routes) {
    if (each.is_page)
      continue;
    std::string method{each.method};
    for (auto& c : method)
      c = static_cast<char>(c | 0x20);
    paths[std::string{each.path}][method] = operation_of(each);
    if (json tag{{"name", std::string{each.tag}}}; std::find(tags.begin(), tags.end(), tag) == tags.end())
      tags.push_back(std::move(tag));
  }
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "DotMac Analytics"}, {"version", version},
                    {"description", "Events and metrics of many tenants. Every path answers also under /api/v1, and with or without a trailing slash, but for GET /metrics (Prometheus) "
                                    "and GET /metrics/ (the list of metrics). Times are RFC 3339, intervals half-open [start, end). Lengths of text count bytes of UTF-8. "
                                    "A node without SECRET_KEY takes calls from its own machine without a credential. A client that closes its connection, or only its "
                                    "sending side, ends the question that it waits for; a write goes on."}}},
          {"servers", json::array({json{{"url", "/"}}, json{{"url", "/api/v1"}}})},
          {"tags", std::move(tags)},
          {"paths", std::move(paths)},
          {"components", components()}};
}

} // namespace dotmac
