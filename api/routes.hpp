#pragma once

/// The table of routes: method, path, who may, what it takes, what it does. The parser, the authorization, the 405 with Allow, the
/// OpenAPI document and the documentation page follow from it.

#include "api/credentials.hpp"
#include "api/http_message.hpp"
#include "core/describe/json.hpp"

#include <array>
#include <functional>
#include <memory>
#include <span>

namespace dotmac {

struct gateway_call;
using gateway_call_pointer = std::shared_ptr<gateway_call>;

/// One call and its answer as the documentation shows them; JSON, or lines of text. The tests send every call and hold both against the
/// schemas.
struct route_example {
  std::string_view query;
  std::string_view request;
  std::string_view answer;
};

struct route {
  std::string_view method;
  std::string_view path; ///< "/metrics/{metric_id}": a part in braces takes any one segment; a last "*" any number of them
  std::string_view tag;
  std::string_view name; ///< of the operation, for clients made from the document
  std::string_view summary;
  std::optional<access_scope> scope; ///< none: open to everyone
  json (*query_schema)();            ///< null: takes no query
  json (*request_schema)();          ///< null: no body
  json (*answer_schema)();
  void (*handle)(const gateway_call_pointer&);
  route_example example;
  std::array<std::uint16_t, 2> also = {}; ///< statuses beside those that follow from the above
  std::string_view answer_type = "application/json";
  bool takes_lines = false; ///< the body may also be NDJSON
  bool takes_websocket = false; ///< the answer may also be a WebSocket; everywhere else Upgrade is passed over, as HTTP allows
  bool takes_strangers = false; ///< who sends no credential where one is needed is answered all the same, with an empty gateway_call::tenant
  bool is_page = false; ///< a file for browsers: not part of the interface for programs, and not below /api/v1
};

/// Part of the service, which a worker leaves to others; not seeing to the node or the cluster, nor open to everyone.
inline bool is_for_tenants(const route& each) { return (each.scope.has_value() || each.request_schema != nullptr) && each.tag != "Administration"; }

/// What stands for a part in braces in the examples.
inline constexpr std::string_view example_of_path_parameter = "latency";

/// All routes of the gateway, in the order of the documentation.
std::span<const route> all_routes();

struct route_match {
  const route* found = nullptr;
  std::map<std::string, std::string> parameters;
  std::string allowed; ///< methods of this path, for 405; empty: there is no such path
};

/// `path` is percent-encoded: it is split first and each part decoded then, so that a slash or a point in a name stays in the name.
/// The same with and without "/api/v1" and a trailing slash; but "GET /metrics" and "GET /metrics/" are two paths.
route_match match_route(std::string_view method, std::string_view path);

/// The parts of a path; those in braces are parameters.
std::vector<std::string_view> segments_of(std::string_view path);
bool is_path_parameter(std::string_view part);

/// OpenAPI 3.1.
json openapi_document(std::span<const route> routes, const std::string& version);
/// The same for people, made from the document: one page of HTML that loads nothing.
std::string documentation_page(const json& document);

} // namespace dotmac
