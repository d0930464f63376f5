/// Who asks: the credential of a request, checked against what is known of its tenant.

#include "api/gateway_call.hpp"

#include "api/browser_session.hpp"
#include "api/websocket_upgrade.hpp"
#include "core/identity.hpp"

#include <algorithm>

namespace dotmac {
namespace {

constexpr std::string_view bearer = "bearer ";

/// The scheme may be written in upper or lower case.
std::string_view token_in(std::string_view header) {
  if (header.size() < bearer.size() || !std::equal(bearer.begin(), bearer.end(), header.begin(), [](char a, char b) { return a == (b | 0x20); }))
    return {};
  header.remove_prefix(bearer.size() - 1);
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  return header;
}

} // namespace

/// What the subprotocols say stands for the headers that a page cannot set. A page of another origin is refused whatever it knows, as its calls are by CORS: a WebSocket is opened
/// without asking.
result<void> gateway::implementation::take_upgrade(gateway_call& call) {
  auto& request = call.request;
  auto read = read_websocket_request(request);
  if (!read)
    return read.error();
  if (!origins.may_open_websocket(request.header("origin"), request.header("host")))
    return failure{error_code::forbidden, "no page of another origin may open a WebSocket: add its origin to CORS_ORIGINS", "Origin"};
  if (!read->credential.empty())
    request.headers.emplace_back("x-api-key", std::move(read->credential));
  if (!read->tenant.empty())
    request.headers.emplace_back("x-tenant-id", std::move(read->tenant));
  request.upgrade = std::move(read->upgrade);
  return {};
}

void gateway::implementation::authorize(const gateway_call_pointer& call, access_scope needed, std::function<void()> allowed) {
  const auto& request = call->request;
  const auto wanted_tenant = request.header("x-tenant-id");
  if (!wanted_tenant.empty() && !is_valid_tenant_id(wanted_tenant))
    return call->refuse({{"tenant_id", {"header", "X-Tenant-ID"}, "a tenant id has 1 to 63 letters, digits, '-', '_' or '.', and begins with a letter or digit",
                          std::string{wanted_tenant.substr(0, 100)}}});
  auto credential = request.header("x-api-key");
  if (credential.empty())
    credential = token_in(request.header("authorization"));
  if (credential.empty())
    return authorize_by_cookie(call, needed, std::move(allowed));
  if (const auto key = parse_api_key(credential))
    return authorize_by_key(call, needed, {key->tenant, key->key_id, key->secret}, std::move(allowed));
  auto claims = verify_token(credential, options.secret_key, hooks.now());
  if (!claims)
    return call->refuse(claims.error());
  if (claims->tenant && !is_valid_tenant_id(*claims->tenant))
    return call->refuse({error_code::unauthorized, "the token has a tenant_id that is no tenant id", "authorization"});
  call->may_act_for_all = !claims->tenant;
  call->caller = "token " + claims->subject;
  if (may(call, needed, claims->tenant.value_or(wanted_tenant.empty() ? "default" : std::string{wanted_tenant}), claims->scopes))
    allowed();
}

result<browser_session> gateway::implementation::session_of(std::string_view token) const {
  auto session = read_session(token, session_secret, hooks.now());
  if (session && signed_out.contains(*session))
    return session_is_over();
  return session;
}

bool gateway::implementation::needs_credential(const http_request& request) const { return options.is_production || !options.secret_key.empty() || !request.is_from_loopback; }

/// Sends nothing that could be a credential, where one is needed.
bool gateway::implementation::is_stranger(const http_request& request) const {
  return needs_credential(request) && request.header("x-api-key").empty() && token_in(request.header("authorization")).empty() && session_token_in(request).empty();
}

/// The session of a browser, where there is one that holds; else as who sends nothing.
void gateway::implementation::authorize_by_cookie(const gateway_call_pointer& call, access_scope needed, std::function<void()> allowed) {
  const auto& request = call->request;
  if (const auto token = session_token_in(request); !token.empty()) {
    if (auto session = session_of(token)) {
      if (auto page = check_page(request); !page)
        return call->refuse(page.error());
      call->session_ends_at = session->ends_at;
      return authorize_by_key(call, needed, {std::move(session->tenant), std::move(session->key_id), std::nullopt}, std::move(allowed));
    } else if (needs_credential(request)) {
      return call->refuse(session.error());
    }
  }
  if (needs_credential(request))
    return call->refuse({error_code::unauthorized, "send an API key in X-API-Key, or a token in Authorization: Bearer", {}});
  if (!origins.may_act_without_credential(request.header("origin"), request.header("host")))
    return call->refuse({error_code::forbidden, "without a credential no page of another origin may call: add its origin to CORS_ORIGINS, or set a SECRET_KEY", "Origin"});
  const auto wanted_tenant = request.header("x-tenant-id");
  call->tenant = wanted_tenant.empty() ? "default" : std::string{wanted_tenant};
  call->may_act_for_all = true;
  call->scopes = {access_scope::admin};
  call->caller = "loopback";
  allowed();
}

void gateway::implementation::authorize_by_key(const gateway_call_pointer& call, access_scope needed, const claimed_key& key, std::function<void()> allowed) {
  use_key(call, needed, key, options.context_kept_for.count() > 0, std::move(allowed));
}

/// A key that is not known may have been made on another node a moment ago: then the tenant is asked once more.
void gateway::implementation::use_key(const gateway_call_pointer& call, access_scope needed, const claimed_key& key, bool may_be_new, std::function<void()> allowed) {
  with_claimed_context(key.tenant, call, may_be_new || options.context_kept_for.count() == 0,
                       [this, call, needed, key, may_be_new, allowed = std::move(allowed)](const known_tenant_pointer& known) mutable {
    const api_key_record* found = nullptr;
    if (known)
      for (const auto& each : known->context.api_keys)
        if (each.key_id == key.key_id)
          found = &each;
    if (found == nullptr && known && may_be_new)
      return use_key(call, needed, key, false, std::move(allowed));
    if (found == nullptr && !key.secret)
      return call->refuse({error_code::unauthorized, "the API key of this session was revoked: sign in with another one", "Cookie"});
    if (found == nullptr || (key.secret && !secret_matches(*key.secret, found->secret_hash)))
      return call->refuse({error_code::unauthorized, "this API key is not known", "X-API-Key"});
    call->caller = "key " + key.key_id;
    if (may(call, needed, key.tenant, found->scopes))
      allowed();
  });
}

/// Answers 403 and is false where the credential is for another tenant, or lacks the scope.
bool gateway::implementation::may(const gateway_call_pointer& call, access_scope needed, const std::string& tenant, const std::vector<access_scope>& scopes) {
  if (const auto wanted = call->request.header("x-tenant-id"); !wanted.empty() && wanted != tenant) {
    call->refuse({error_code::forbidden, "this credential may not act for the tenant " + std::string{wanted}, "X-Tenant-ID"});
    return false;
  }
  call->tenant = tenant;
  call->scopes = scopes;
  if (allows(scopes, needed))
    return true;
  call->refuse({error_code::forbidden, "this needs the scope " + std::string{name_of(needed)}, {}});
  return false;
}

known_tenant_pointer gateway::implementation::kept_context(const std::string& tenant, std::uint64_t& asked_at) {
  const std::lock_guard lock{context_mutex};
  asked_at = context_changes;
  const auto found = contexts.find(tenant);
  if (found == contexts.end())
    return nullptr;
  const bool is_old = options.context_kept_for.count() > 0 && std::chrono::steady_clock::now() - found->second->asked_at >= options.context_kept_for;
  return is_old ? nullptr : found->second;
}

void gateway::implementation::with_context(const std::string& tenant, const gateway_call_pointer& call,
                                           std::function<void(const known_tenant_pointer&)> use) {
  std::uint64_t asked_at = 0;
  if (const auto known = kept_context(tenant, asked_at))
    return use(known);
  auto options_of_ask = call->options_for(options.request_timeout);
  options_of_ask.tenant = tenant;
  ask(tenants, std::move(options_of_ask), get_tenant_context{},
      std::function<void(result<tenant_context>)>{[self = shared_from_this(), call, tenant, use, asked_at](result<tenant_context> outcome) {
        gateway_call::guard(call, [&] {
          if (!outcome)
            return call->refuse(outcome.error());
          const auto learned = std::make_shared<const known_tenant>(*std::move(outcome));
          self->keep_context(tenant, learned, asked_at);
          use(learned);
        });
      }});
}

/// `use` gets null where the tenant does not exist.
void gateway::implementation::with_claimed_context(const std::string& tenant, const gateway_call_pointer& call, bool is_kept_good,
                                                   std::function<void(const known_tenant_pointer&)> use) {
  std::uint64_t asked_at = 0;
  if (const auto known = kept_context(tenant, asked_at); known && is_kept_good)
    return use(known);
  if (unknown.contains(tenant, std::chrono::steady_clock::now()))
    return use(nullptr);
  if (auto outcome = unknown.begin_look(); !outcome)
    return call->refuse(outcome.error());
  const std::shared_ptr<void> look{nullptr, [self = shared_from_this()](void*) { self->unknown.end_look(); }};
  auto options_of_ask = call->options_for(options.request_timeout);
  options_of_ask.tenant = tenant;
  ask(tenants, std::move(options_of_ask), get_tenant_context{true},
      std::function<void(result<tenant_context>)>{[self = shared_from_this(), call, tenant, use, asked_at, look](result<tenant_context> outcome) {
        gateway_call::guard(call, [&] {
          if (!outcome)
            return call->refuse(outcome.error());
          if (!outcome->exists) {
            const std::lock_guard lock{self->context_mutex};
            if (self->context_changes == asked_at)
              self->unknown.keep(tenant, std::chrono::steady_clock::now());
          }
          const auto learned = outcome->exists ? std::make_shared<const known_tenant>(*std::move(outcome)) : nullptr;
          if (learned)
            self->keep_context(tenant, learned, asked_at);
          use(learned);
        });
      }});
}

void gateway::implementation::keep_context(const std::string& tenant, known_tenant_pointer known, std::uint64_t asked_at) {
  const std::lock_guard lock{context_mutex};
  if (context_changes != asked_at)
    return;
  if (contexts.size() >= contexts_max)
    contexts.clear();
  contexts[tenant] = std::move(known);
}

void gateway::implementation::forget_context(const std::string& tenant) {
  const std::lock_guard lock{context_mutex};
  ++context_changes;
  contexts.erase(tenant);
  unknown.forget(tenant);
}

} // namespace dotmac
