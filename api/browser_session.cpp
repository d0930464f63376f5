#include "api/browser_session.hpp"

#include "api/origins.hpp"
#include "core/identity.hpp"

#include <algorithm>

namespace dotmac {
namespace {

constexpr std::string_view session_purpose = "dotmac-analytics: sessions of browsers";
constexpr std::size_t random_secret_bytes = 32;

/// The value of one cookie of a Cookie header: "a=1; b=2".
std::string_view cookie_in(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto end = header.find(';');
    auto pair = header.substr(0, end);
    header.remove_prefix(end == header.npos ? header.size() : end + 1);
    pair.remove_prefix(std::min(pair.find_first_not_of(" \t"), pair.size()));
    if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=') {
      const auto value = pair.substr(name.size() + 1);
      return value.substr(0, value.find_last_not_of(" \t") + 1);
    }
  }
  return {};
}

/// The browser tells the page's origin with every POST; a proxy that ends TLS may say so too. Who lies about it only loses his own cookie.
bool came_by_tls(const http_request& request) { return request.header("origin").starts_with("https://") || request.header("x-forwarded-proto") == "https"; }

} // namespace

std::string session_secret_of(std::string_view secret_key) { return secret_key.empty() ? random_identifier(random_secret_bytes) : derived_secret(secret_key, session_purpose); }

std::string write_session(const browser_session& session, std::string_view session_secret) { return make_token({session.tenant, session.key_id + "." + session.session_id, {}}, session_secret, session.ends_at); }

result<browser_session> read_session(std::string_view token, std::string_view session_secret, timestamp now) {
  auto claims = verify_token(token, session_secret, now);
  const auto id_at = claims ? claims->subject.rfind('.') : std::string::npos;
  if (id_at == std::string::npos || !claims->tenant || !is_valid_tenant_id(*claims->tenant))
    return session_is_over();
  return browser_session{*std::move(claims->tenant), claims->subject.substr(0, id_at), claims->subject.substr(id_at + 1), claims->expires_at};
}

failure session_is_over() { return {error_code::unauthorized, "the session has ended: sign in again", "Cookie"}; }

std::string_view session_token_in(const http_request& request) {
  for (const auto& [name, value] : request.headers)
    if (name == "cookie")
      if (const auto token = cookie_in(value, session_cookie_name); !token.empty())
        return token;
  return {};
}

std::string session_cookie(std::string_view token, const http_request& request) {
  const auto lifetime = token.empty() ? std::chrono::seconds{0} : std::chrono::seconds{session_lifetime};
  return std::string{session_cookie_name} + "=" + std::string{token} + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(lifetime.count()) + (came_by_tls(request) ? "; Secure" : "");
}

result<void> check_page_origin(const http_request& request) {
  if (const auto origin = request.header("origin"); !origin.empty() && !is_origin_of_host(origin, request.header("host")))
    return failure{error_code::forbidden, "sessions of browsers are for the pages of this node alone: other pages and programs send an API key", "Origin"};
  return {};
}

result<void> check_page(const http_request& request) {
  if (auto own = check_page_origin(request); !own)
    return own;
  if (request.method != "GET" && request.method != "HEAD" && request.header(page_header_name) != page_header_value)
    return failure{error_code::forbidden, "with the cookie of a session this needs the header X-Requested-With: " + std::string{page_header_value}, "X-Requested-With"};
  return {};
}

} // namespace dotmac
