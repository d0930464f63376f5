#include "api/handlers.hpp"

#include "api/requests.hpp"
#include "config/time_zones.hpp"

#include <algorithm>

namespace dotmac {
namespace {

json identity_of(const gateway_call& call, std::string status) {
  return {{"status", std::move(status)}, {"service", "dotmac-analytics"}, {"version", call.host->options.version},
          {"timestamp", format_timestamp(call.received_at)}};
}

} // namespace

json key_as_json(const api_key_record& key) {
  auto shown = write_json(key);
  shown.erase("secret_hash");
  return shown;
}

void create_tenant_by_admin(const gateway_call_pointer& call) {
  const auto body = call->read_body<tenant_request>();
  if (!body)
    return;
  if (!is_valid_tenant_id(body->tenant_id))
    return call->refuse({error_code::validation_failed, "must have 1 to 63 letters, digits, '-', '_' or '.', and begin with a letter or digit", "tenant_id"});
  if (!call->may_act_for_all)
    return call->refuse({error_code::forbidden, "this credential is bound to the tenant " + call->tenant, {}});
  if (const auto zone = find_time_zone(body->timezone); !zone)
    return call->refuse(zone.error());
  auto options = call->options_for(call->host->options.request_timeout);
  options.tenant = body->tenant_id;
  ask(call->host->tenants, std::move(options), create_tenant{body->timezone}, std::function<void(result<done>)>{[call, body = *body](result<done> outcome) {
        call->host->forget_context(body.tenant_id);
        if (!outcome)
          return call->refuse(outcome.error());
        call->answer({{"tenant_id", body.tenant_id}, {"timezone", body.timezone}, {"created_at", format_timestamp(call->received_at)}});
      }});
}

void create_key(const gateway_call_pointer& call) {
  auto body = call->read_body<api_key_request>();
  if (!body)
    return;
  const auto made = make_api_key(call->tenant, std::move(body->label), std::move(body->scopes), call->received_at);
  gateway_call::ask_tenant(call, create_api_key{made.record}, call->host->options.request_timeout, std::function<void(done&)>{[call, made](done&) {
                             call->host->forget_context(call->tenant);
                             auto shown = key_as_json(made.record);
                             shown["api_key"] = made.text;
                             call->answer(shown);
                           }});
}

void revoke_key(const gateway_call_pointer& call) {
  const auto key_id = call->parameters["key_id"];
  gateway_call::ask_tenant(call, revoke_api_key{key_id}, call->host->options.request_timeout, std::function<void(done&)>{[call, key_id](done&) {
                             call->host->forget_context(call->tenant);
                             call->answer({{"key_id", key_id}, {"status", "revoked"}});
                           }});
}

void show_health(const gateway_call_pointer& call) { call->answer(identity_of(*call, "healthy")); }

void show_health_in_detail(const gateway_call_pointer& call) {
  const auto why_not = call->host->hooks.why_not_ready();
  auto components = call->host->hooks.health_components();
  const bool is_whole = std::all_of(components.begin(), components.end(), [](const json& each) { return each["status"] == "healthy"; });
  auto body = identity_of(*call, why_not ? "unhealthy" : is_whole ? "healthy" : "degraded");
  body["components"] = std::move(components);
  body["environment"] = call->host->options.environment;
  if (why_not)
    body["reason"] = why_not->message;
  call->answer(body);
}

void show_readiness(const gateway_call_pointer& call) {
  if (const auto why_not = call->host->hooks.why_not_ready())
    return call->refuse(*why_not);
  call->answer(identity_of(*call, "ready"));
}

void show_liveness(const gateway_call_pointer& call) { call->answer(identity_of(*call, "alive")); }

void show_prometheus_page(const gateway_call_pointer& call) {
  call->respond({200, prometheus_type, call->host->hooks.prometheus_text(), {}});
}

void show_openapi(const gateway_call_pointer& call) { call->answer(openapi_document(all_routes(), call->host->options.version)); }

void show_documentation(const gateway_call_pointer& call) {
  call->respond({200, "text/html; charset=utf-8", documentation_page(openapi_document(all_routes(), call->host->options.version)),
                 {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
                  {"X-Content-Type-Options", "nosniff"}}});
}

// -- shared by handlers ----------------------------------------------------------------------------------------------------

bool check_interval(const gateway_call_pointer& call, timestamp start, timestamp end, const std::string& end_field) {
  if (start < end)
    return true;
  call->refuse({error_code::validation_failed, "must be after the start: intervals are half-open [start, end)", end_field});
  return false;
}

void add_scope(json& body, const answer_scope& scope, timestamp start, timestamp end) {
  body["as_of"] = optional_time(scope.as_of);
  body["rows_scanned"] = scope.rows_scanned;
  body["interval"] = "[" + format_timestamp(start) + ", " + (end < timestamp_end ? format_timestamp(end) + ")" : format_timestamp(timestamp_max) + "]");
}

json optional_time(const std::optional<timestamp>& at) { return at ? json(format_timestamp(*at)) : json(nullptr); }

void with_zone(const gateway_call_pointer& call, const std::optional<std::string>& name,
               std::function<void(std::shared_ptr<const zone_rules>)> use) {
  const auto found = [call, use = std::move(use)](const std::string& wanted) {
    if (auto zone = find_time_zone(wanted))
      use(*zone);
    else
      call->refuse(zone.error());
  };
  if (name)
    return found(*name);
  call->host->with_context(call->tenant, call, [found](const known_tenant_pointer& known) { found(known->context.timezone); });
}

} // namespace dotmac
