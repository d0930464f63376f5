#include "api/gateway_call.hpp"

#include "api/browser_session.hpp"
#include "api/decompress.hpp"
#include "api/websocket_upgrade.hpp"

#include <sodium.h>

namespace dotmac {
namespace {

/// What works on a path: HEAD where GET does, OPTIONS everywhere.
std::string methods_of(std::string allowed) {
  if (allowed.find("GET") != allowed.npos)
    allowed += ", HEAD";
  return allowed + ", OPTIONS";
}

} // namespace

void gateway::implementation::handle(http_request request, std::shared_ptr<http_exchange> exchange) {
  const auto call = std::make_shared<gateway_call>(shared_from_this(), std::move(request), std::move(exchange), hooks.now());
  gateway_call::guard(call, [&] { take(call); });
}

/// All that a header alone can decide.
void gateway::implementation::take(const gateway_call_pointer& call) {
  const auto& request = call->request;
  auto match = match_route(request.method == "HEAD" ? "GET" : request.method, request.path);
  if (!match.found && match.allowed.empty())
    return call->refuse({error_code::not_found, "there is no path " + request.path, {}});
  if (request.method == "OPTIONS")
    return answer_options(call, methods_of(match.allowed));
  if (!match.found) {
    const auto allowed = methods_of(match.allowed);
    auto response = error_response({error_code::method_not_allowed, "this path knows only " + allowed, {}}, request.request_id);
    response.headers.emplace_back("Allow", allowed);
    return call->respond(std::move(response));
  }
  call->matched = match.found;
  call->parameters = std::move(match.parameters);
  if (!match.found->scope && !match.found->request_schema)
    return match.found->handle(call);
  if (hooks.why_closed)
    if (const auto why_closed = hooks.why_closed())
      return call->refuse(*why_closed);
  if (!options.takes_calls_of_tenants && is_for_tenants(*match.found))
    return call->refuse({error_code::not_a_gateway, "this node is a worker and takes no calls of tenants: send them to a node with NODE_ROLE both or gateway", "NODE_ROLE"});
  if (match.found->takes_websocket && wants_websocket(request))
    if (const auto taken = take_upgrade(*call); !taken)
      return call->refuse(taken.error());
  if (!match.found->scope)
    return run(call);
  if (match.found->takes_strangers && is_stranger(request))
    return run(call);
  authorize(call, *match.found->scope, [this, call] { run(call); });
}

void gateway::implementation::answer_options(const gateway_call_pointer& call, const std::string& allowed) {
  http_response response{204, "text/plain", {}, {{"Allow", allowed}}, {}};
  origins.add_preflight_headers(call->request.header("origin"), allowed, response);
  call->respond(std::move(response));
}

/// Who asks may do so. Now the body, where the route takes one; its bytes are admitted as they come.
void gateway::implementation::run(const gateway_call_pointer& call) {
  if (call->matched->scope != access_scope::ingest) // what is taken in is taken in whether or not anybody waits
    call->exchange->watch_for_hang_up();
  if (!call->matched->request_schema) {
    if (auto admitted_now = reserve(*call, 0); !admitted_now)
      return call->refuse(admitted_now.error());
    return call->matched->handle(call);
  }
  if (!content_encoding_named(call->request.header("content-encoding")))
    return call->refuse({error_code::unsupported_media_type, "Content-Encoding must be gzip, zstd or identity", "content-encoding"});
  call->exchange->read_body([this, call](std::size_t more) { return reserve(*call, more); },
                            [this, call](result<std::string> body) {
                              gateway_call::guard(call, [&] {
                                if (!body)
                                  return call->refuse(body.error());
                                call->request.body = *std::move(body);
                                run_with_body(call);
                              });
                            });
}

/// Large bodies, and those that must be decompressed, are not for the connection's thread.
void gateway::implementation::run_with_body(const gateway_call_pointer& call) {
  if (!call->is_admitted) // an empty body reserved nothing
    if (auto admitted_now = reserve(*call, 0); !admitted_now)
      return call->refuse(admitted_now.error());
  const bool is_compressed = content_encoding_named(call->request.header("content-encoding")) != content_encoding::identity;
  if (!is_compressed && call->request.body.size() < large_body_bytes)
    return call->matched->handle(call);
  large_bodies.submit(call->tenant, [this, call] {
    gateway_call::guard(call, [&] {
      if (decompress_body(call))
        call->matched->handle(call);
    });
  });
}

/// The plain body takes the place of the sent one, also in what the call holds. False, and answered, where it cannot.
bool gateway::implementation::decompress_body(const gateway_call_pointer& call) {
  const auto encoding = *content_encoding_named(call->request.header("content-encoding"));
  if (encoding == content_encoding::identity)
    return true;
  const auto sent = call->admitted_bytes;
  auto plain = decompress(encoding, std::move(call->request.body), options.http.limits.body_bytes_max, [&](std::size_t more) { return reserve(*call, more); });
  if (!plain) {
    call->refuse(plain.error());
    return false;
  }
  call->request.body = *std::move(plain);
  const std::lock_guard lock{admission_mutex};
  admitted.shrink(call->tenant, sent);
  call->admitted_bytes -= sent;
  return true;
}

result<void> gateway::implementation::reserve(gateway_call& call, std::size_t more) {
  if (!call.matched->scope && call.admitted_bytes + more > open_body_bytes_max)
    return failure{error_code::payload_too_large, "the body is over the limit of " + std::to_string(open_body_bytes_max) + " bytes", "body"};
  const std::lock_guard lock{admission_mutex};
  auto outcome = call.is_admitted ? admitted.grow(call.tenant, more) : admitted.admit(call.tenant, more);
  if (outcome) {
    call.is_admitted = true;
    call.admitted_bytes += more;
  }
  return outcome;
}

void gateway::implementation::give_back(gateway_call& call) {
  if (!call.is_admitted)
    return;
  const std::lock_guard lock{admission_mutex};
  admitted.release(call.tenant, call.admitted_bytes);
  call.is_admitted = false;
}

gateway::gateway(gateway_options options, tenant_service& tenants, gateway_hooks hooks)
    : implementation_{std::make_shared<implementation>(std::move(options), tenants, std::move(hooks))} {}

gateway::~gateway() { stop(std::chrono::milliseconds{0}); }

result<std::uint16_t> gateway::start() {
  if (sodium_init() < 0)
    return failure{error_code::internal_error, "libsodium could not be set up", {}};
  auto& self = *implementation_;
  self.session_secret = session_secret_of(self.options.secret_key);
  http_server_hooks of_server;
  of_server.handle = [&self](http_request request, std::shared_ptr<http_exchange> exchange) { self.handle(std::move(request), std::move(exchange)); };
  of_server.log_access = self.hooks.log_access;
  of_server.add_headers = [&self](std::string_view origin, http_response& response) { self.origins.add_headers(origin, response); };
  of_server.log_failure = [&self](std::string_view what) {
    if (self.hooks.log_failure)
      self.hooks.log_failure("-", what);
  };
  self.server = std::make_unique<http_server>(self.options.http, std::move(of_server));
  return self.server->start();
}

void gateway::ask_to_leave() {
  if (implementation_->server)
    implementation_->server->ask_to_leave();
}

void gateway::drain() {
  if (implementation_->server)
    implementation_->server->drain();
}

void gateway::stop(std::chrono::milliseconds within) {
  if (implementation_->server)
    implementation_->server->stop(within);
  implementation_->stopping = true;
  implementation_->large_bodies.stop();
}

} // namespace dotmac
