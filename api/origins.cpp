#include "api/origins.hpp"

#include <algorithm>

namespace dotmac {
namespace {

/// "127.0.0.1:8000" and "[::1]:8000" without the port.
std::string_view name_of_host(std::string_view host) {
  if (host.starts_with('['))
    return host.substr(0, std::min(host.find(']'), host.size()));
  return host.substr(0, host.find(':'));
}

bool is_address_or_localhost(std::string_view host) {
  const auto name = name_of_host(host);
  return name == "localhost" || name.starts_with('[') || (!name.empty() && name.find_first_not_of("0123456789.") == name.npos);
}

} // namespace

bool is_origin_of_host(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme))
      return origin.substr(scheme.size()) == host;
  return false;
}

bool origin_rules::is_allowed(std::string_view origin) const { return std::find(allowed_.begin(), allowed_.end(), origin) != allowed_.end(); }

void origin_rules::add_headers(std::string_view origin, http_response& response) const {
  if (allowed_.empty())
    return;
  response.headers.emplace_back("Vary", "Origin");
  if (origin.empty() || !is_allowed(origin))
    return;
  response.headers.emplace_back("Access-Control-Allow-Origin", std::string{origin});
  response.headers.emplace_back("Access-Control-Expose-Headers", "X-Request-ID, Retry-After, Allow, WWW-Authenticate");
}

void origin_rules::add_preflight_headers(std::string_view origin, const std::string& methods, http_response& response) const {
  if (origin.empty() || !is_allowed(origin))
    return;
  response.headers.emplace_back("Access-Control-Allow-Methods", methods);
  response.headers.emplace_back("Access-Control-Allow-Headers", "Content-Type, Content-Encoding, X-API-Key, Authorization, X-Tenant-ID, X-Request-ID");
  response.headers.emplace_back("Access-Control-Max-Age", "600");
}

bool origin_rules::may_act_without_credential(std::string_view origin, std::string_view host) const {
  if (origin.empty() || is_allowed(origin))
    return true;
  return is_origin_of_host(origin, host) && is_address_or_localhost(host);
}

bool origin_rules::may_open_websocket(std::string_view origin, std::string_view host) const {
  return origin.empty() || is_allowed(origin) || is_origin_of_host(origin, host);
}

} // namespace dotmac
