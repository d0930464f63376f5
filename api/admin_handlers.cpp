#include "api/admin_handlers.hpp"

#include "config/time_zones.hpp"

namespace dotmac {

struct tenant_request {
  std::string timezone = "UTC";
};
template <> struct description<tenant_request> {
  static constexpr auto fields = std::tuple{field{"timezone", &tenant_request::timezone, "calendar of its answers", bounds{1, 64}}};
};

struct key_request {
  std::string label;
  std::vector<access_scope> scopes;
};
template <> struct description<key_request> {
  static constexpr auto fields = std::tuple{
      field{"label", &key_request::label, "what the key is for", bounds{0, 200}},
      field{"scopes", &key_request::scopes, "what it may do", bounds{1, 4}, presence::required}};
};

namespace {

constexpr const char* service_name = "dotmac-analytics";

json status_of(const gateway_call_pointer& call) {
  const auto& host = *call->host;
  return {{"status", host.hooks.why_not_ready() ? "degraded" : "healthy"}, {"service", service_name}, {"version", host.options.version},
          {"timestamp", format_timestamp(call->received_at)}};
}

json describe_key(const api_key_record& key) {
  return {{"key_id", key.key_id}, {"label", key.label}, {"scopes", write_json(key.scopes)}, {"created_at", format_timestamp(key.created_at)}};
}

} // namespace

json tenant_schema_document() { return json_schema<tenant_request>(); }
json key_schema_document() { return json_schema<key_request>(); }

void create_tenant_entry(const gateway_call_pointer& call) {
  const auto asked = call->read_body<tenant_request>();
  if (!asked)
    return;
  if (auto zone = find_time_zone(asked->timezone); !zone)
    return call->refuse(zone.error());
  gateway_call::ask_tenant(call, create_tenant{asked->timezone}, call->host->options.request_timeout, std::function<void(done&)>{[call, asked = *asked](done&) {
                             call->host->forget_context(call->tenant);
                             call->answer({{"tenant_id", call->tenant}, {"timezone", asked.timezone}});
                           }});
}

void create_key(const gateway_call_pointer& call) {
  const auto asked = call->read_body<key_request>();
  if (!asked)
    return;
  auto made = make_api_key(call->tenant, asked->label, asked->scopes, call->received_at);
  gateway_call::ask_tenant(call, create_api_key{made.record}, call->host->options.request_timeout, std::function<void(done&)>{[call, made](done&) {
                             call->host->forget_context(call->tenant);
                             auto body = describe_key(made.record);
                             body["api_key"] = made.text;
                             body["tenant_id"] = call->tenant;
                             call->answer(body);
                           }});
}

void list_keys(const gateway_call_pointer& call) {
  gateway_call::ask_tenant(call, get_tenant_context{}, call->host->options.request_timeout, std::function<void(tenant_context&)>{[call](tenant_context& context) {
                             json keys = json::array();
                             for (const auto& each : context.api_keys)
                               keys.push_back(describe_key(each));
                             call->answer({{"count", keys.size()}, {"total", keys.size()}, {"api_keys", std::move(keys)}});
                           }});
}

void revoke_key(const gateway_call_pointer& call) {
  gateway_call::ask_tenant(call, revoke_api_key{call->parameters.at("key_id")}, call->host->options.request_timeout, std::function<void(done&)>{[call](done&) {
                             call->host->forget_context(call->tenant);
                             call->answer({{"key_id", call->parameters.at("key_id")}, {"status", "revoked"}});
                           }});
}

void show_actors(const gateway_call_pointer& call) { call->answer(call->host->hooks.actors(call->request.query)); }

void show_health(const gateway_call_pointer& call) { call->answer(status_of(call)); }

void show_health_details(const gateway_call_pointer& call) {
  auto body = status_of(call);
  body["components"] = call->host->hooks.health_components();
  body["environment"] = call->host->options.environment;
  call->answer(body);
}

void show_readiness(const gateway_call_pointer& call) {
  if (const auto why = call->host->hooks.why_not_ready())
    return call->refuse(*why);
  call->answer({{"status", "ready"}});
}

void show_liveness(const gateway_call_pointer& call) { call->answer({{"status", "alive"}}); }

void show_prometheus(const gateway_call_pointer& call) {
  call->respond({200, "text/plain; version=0.0.4; charset=utf-8", call->host->hooks.prometheus_text(), {}});
}

void show_openapi(const gateway_call_pointer& call) { call->answer(openapi_document(all_routes(), call->host->options.version)); }

void show_documentation(const gateway_call_pointer& call) {
  call->respond({200, "text/html; charset=utf-8", documentation_page(all_routes(), call->host->options.version),
                 {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"}, {"X-Content-Type-Options", "nosniff"}}});
}

} // namespace dotmac
