#include "api/credentials.hpp"

#include "core/describe/json.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace dotmac {
namespace {

constexpr std::string_view key_prefix = "dma.";
constexpr std::size_t secret_bytes = 24;
constexpr std::size_t token_size_max = 8'192;

std::string hexadecimal(const unsigned char* data, std::size_t size) {
  std::string text(size * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), data, size);
  text.pop_back();
  return text;
}

std::string hash_of(std::string_view secret) {
  std::array<unsigned char, crypto_generichash_BYTES> hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), nullptr, 0);
  return hexadecimal(hash.data(), hash.size());
}

std::string to_base64url(std::string_view data) {
  std::string text(sodium_base64_encoded_len(data.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string data(text.size(), '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(data.data()), data.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
    return std::nullopt;
  data.resize(size);
  return data;
}

std::string signature_of(std::string_view signed_part, std::string_view secret_key) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(secret_key.data()), secret_key.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size());
  std::string signature(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(signature.data()));
  return signature;
}

failure bad_token(std::string why) { return {error_code::unauthorized, "the token " + std::move(why), "authorization"}; }

result<token_claims> read_claims(const json& body, timestamp now) {
  // RFC 7519: seconds, and fractions of them where somebody sends such.
  const auto seconds = static_cast<double>(now.milliseconds) / 1'000;
  const auto expires = body.find("exp");
  if (expires == body.end() || !expires->is_number())
    return bad_token("has no expiry (exp)");
  if (expires->get<double>() <= seconds)
    return bad_token("has expired");
  if (const auto from = body.find("nbf"); from != body.end() && (!from->is_number() || from->get<double>() > seconds))
    return bad_token("is not valid yet");
  token_claims claims;
  claims.expires_at = {static_cast<std::int64_t>(std::min(expires->get<double>() * 1'000, static_cast<double>(timestamp_max.milliseconds)))};
  if (const auto subject = body.find("sub"); subject != body.end() && subject->is_string())
    claims.subject = subject->get<std::string>();
  if (const auto tenant = body.find("tenant_id"); tenant != body.end()) {
    if (!tenant->is_string())
      return bad_token("has a tenant_id that is not text");
    claims.tenant = tenant->get<std::string>();
  }
  json_reader in;
  const auto scopes = body.find("scopes");
  if (scopes == body.end() || !in.read(*scopes, claims.scopes))
    return bad_token("has no valid scopes");
  return claims;
}

} // namespace

std::optional<api_key_text> parse_api_key(std::string_view text) {
  if (!text.starts_with(key_prefix))
    return std::nullopt;
  text.remove_prefix(key_prefix.size());
  // A tenant's id may hold points; the two parts behind it never do.
  const auto secret_at = text.rfind('.');
  if (secret_at == text.npos || secret_at == 0)
    return std::nullopt;
  const auto id_at = text.rfind('.', secret_at - 1);
  if (id_at == text.npos)
    return std::nullopt;
  api_key_text key{std::string{text.substr(0, id_at)}, std::string{text.substr(id_at + 1, secret_at - id_at - 1)}, std::string{text.substr(secret_at + 1)}};
  if (!is_valid_tenant_id(key.tenant) || key.key_id.empty() || key.secret.empty())
    return std::nullopt;
  return key;
}

std::string derived_secret(std::string_view secret_key, std::string_view purpose) { return signature_of(purpose, secret_key); }

std::string sha256_of(std::string_view text) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return hexadecimal(hash.data(), hash.size());
}

std::string random_identifier(std::size_t size) {
  std::vector<unsigned char> raw(size);
  randombytes_buf(raw.data(), raw.size());
  return hexadecimal(raw.data(), raw.size());
}

made_api_key make_api_key(const std::string& tenant, std::string label, std::vector<access_scope> scopes, timestamp now) {
  const auto key_id = random_identifier(8);
  const auto secret = random_identifier(secret_bytes);
  return {std::string{key_prefix} + tenant + "." + key_id + "." + secret, {key_id, hash_of(secret), std::move(label), std::move(scopes), now}};
}

bool secret_matches(std::string_view secret, std::string_view hash) noexcept {
  const auto sent = hash_of(secret);
  return sent.size() == hash.size() && sodium_memcmp(sent.data(), hash.data(), hash.size()) == 0;
}

result<token_claims> verify_token(std::string_view token, std::string_view secret_key, timestamp now) {
  if (secret_key.empty())
    return bad_token("cannot be checked: the server has no SECRET_KEY");
  const auto body_at = token.find('.');
  const auto signature_at = body_at == token.npos ? token.npos : token.find('.', body_at + 1);
  if (token.size() > token_size_max || signature_at == token.npos)
    return bad_token("is not a JWT");
  const auto header = from_base64url(token.substr(0, body_at));
  const auto body = from_base64url(token.substr(body_at + 1, signature_at - body_at - 1));
  const auto signature = from_base64url(token.substr(signature_at + 1));
  if (!header || !body || !signature)
    return bad_token("is not a JWT");
  const auto head = json::parse(*header, nullptr, false);
  if (!head.is_object() || head.value("alg", json{}) != "HS256")
    return bad_token("must be signed with HS256");
  if (head.contains("crit"))
    return bad_token("wants an extension (crit) that is not known here");
  const auto wanted = signature_of(token.substr(0, signature_at), secret_key);
  if (signature->size() != wanted.size() || sodium_memcmp(signature->data(), wanted.data(), wanted.size()) != 0)
    return bad_token("has a wrong signature");
  const auto claims = json::parse(*body, nullptr, false);
  if (!claims.is_object())
    return bad_token("has no claims");
  return read_claims(claims, now);
}

std::string make_token(const token_claims& claims, std::string_view secret_key, timestamp expires_at) {
  json body{{"exp", expires_at.milliseconds / 1'000}, {"sub", claims.subject}, {"scopes", write_json(claims.scopes)}};
  if (claims.tenant)
    body["tenant_id"] = *claims.tenant;
  const auto signed_part = to_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + to_base64url(body.dump());
  return signed_part + "." + to_base64url(signature_of(signed_part, secret_key));
}

bool allows(const std::vector<access_scope>& granted, access_scope needed) noexcept {
  return std::any_of(granted.begin(), granted.end(), [&](access_scope each) { return each == needed || each == access_scope::admin; });
}

} // namespace dotmac
