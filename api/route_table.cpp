#include "api/handlers.hpp"
#include "api/metric_requests.hpp"

namespace dotmac {
namespace {

template <class Record> json schema_of() { return json_schema<Record>(); }

json event_schema_for_documentation() {
  const auto text = [](std::size_t max) { return json{{"type", "string"}, {"maxLength", max}}; };
  json properties{{"event_type", text(event_type_size_max)}, {"event_name", text(event_name_size_max)}, {"properties", {{"type", "object"}}},
                  {"context", {{"type", "object"}}}, {"timestamp", {{"type", "string"}, {"format", "date-time"}}}};
  for (const auto* name : {"event_id", "user_id", "session_id", "customer_id", "source"})
    properties[name] = text(event_identifier_size_max);
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", json::array({"event_type", "event_name"})}, {"additionalProperties", false}};
}

json batch_schema() {
  return {{"type", "object"},
          {"properties", {{"events", {{"type", "array"}, {"items", event_schema_for_documentation()}, {"minItems", 1}, {"maxItems", batch_events_max}}},
                          {"source", {{"type", "string"}, {"maxLength", event_identifier_size_max}}}}},
          {"required", json::array({"events"})}, {"additionalProperties", false}};
}

json values_schema() {
  return {{"anyOf", json::array({json_schema<value_request>(),
                                 json{{"type", "object"}, {"required", json::array({"values"})}, {"additionalProperties", false},
                                      {"properties", {{"values", {{"type", "array"}, {"items", json_schema<value_request>()}, {"minItems", 1},
                                                                  {"maxItems", metric_batch_values_max}}}}}}})}};
}

constexpr auto ingest = access_scope::ingest;
constexpr auto reading = access_scope::read;
constexpr auto writing = access_scope::write;
constexpr auto admin = access_scope::admin;

constexpr std::array table{
    route{"POST", "/events/track", "Events", "Take one event", ingest, event_schema_for_documentation, track_event},
    route{"POST", "/events/track/batch", "Events", "Take many events: JSON, or NDJSON by Content-Type application/x-ndjson", ingest, batch_schema, track_batch},
    route{"POST", "/events/query", "Events", "Find events, newest first", reading, schema_of<event_page_request>, query_events},
    route{"POST", "/events/aggregate", "Events", "Count events and distinct users per calendar bucket", reading, schema_of<event_aggregate_request>, aggregate_event_counts},
    route{"POST", "/events/funnel", "Events", "How far users come through steps", reading, schema_of<funnel_request>, analyse_funnel},
    route{"POST", "/events/schema", "Events", "Say what the properties of an event must be", writing, schema_of<event_schema_request>, create_schema},
    route{"GET", "/events/schemas", "Events", "List the schemas of events", reading, nullptr, list_schemas},
    route{"GET", "/events/stats", "Events", "How many events there are, by type and name", reading, nullptr, show_event_stats},
    route{"POST", "/metrics/", "Metrics", "Define a metric", writing, schema_of<metric_request>, create_metric_definition},
    route{"GET", "/metrics/", "Metrics", "List metrics; query: metric_type, tags=name:value,..., limit, offset", reading, nullptr, list_metric_definitions},
    route{"POST", "/metrics/values", "Metrics", "Record one value, or many as values", ingest, values_schema, record_metric_values},
    route{"POST", "/metrics/values/query", "Metrics", "Find values, newest first", reading, schema_of<value_page_request>, query_values},
    route{"POST", "/metrics/aggregate", "Metrics", "Aggregate values per calendar bucket", reading, schema_of<value_aggregate_request>, aggregate_metric},
    route{"POST", "/metrics/trend", "Metrics", "Compare two periods", reading, schema_of<trend_request>, compare_metric_periods},
    route{"GET", "/metrics/{metric_id}", "Metrics", "One metric, by id or name", reading, nullptr, show_metric},
    route{"POST", "/admin/tenants", "Administration", "Create a tenant", admin, schema_of<tenant_request>, create_tenant_by_admin},
    route{"POST", "/admin/api-keys", "Administration", "Make an API key; it is shown once", admin, schema_of<api_key_request>, create_key},
    route{"GET", "/admin/api-keys", "Administration", "List API keys", admin, nullptr, list_keys},
    route{"DELETE", "/admin/api-keys/{key_id}", "Administration", "Revoke an API key", admin, nullptr, revoke_key},
    route{"GET", "/admin/actors", "Administration", "Figures of the running actors", admin, nullptr, show_actors},
    route{"GET", "/health/", "Health", "That the service answers", std::nullopt, nullptr, show_health},
    route{"GET", "/health/detailed", "Health", "The state of each component", std::nullopt, nullptr, show_health_in_detail},
    route{"GET", "/health/ready", "Health", "503 until requests can be served, and while draining", std::nullopt, nullptr, show_readiness},
    route{"GET", "/health/live", "Health", "That the process runs", std::nullopt, nullptr, show_liveness},
    route{"GET", "/metrics", "Health", "Figures for Prometheus", std::nullopt, nullptr, show_prometheus_page},
    route{"GET", "/openapi.json", "Documentation", "This API as OpenAPI 3.1", std::nullopt, nullptr, show_openapi},
    route{"GET", "/docs", "Documentation", "This API as a page", std::nullopt, nullptr, show_documentation},
};

} // namespace

std::span<const route> all_routes() { return table; }

} // namespace dotmac
