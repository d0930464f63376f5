#include "api/websocket_upgrade.hpp"

#include <algorithm>

namespace dotmac {
namespace {

constexpr std::size_t key_size = 24; ///< 16 bytes in base64
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

failure bad_upgrade(std::string what, std::string field) { return {error_code::malformed_request, std::move(what), std::move(field)}; }

bool is_same_word(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(), [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
}

/// The entries of a list, which may stand in several headers of one name.
std::vector<std::string_view> entries_of(const http_request& request, std::string_view name) {
  std::vector<std::string_view> found;
  for (const auto& [each, value] : request.headers) {
    if (each != name)
      continue;
    for (std::string_view rest = value; !rest.empty();) {
      const auto comma = rest.find(',');
      auto entry = rest.substr(0, comma);
      rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
      entry.remove_prefix(std::min(entry.find_first_not_of(" \t"), entry.size()));
      entry = entry.substr(0, entry.find_last_not_of(" \t") + 1);
      if (!entry.empty())
        found.push_back(entry);
    }
  }
  return found;
}

bool lists(const http_request& request, std::string_view name, std::string_view lower_case) {
  const auto entries = entries_of(request, name);
  return std::any_of(entries.begin(), entries.end(), [&](std::string_view each) { return is_same_word(each, lower_case); });
}

bool is_key(std::string_view text) {
  return text.size() == key_size && text.ends_with("==") && text.substr(0, key_size - 2).find_first_not_of(base64_digits) == text.npos;
}

/// "a value twice" would leave open which of them counts.
result<void> take_once(std::string& into, std::string_view value, std::string_view header_beside_it) {
  if (value.empty())
    return bad_upgrade("a subprotocol ends where its value should begin", "sec-websocket-protocol");
  if (!into.empty() || !header_beside_it.empty())
    return bad_upgrade("a credential and a tenant are given once, as a header or as a subprotocol", "sec-websocket-protocol");
  into = value;
  return {};
}

result<void> read_protocols(const http_request& request, websocket_request& into) {
  for (const auto each : entries_of(request, "sec-websocket-protocol")) {
    result<void> taken;
    if (each == websocket_protocol)
      into.upgrade.protocol = each;
    else if (each.starts_with(websocket_credential_prefix))
      taken = take_once(into.credential, each.substr(websocket_credential_prefix.size()),
                        request.header("x-api-key").empty() ? request.header("authorization") : request.header("x-api-key"));
    else if (each.starts_with(websocket_tenant_prefix))
      taken = take_once(into.tenant, each.substr(websocket_tenant_prefix.size()), request.header("x-tenant-id"));
    if (!taken)
      return taken;
  }
  // A browser ends a WebSocket whose answer names none of the offered, and a credential is not for answers.
  if (into.upgrade.protocol.empty() && !(into.credential.empty() && into.tenant.empty()))
    return bad_upgrade("offer the subprotocol " + std::string{websocket_protocol} + " beside those with a credential or a tenant", "sec-websocket-protocol");
  return {};
}

} // namespace

bool wants_websocket(const http_request& request) {
  // HTTP/1.0 has no Upgrade (RFC 9110, 7.8), but only a WebSocket has a key.
  return request.method == "GET" && ((request.is_http_1_1 && lists(request, "upgrade", "websocket")) || !request.header("sec-websocket-key").empty());
}

result<websocket_request> read_websocket_request(const http_request& request) {
  if (!request.is_http_1_1)
    return failure{error_code::upgrade_required, "a WebSocket wants HTTP/1.1; a proxy in between may have changed it", {}};
  if (!lists(request, "upgrade", "websocket"))
    return failure{error_code::upgrade_required, "the header Upgrade: websocket is missing; a proxy in between may have dropped it", "upgrade"};
  if (!lists(request, "connection", "upgrade"))
    return bad_upgrade("the header Connection: Upgrade is missing; a proxy in between may have dropped it", "connection");
  if (const auto versions = entries_of(request, "sec-websocket-version"); versions.size() != 1 || versions.front() != "13")
    return failure{error_code::upgrade_required, "the only Sec-WebSocket-Version known is 13", "sec-websocket-version"};
  const auto keys = entries_of(request, "sec-websocket-key");
  if (keys.size() != 1 || !is_key(keys.front()))
    return bad_upgrade("Sec-WebSocket-Key must be 16 bytes in base64, once", "sec-websocket-key");
  if (request.is_followed)
    return bad_upgrade("a request for a WebSocket has no body, and nothing is sent behind it before the answer", "body");
  websocket_request read;
  read.upgrade.key = keys.front();
  if (auto outcome = read_protocols(request, read); !outcome)
    return outcome.error();
  return read;
}

} // namespace dotmac
