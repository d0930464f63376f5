#pragma once

/// A request that wants to become a WebSocket (RFC 6455, section 4), read from its header.
///
/// A page cannot set headers of a WebSocket, only offer subprotocols: what a page has to say beside the query comes there.
///
///     new WebSocket(url, ["dotmac.events", "dotmac.credential.<API key or token>", "dotmac.tenant.<id>"])
///
/// "dotmac.events" is the one that is taken and named in the answer; the others stand for X-API-Key and X-Tenant-ID and are never sent back. Not in the query, because
/// addresses are logged on their way.
///
/// Errors    malformed_request; upgrade_required (426) where another version of the protocol, or of HTTP, is wanted.
/// Threads   pure.

#include "api/http_message.hpp"

namespace dotmac {

inline constexpr std::string_view websocket_protocol = "dotmac.events";
inline constexpr std::string_view websocket_credential_prefix = "dotmac.credential.";
inline constexpr std::string_view websocket_tenant_prefix = "dotmac.tenant.";

/// True where the client will take nothing but a WebSocket, also where a proxy dropped half of what it said: it is told so then.
bool wants_websocket(const http_request& request);

struct websocket_request {
  websocket_upgrade upgrade;
  std::string credential; ///< empty: none among the subprotocols
  std::string tenant;
};
result<websocket_request> read_websocket_request(const http_request& request);

} // namespace dotmac
