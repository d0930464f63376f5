#include "api/gateway_call.hpp"

#include "api/json_grammar.hpp"
#include "api/url.hpp"
#include "core/identity.hpp"

#include <sodium.h>

#include <algorithm>

namespace dotmac {
namespace {

constexpr std::string_view bearer = "Bearer ";

void add_cors(const gateway_options& options, const http_request& request, http_response& response) {
  const auto origin = request.header("origin");
  if (origin.empty() || std::find(options.cors_origins.begin(), options.cors_origins.end(), origin) == options.cors_origins.end())
    return;
  response.headers.emplace_back("Access-Control-Allow-Origin", std::string{origin});
  response.headers.emplace_back("Vary", "Origin");
  if (request.method == "OPTIONS") {
    response.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE");
    response.headers.emplace_back("Access-Control-Allow-Headers", "Content-Type, Content-Encoding, X-API-Key, Authorization, X-Tenant-ID, X-Request-ID");
    response.headers.emplace_back("Access-Control-Max-Age", "600");
  }
}

} // namespace

std::optional<json> parse_json(const std::string& text, std::size_t depth_max, std::string& why_not) {
  if (!is_valid_utf8(text)) {
    why_not = "it is not valid UTF-8";
    return std::nullopt;
  }
  auto body = std::string_view{text};
  if (body.starts_with("\xEF\xBB\xBF"))
    body.remove_prefix(3);
  if (auto wrong = check_json(body, depth_max)) {
    why_not = body.empty() ? "it is empty" : *std::move(wrong);
    return std::nullopt;
  }
  auto document = json::parse(body, nullptr, false);
  if (document.is_discarded()) {
    why_not = "it has a number that is beyond a double";
    return std::nullopt;
  }
  return document;
}

std::optional<json> gateway_call::parse_body() {
  std::string why_not;
  auto document = parse_json(request.body, json_depth_max, why_not);
  if (!document)
    refuse(failure{error_code::malformed_request, "the body is not valid JSON: " + why_not, "body"});
  return document;
}

void gateway_call::refuse(const failure& why) {
  if (describe(why.code).http_status != describe(error_code::validation_failed).http_status)
    return respond(error_response(why, request.request_id));
  complaint one{why.code == error_code::validation_failed ? "value_error" : std::string{describe(why.code).name}, {"body"}, why.message, nullptr};
  if (!why.field.empty())
    one.loc.emplace_back(why.field);
  refuse({std::move(one)}, why.code);
}

void gateway_call::refuse(const std::vector<complaint>& complaints, error_code code) {
  auto response = error_response({code, {}, {}}, request.request_id);
  json body{{"detail", to_json(complaints)}, {"code", std::string{describe(code).name}}, {"request_id", request.request_id}};
  response.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  respond(std::move(response));
}

void gateway::implementation::handle(http_request request, respond_function respond) {
  auto call = std::make_shared<gateway_call>();
  call->host = shared_from_this();
  call->request = std::move(request);
  call->received_at = hooks.now();
  call->respond = [this, weak = std::weak_ptr{call}, respond = std::move(respond)](http_response response) {
    if (const auto self = weak.lock())
      add_cors(options, self->request, response);
    respond(std::move(response));
  };
  if (call->request.method == "OPTIONS")
    return call->respond({204, "text/plain", {}, {}});
  auto match = match_route(all_routes(), call->request.method, call->request.path);
  if (!match.found) {
    if (match.allowed.empty())
      return call->refuse({error_code::not_found, "there is no path " + call->request.path, {}});
    auto response = error_response({error_code::method_not_allowed, "this path knows only " + match.allowed, {}}, call->request.request_id);
    response.headers.emplace_back("Allow", match.allowed);
    return call->respond(std::move(response));
  }
  call->matched = match.found;
  call->parameters = std::move(match.parameters);
  if (!match.found->scope)
    return match.found->handle(call);
  authorize(call, *match.found->scope, [this, call] { run(call); });
}

/// Admission, then the handler; what was admitted is given back with the answer.
void gateway::implementation::run(const gateway_call_pointer& call) {
  const auto size = call->request.body.size();
  {
    const std::lock_guard lock{admission_mutex};
    if (auto outcome = admitted.admit(call->tenant, size); !outcome)
      return call->refuse(outcome.error());
  }
  call->respond = [self = shared_from_this(), tenant = call->tenant, size, respond = std::move(call->respond)](http_response response) {
    {
      const std::lock_guard lock{self->admission_mutex};
      self->admitted.release(tenant, size);
    }
    respond(std::move(response));
  };
  if (size < large_body_bytes)
    return call->matched->handle(call);
  large_bodies.submit(call->tenant, [call] { call->matched->handle(call); });
}

void gateway::implementation::authorize(const gateway_call_pointer& call, access_scope needed, std::function<void()> allowed) {
  const auto& request = call->request;
  const auto wanted_tenant = request.header("x-tenant-id");
  if (!wanted_tenant.empty() && !is_valid_tenant_id(wanted_tenant))
    return call->refuse({{"tenant_id", {"header", "X-Tenant-ID"}, "a tenant id has 1 to 63 letters, digits, '-', '_' or '.', and begins with a letter or digit",
                          std::string{wanted_tenant.substr(0, 100)}}});
  auto credential = request.header("x-api-key");
  if (const auto header = request.header("authorization"); credential.empty() && header.starts_with(bearer))
    credential = header.substr(bearer.size());
  if (credential.empty()) {
    if (options.is_production || !options.secret_key.empty() || !request.is_from_loopback)
      return call->refuse({error_code::unauthorized, "send an API key in X-API-Key, or a token in Authorization: Bearer", {}});
    call->tenant = wanted_tenant.empty() ? "default" : std::string{wanted_tenant};
    call->may_act_for_all = true;
    return allowed();
  }
  const auto may = [call, needed, wanted_tenant = std::string{wanted_tenant}](const std::string& tenant, const std::vector<access_scope>& scopes) {
    if (!wanted_tenant.empty() && wanted_tenant != tenant) {
      call->refuse({error_code::forbidden, "this credential may not act for the tenant " + wanted_tenant, "X-Tenant-ID"});
      return false;
    }
    if (!allows(scopes, needed)) {
      call->refuse({error_code::forbidden, "this needs the scope " + std::string{name_of(needed)}, {}});
      return false;
    }
    call->tenant = tenant;
    return true;
  };
  if (const auto key = parse_api_key(credential)) {
    call->tenant = key->tenant;
    return with_context(key->tenant, call, [call, key = *key, may, allowed](const known_tenant_pointer& known) {
      const auto& keys = known->context.api_keys;
      const auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& each) { return each.key_id == key.key_id; });
      if (found == keys.end() || !secret_matches(key.secret, found->secret_hash))
        return call->refuse({error_code::unauthorized, "this API key is not known", "X-API-Key"});
      if (may(key.tenant, found->scopes))
        allowed();
    });
  }
  auto claims = verify_token(credential, options.secret_key, hooks.now());
  if (!claims)
    return call->refuse(claims.error());
  if (claims->tenant && !is_valid_tenant_id(*claims->tenant))
    return call->refuse({error_code::unauthorized, "the token has a tenant_id that is no tenant id", "authorization"});
  call->may_act_for_all = !claims->tenant;
  if (may(claims->tenant.value_or(wanted_tenant.empty() ? "default" : std::string{wanted_tenant}), claims->scopes))
    allowed();
}

void gateway::implementation::with_context(const std::string& tenant, const gateway_call_pointer& call,
                                           std::function<void(const known_tenant_pointer&)> use) {
  known_tenant_pointer known;
  std::uint64_t asked_at = 0;
  {
    const std::lock_guard lock{context_mutex};
    asked_at = context_changes;
    if (const auto found = contexts.find(tenant); found != contexts.end())
      known = found->second;
  }
  if (known)
    return use(known);
  auto options_of_ask = call->options_for(options.request_timeout);
  options_of_ask.tenant = tenant;
  ask(tenants, std::move(options_of_ask), get_tenant_context{},
      std::function<void(result<tenant_context>)>{[self = shared_from_this(), call, tenant, use, asked_at](result<tenant_context> outcome) {
        if (!outcome)
          return call->refuse(outcome.error());
        const auto learned = std::make_shared<const known_tenant>(*std::move(outcome));
        self->keep_context(tenant, learned, asked_at);
        use(learned);
      }});
}

void gateway::implementation::keep_context(const std::string& tenant, known_tenant_pointer known, std::uint64_t asked_at) {
  const std::lock_guard lock{context_mutex};
  if (!known->context.exists || context_changes != asked_at)
    return;
  if (contexts.size() >= contexts_max)
    contexts.clear();
  contexts[tenant] = std::move(known);
}

void gateway::implementation::forget_context(const std::string& tenant) {
  const std::lock_guard lock{context_mutex};
  ++context_changes;
  contexts.erase(tenant);
}

gateway::gateway(gateway_options options, tenant_service& tenants, gateway_hooks hooks)
    : implementation_{std::make_shared<implementation>(std::move(options), tenants, std::move(hooks))} {}

gateway::~gateway() { stop(std::chrono::milliseconds{0}); }

result<std::uint16_t> gateway::start() {
  if (sodium_init() < 0)
    return failure{error_code::internal_error, "libsodium could not be set up", {}};
  auto& self = *implementation_;
  self.server = std::make_unique<http_server>(
      self.options.http, [&self](http_request request, respond_function respond) { self.handle(std::move(request), std::move(respond)); },
      self.hooks.log_access);
  return self.server->start();
}

void gateway::drain() {
  if (implementation_->server)
    implementation_->server->drain();
}

void gateway::stop(std::chrono::milliseconds within) {
  if (implementation_->server)
    implementation_->server->stop(within);
  implementation_->large_bodies.stop();
}

} // namespace dotmac
