#pragma once

/// Who asks, and what he may do.
///
/// API keys   "dma.<tenant>.<key id>.<secret>": the tenant is readable, only a BLAKE2b-256 hash of the secret is kept, compared in
///            constant time. In X-API-Key, or as a Bearer token.
/// JWT        HS256 by SECRET_KEY, RFC 7519: `exp` is required, `nbf` respected, `crit` refused; claims tenant_id, scopes, sub. Other
///            algorithms ("none" above all) are refused. A token without tenant_id may act for every tenant.
/// Development mode, on loopback, with no SECRET_KEY: no credential is needed; it may do all.
/// Threads    none of its own; pure but for drawing random bytes in make_api_key.

#include "core/identity.hpp"
#include "core/result.hpp"
#include "core/tenancy/tenant_messages.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dotmac {

struct api_key_text {
  std::string tenant;
  std::string key_id;
  std::string secret;
};

/// Nothing where the text has not the form of a key.
std::optional<api_key_text> parse_api_key(std::string_view text);

struct made_api_key {
  std::string text; ///< shown once
  api_key_record record;
};
made_api_key make_api_key(const std::string& tenant, std::string label, std::vector<access_scope> scopes, timestamp now);

bool secret_matches(std::string_view secret, std::string_view hash) noexcept;

struct token_claims {
  std::optional<std::string> tenant;
  std::string subject;
  std::vector<access_scope> scopes;
  timestamp expires_at; ///< of one that was verified
};
result<token_claims> verify_token(std::string_view token, std::string_view secret_key, timestamp now);
std::string make_token(const token_claims& claims, std::string_view secret_key, timestamp expires_at);

bool allows(const std::vector<access_scope>& granted, access_scope needed) noexcept;

/// A secret for one purpose, from another one (HMAC-SHA256): neither says anything of the other.
std::string derived_secret(std::string_view secret_key, std::string_view purpose);

/// SHA-256 in hexadecimal digits.
std::string sha256_of(std::string_view text);

/// Random bytes as hexadecimal digits.
std::string random_identifier(std::size_t size);

} // namespace dotmac
