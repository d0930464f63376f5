#pragma once

/// What pages of other origins may do, and what their browsers are told (CORS).
///
/// Without credentials (development mode) a page that somebody opens could send a form to the node of the same machine, and the browser
/// would not ask before: `may_act_without_credential` is what keeps it out.
/// Threads   immutable after construction.

#include "api/http_message.hpp"

namespace dotmac {

/// Whether a page of `origin` was served by who is called `host` (the header Host), by http or https.
bool is_origin_of_host(std::string_view origin, std::string_view host);

class origin_rules {
public:
  explicit origin_rules(std::vector<std::string> allowed) : allowed_{std::move(allowed)} {}

  /// Headers for an answer to a page of `origin` (empty: none).
  void add_headers(std::string_view origin, http_response& response) const;
  /// The same for what a browser asks before a call.
  void add_preflight_headers(std::string_view origin, const std::string& methods, http_response& response) const;
  /// No page, a page of this host (by address or as localhost: a name could be anybody's), or one of an allowed origin.
  bool may_act_without_credential(std::string_view origin, std::string_view host) const;
  /// What CORS says of calls, for WebSockets, which browsers open to any origin without asking: no page, a page of this host, or one of an allowed origin.
  bool may_open_websocket(std::string_view origin, std::string_view host) const;

private:
  bool is_allowed(std::string_view origin) const;

  std::vector<std::string> allowed_;
};

} // namespace dotmac
