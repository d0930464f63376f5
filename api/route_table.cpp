// Every route, declared once.

#include "api/admin_handlers.hpp"
#include "api/event_handlers.hpp"

namespace dotmac {

std::span<const route> all_routes() {
  using enum access_scope;
  static constexpr std::optional<access_scope> open{};
  static const std::array table{
      route{"POST", "/events/track", "Events", "Takes one event; answered once it is durable.", ingest, event_schema_document, track_event},
      route{"POST", "/events/track/batch", "Events", "Takes many events, each with its own outcome; also NDJSON, also gzip.", ingest, batch_schema_document, track_batch},
      route{"POST", "/events/query", "Events", "Finds events, newest first.", read, query_schema_document, query_events},
      route{"POST", "/events/aggregate", "Events", "Counts events and distinct users, sessions and customers per calendar bucket.", read, aggregate_schema_document, aggregate_events_by_time},
      route{"POST", "/events/funnel", "Events", "Counts who came how far through a series of steps.", read, funnel_schema_document, analyze_funnel},
      route{"GET", "/events/stats", "Events", "How many events of which kinds are kept.", read, nullptr, describe_events},
      route{"POST", "/admin/tenants", "Administration", "Creates the tenant named by X-Tenant-ID.", admin, tenant_schema_document, create_tenant_entry},
      route{"POST", "/admin/api-keys", "Administration", "Creates an API key of the tenant; the key is shown once.", admin, key_schema_document, create_key},
      route{"GET", "/admin/api-keys", "Administration", "Lists the tenant's API keys.", admin, nullptr, list_keys},
      route{"DELETE", "/admin/api-keys/{key_id}", "Administration", "Revokes an API key.", admin, nullptr, revoke_key},
      route{"GET", "/admin/actors", "Administration", "The running actors with their figures; filters: kind, tenant, path.", admin, nullptr, show_actors},
      route{"GET", "/health", "Health", "Whether the node is well.", open, nullptr, show_health},
      route{"GET", "/health/detailed", "Health", "The node's components, each with its state.", open, nullptr, show_health_details},
      route{"GET", "/health/ready", "Health", "200 when the node takes requests, else 503 with the reason.", open, nullptr, show_readiness},
      route{"GET", "/health/live", "Health", "200 while the process answers.", open, nullptr, show_liveness},
      route{"GET", "/metrics", "Health", "Figures of the node in Prometheus' text format.", open, nullptr, show_prometheus},
      route{"GET", "/openapi.json", "Documents", "This interface as OpenAPI 3.1.", open, nullptr, show_openapi},
      route{"GET", "/docs", "Documents", "This interface for people.", open, nullptr, show_documentation}};
  return table;
}

} // namespace dotmac
