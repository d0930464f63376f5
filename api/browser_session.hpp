#pragma once

/// The session of a browser: who signed in with an API key, as a signed token in a cookie.
///
/// Promise    A token says which key of which tenant signed in, when that ends, and which sign-in it is, nothing else: what it may do is looked up with the key at each request, so that a revoked key ends
///            its sessions. It is signed with a secret of its own, derived from SECRET_KEY: it is no token for Authorization, nor the other way round. Scripts cannot read the cookie
///            (HttpOnly), and pages of other sites do not send it (SameSite=Strict). Pages of the same site but another origin, such as another port of this machine, do:
///            `check_page` refuses what they send.
/// Errors     unauthorized (no valid token), forbidden (not from a page of this node).
/// Threads    pure.

#include "api/credentials.hpp"
#include "api/http_message.hpp"

#include <chrono>

namespace dotmac {

inline constexpr std::string_view session_cookie_name = "dotmac_session";
inline constexpr std::chrono::hours session_lifetime{12};
/// What pages of this node send with everything that is more than a question. A page of another origin would have to ask for leave first (CORS), and does not get it.
inline constexpr std::string_view page_header_name = "x-requested-with";
inline constexpr std::string_view page_header_value = "dotmac-analytics";

struct browser_session {
  std::string tenant;
  std::string key_id;
  std::string session_id; ///< one of each sign-in: random, without points
  timestamp ends_at;
};

/// What sessions are signed with; without a SECRET_KEY a random text, so that sessions end with the node.
std::string session_secret_of(std::string_view secret_key);

std::string write_session(const browser_session& session, std::string_view session_secret);
result<browser_session> read_session(std::string_view token, std::string_view session_secret, timestamp now);

/// What is answered to who has none any more.
failure session_is_over();

/// The token in the request's cookies; empty where there is none.
std::string_view session_token_in(const http_request& request);

/// The value of Set-Cookie that keeps `token`; empty: that forgets it. Browsers send it over TLS alone where the page came so.
std::string session_cookie(std::string_view token, const http_request& request);

/// Whether who sends the cookie is a page of this node: its origin, where the browser tells it, is the node's own; what is more than a question (GET, HEAD) has the header above.
result<void> check_page(const http_request& request);
/// The first half of it alone, for what has no session yet.
result<void> check_page_origin(const http_request& request);

} // namespace dotmac
