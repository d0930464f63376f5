#pragma once

/// The table of routes: method, path, who may, what it takes, what it does. The parser, the authorization, the 405 with Allow, the
/// OpenAPI document and the documentation page follow from it.

#include "api/credentials.hpp"
#include "api/http_message.hpp"
#include "core/describe/json.hpp"

#include <functional>
#include <memory>
#include <span>

namespace dotmac {

struct gateway_call;
using gateway_call_pointer = std::shared_ptr<gateway_call>;

struct route {
  std::string_view method;
  std::string_view path; ///< "/metrics/{metric_id}": a part in braces takes any one segment
  std::string_view tag;
  std::string_view summary;
  std::optional<access_scope> scope; ///< none: open to everyone
  json (*request_schema)();          ///< null: no body
  void (*handle)(const gateway_call_pointer&);
};

/// All routes of the gateway, in the order of the documentation.
std::span<const route> all_routes();

struct route_match {
  const route* found = nullptr;
  std::map<std::string, std::string> parameters;
  std::string allowed; ///< methods of this path, for 405; empty: there is no such path
};

/// The same with and without "/api/v1" and a trailing slash; but "GET /metrics" and "GET /metrics/" are two paths.
route_match match_route(std::span<const route> routes, std::string_view method, std::string_view path);

json openapi_document(std::span<const route> routes, const std::string& version);
std::string documentation_page(std::span<const route> routes, const std::string& version);

} // namespace dotmac
