#include "api/answer_forms.hpp"
#include "api/catalogue_requests.hpp"
#include "api/cluster_requests.hpp"
#include "api/dashboard_requests.hpp"
#include "api/export_requests.hpp"
#include "api/funnel_requests.hpp"
#include "api/habit_requests.hpp"
#include "api/handlers.hpp"
#include "api/list_requests.hpp"
#include "api/live_requests.hpp"
#include "api/metric_requests.hpp"
#include "api/path_requests.hpp"
#include "api/privacy_requests.hpp"
#include "api/profile_requests.hpp"
#include "api/retention_requests.hpp"
#include "api/route_examples.hpp"
#include "api/session_requests.hpp"
#include "api/sign_in_requests.hpp"
#include "api/trend_requests.hpp"
#include "api/user_requests.hpp"

namespace dotmac {
namespace {

template <class Record> json schema_of() { return json_schema<Record>(); }

json page_of_html_form() { return {{"type", "string"}}; }

/// The hot path reads events without a description (api/event_parser.hpp): their form for the document.
json event_form() {
  const auto text = [](std::size_t min, std::size_t max, const char* meaning) {
    if (min > 0)
      return json{{"type", "string"}, {"minLength", min}, {"maxLength", max}, {"description", meaning}};
    return json{{"type", json::array({"string", "null"})}, {"maxLength", max}, {"description", meaning}};
  };
  const auto object = [](const char* meaning) { return json{{"type", json::array({"object", "null"})}, {"maxProperties", property_count_max}, {"description", meaning}}; };
  return {{"type", "object"}, {"required", json::array({"event_type", "event_name"})}, {"additionalProperties", false},
          {"properties", {{"event_type", text(1, event_type_size_max, "page_view, click, conversion, or any other")}, {"event_name", text(1, event_name_size_max, "what happened")},
                          {"event_id", text(0, event_identifier_size_max, "sent again, it has no effect")}, {"user_id", text(0, event_identifier_size_max, "who")},
                          {"session_id", text(0, event_identifier_size_max, "in which session")}, {"customer_id", text(0, event_identifier_size_max, "of which customer")},
                          {"source", text(0, event_identifier_size_max, "what sent it")}, {"properties", object("any JSON, by name")}, {"context", object("any JSON, by name")},
                          {"timestamp", {{"type", json::array({"string", "null"})}, {"format", "date-time"}, {"description", "when it happened; else now"}}}}}};
}

json batch_form() {
  const json events{{"type", "array"}, {"items", event_form()}, {"minItems", 1}, {"maxItems", batch_events_max}};
  return {{"anyOf", json::array({json{{"type", "object"}, {"required", json::array({"events"})}, {"additionalProperties", false},
                                      {"properties", {{"events", events}, {"source", {{"type", "string"}, {"maxLength", event_identifier_size_max}, {"description", "of events without one"}}}}}},
                                 events})}};
}

json values_form() {
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
    route{"POST", "/events/track", "Events", "track_event", "Take one event; answered once it is durable", ingest, nullptr, event_form, tracked_form, track_event, examples::track_event},
    route{"POST", "/events/track/batch", "Events", "track_events", "Take many events: JSON, or NDJSON by Content-Type application/x-ndjson; a bad one fails alone", ingest, nullptr, batch_form,
          batch_tracked_form, track_batch, examples::track_batch, {}, "application/json", true},
    route{"POST", "/events/query", "Events", "query_events", "Find events, newest or oldest first", reading, nullptr, schema_of<event_page_request>, events_found_form, query_events, examples::query_events},
    route{"POST", "/events/export", "Events", "export_events", "All events that match, streamed as NDJSON or CSV, of any number", reading, nullptr, schema_of<event_export_request>, export_form,
          export_events_as_lines, examples::export_events, {}, "application/x-ndjson"},
    route{"GET", "/events/live", "Events", "stream_events", "Events as they become durable, as server-sent events or by WebSocket", reading, schema_of<live_events_request>, nullptr, live_form,
          show_live_events, examples::live_events, {400, 426}, "text/event-stream", false, true},
    route{"POST", "/events/aggregate", "Events", "aggregate_events", "Count events and distinct users per calendar bucket", reading, nullptr, schema_of<event_aggregate_request>,
          event_aggregates_form, aggregate_event_counts, examples::aggregate_events},
    route{"POST", "/events/trends", "Events", "show_event_trends", "Measure events over time: counts, people, sums, percentiles; several series, groups, formulas, comparison", reading, nullptr,
          schema_of<event_trends_request>, event_trends_form, show_event_trends, examples::event_trends},
    route{"POST", "/events/funnel", "Events", "analyse_funnel", "How far users come through steps", reading, nullptr, schema_of<funnel_request>, funnel_form, analyse_funnel, examples::funnel},
    route{"POST", "/events/funnel/users", "Events", "list_funnel_users", "Who reached a step of a funnel, or dropped before it", reading, nullptr, schema_of<funnel_users_request>,
          funnel_users_form, list_funnel_users, examples::funnel_users},
    route{"POST", "/events/retention", "Events", "show_event_retention", "How many of the users who did one thing come back to do another, by period", reading, nullptr,
          schema_of<event_retention_request>, event_retention_form, show_event_retention, examples::event_retention},
    route{"POST", "/events/stickiness", "Events", "show_event_stickiness", "In how many days, or other intervals, users were active", reading, nullptr, schema_of<event_stickiness_request>,
          event_stickiness_form, show_event_stickiness, examples::event_stickiness},
    route{"POST", "/events/lifecycle", "Events", "show_event_lifecycle", "Who is new, returns, comes back after a while, or is gone, by period", reading, nullptr,
          schema_of<event_lifecycle_request>, event_lifecycle_form, show_event_lifecycle, examples::event_lifecycle},
    route{"POST", "/events/users", "Events", "find_event_users", "Who did something how often, most often first", reading, nullptr, schema_of<event_users_request>, event_users_form,
          find_event_users, examples::event_users},
    route{"POST", "/events/sessions", "Events", "show_event_sessions", "What users do in one go: sessions over time, their length, where they begin and end", reading, nullptr,
          schema_of<event_sessions_request>, event_sessions_form, show_event_sessions, examples::event_sessions},
    route{"POST", "/events/paths", "Events", "show_event_paths", "Which steps users take one after the other, and where they leave", reading, nullptr, schema_of<event_paths_request>, event_paths_form,
          show_event_paths, examples::event_paths},
    route{"POST", "/profiles/identify", "Profiles", "identify_profiles", "Set, set once or forget attributes of users, customers and groups", ingest, nullptr, schema_of<identify_request>,
          profiles_changed_form, identify_profiles, examples::identify_profiles},
    route{"POST", "/profiles/merge", "Profiles", "merge_profiles", "Say that one user id is another one: history, counts and attributes become one", ingest, nullptr, schema_of<merge_request>,
          profiles_changed_form, merge_profiles, examples::merge_profiles},
    route{"POST", "/profiles/query", "Profiles", "query_profiles", "Find profiles by their attributes", reading, nullptr, schema_of<profile_query_request>, profiles_found_form, query_profiles,
          examples::query_profiles},
    route{"GET", "/profiles/users/{user_id}", "Profiles", "show_user", "One user, by any of his ids: attributes, and what he did", reading, nullptr, nullptr, profile_form, show_user,
          examples::show_user},
    route{"GET", "/profiles/users/{user_id}/events", "Profiles", "show_user_timeline", "The events of one user, under any of his ids", reading, schema_of<timeline_request>, nullptr,
          events_found_form, show_user_timeline, examples::user_timeline},
    route{"GET", "/profiles/customers/{customer_id}", "Profiles", "show_customer", "One customer: attributes, and what he did", reading, nullptr, nullptr, profile_form, show_customer,
          examples::show_customer},
    route{"GET", "/profiles/customers/{customer_id}/events", "Profiles", "show_customer_timeline", "The events of one customer", reading, schema_of<timeline_request>, nullptr,
          events_found_form, show_customer_timeline, examples::customer_timeline},
    route{"POST", "/privacy/deletions", "Privacy", "delete_subject", "Remove everything of one user or customer: events, profile, ids. Answered once it is durable, carried out behind it", writing, nullptr,
          schema_of<deletion_request>, deletion_form, delete_subject, examples::delete_subject},
    route{"GET", "/privacy/deletions", "Privacy", "list_deletions", "Deletions that run, and those that are done", writing, nullptr, nullptr, deletions_form, list_deletions,
          examples::list_deletions},
    route{"GET", "/privacy/deletions/{deletion_id}", "Privacy", "show_deletion", "How far one deletion is", writing, nullptr, nullptr, deletion_form, show_deletion, examples::show_deletion},
    route{"GET", "/privacy/users/{user_id}/export", "Privacy", "export_user", "Everything of one user, under any of his ids: his profile, and all of his events", reading, nullptr, nullptr,
          subject_export_form, export_user, examples::export_user, {}, "application/x-ndjson"},
    route{"GET", "/privacy/customers/{customer_id}/export", "Privacy", "export_customer", "Everything of one customer: the profile, and all events", reading, nullptr, nullptr,
          subject_export_form, export_customer, examples::export_customer, {}, "application/x-ndjson"},
    route{"GET", "/privacy/retention", "Privacy", "show_retention_rules", "How long events are kept, by type", reading, nullptr, nullptr, retention_rules_form, show_retention_rules,
          examples::show_retention_rules},
    route{"PUT", "/privacy/retention", "Privacy", "set_retention_rules", "Say how long events are kept, by type: older ones are removed, day by day", writing, nullptr, schema_of<event_retention>,
          retention_rules_form, set_retention_rules, examples::set_retention_rules},
    route{"POST", "/events/catalogue", "Events", "show_event_catalogue", "What events have: types, names, fields and properties, with counts", reading, nullptr, schema_of<event_catalogue_request>,
          event_catalogue_form, show_event_catalogue, examples::event_catalogue},
    route{"POST", "/events/catalogue/values", "Events", "show_event_values", "The values of one field or property, the most frequent first", reading, nullptr, schema_of<event_values_request>,
          event_values_form, show_event_values, examples::event_values},
    route{"POST", "/events/schema", "Events", "create_event_schema", "Say what the properties of an event must be", writing, nullptr, schema_of<event_schema_request>, event_schema_form,
          create_schema, examples::create_schema, {409}},
    route{"GET", "/events/schemas", "Events", "list_event_schemas", "List the schemas of events", reading, schema_of<list_request>, nullptr, event_schemas_form, list_schemas,
          examples::list_schemas},
    route{"GET", "/events/stats", "Events", "show_event_stats", "How many events there are, by type and name", reading, nullptr, nullptr, event_stats_form, show_event_stats,
          examples::event_stats},
    route{"POST", "/metrics/", "Metrics", "create_metric", "Define a metric", writing, nullptr, schema_of<metric_request>, metric_form, create_metric_definition, examples::create_metric, {409}},
    route{"GET", "/metrics/", "Metrics", "list_metrics", "List metrics", reading, schema_of<metric_list_request>, nullptr, metrics_form, list_metric_definitions, examples::list_metrics},
    route{"POST", "/metrics/values", "Metrics", "record_values", "Record one value, or many as values", ingest, nullptr, values_form, values_recorded_form, record_metric_values,
          examples::record_values, {404}},
    route{"POST", "/metrics/values/query", "Metrics", "query_values", "Find values, newest first", reading, nullptr, schema_of<value_page_request>, values_found_form, query_values,
          examples::query_values, {404}},
    route{"POST", "/metrics/aggregate", "Metrics", "aggregate_values", "Aggregate values per calendar bucket", reading, nullptr, schema_of<value_aggregate_request>, value_aggregates_form,
          aggregate_metric, examples::aggregate_values, {404}},
    route{"POST", "/metrics/trend", "Metrics", "compare_periods", "Compare two periods", reading, nullptr, schema_of<trend_request>, trend_form, compare_metric_periods, examples::trend, {404}},
    route{"GET", "/metrics/{metric_id}", "Metrics", "show_metric", "One metric, by id or name", reading, nullptr, nullptr, metric_form, show_metric, examples::show_metric},
    route{"POST", "/dashboards/", "Dashboards", "create_dashboard", "Make a dashboard, with its widgets where they are known", writing, nullptr, schema_of<dashboard_content>, dashboard_form,
          create_new_dashboard, examples::create_dashboard, {409}},
    route{"GET", "/dashboards/", "Dashboards", "list_dashboards", "List dashboards", reading, schema_of<dashboard_list_request>, nullptr, dashboards_form, list_all_dashboards,
          examples::list_dashboards},
    route{"GET", "/dashboards/{dashboard_id}", "Dashboards", "show_dashboard", "One dashboard, by id or name, as it is, in a version, or as it was at a time", reading, schema_of<dashboard_query>,
          nullptr, dashboard_form, show_one_dashboard, examples::show_dashboard},
    route{"PATCH", "/dashboards/{dashboard_id}", "Dashboards", "change_dashboard", "Change what is given; widgets, where they are given, are all of them", writing, nullptr,
          schema_of<meant_for<change_content>>, dashboard_form, change_one_dashboard, examples::change_dashboard, {409}},
    route{"PUT", "/dashboards/{dashboard_id}/layout", "Dashboards", "arrange_widgets", "Move widgets, several in one step", writing, nullptr, schema_of<meant_for<arrange_widgets>>, dashboard_form,
          arrange_widgets_of_dashboard, examples::arrange_widgets, {409}},
    route{"GET", "/dashboards/{dashboard_id}/versions", "Dashboards", "list_dashboard_versions", "Who changed what, newest first", reading, schema_of<dashboard_versions_request>, nullptr,
          dashboard_versions_form, list_versions_of_dashboard, examples::list_dashboard_versions},
    route{"POST", "/dashboards/{dashboard_id}/duplicate", "Dashboards", "duplicate_dashboard", "Make another dashboard with the same content", writing, nullptr, schema_of<duplicate_request>,
          dashboard_form, duplicate_one_dashboard, examples::duplicate_dashboard, {409}},
    route{"POST", "/dashboards/{dashboard_id}/widgets", "Dashboards", "add_widget", "Add a widget", writing, nullptr, schema_of<meant_for<dashboard_widget>>, widget_form, add_widget_to_dashboard,
          examples::add_widget, {409}},
    route{"GET", "/dashboards/{dashboard_id}/widgets/{widget_id}", "Dashboards", "show_widget", "One widget, by id or name", reading, nullptr, nullptr, widget_form, show_widget_of_dashboard,
          examples::show_widget},
    route{"PATCH", "/dashboards/{dashboard_id}/widgets/{widget_id}", "Dashboards", "change_widget", "Change what is given of a widget", writing, nullptr, widget_change_form, widget_form,
          change_widget_of_dashboard, examples::change_widget, {409}},
    route{"DELETE", "/dashboards/{dashboard_id}/widgets/{widget_id}", "Dashboards", "remove_widget", "Remove a widget", writing, schema_of<expectation>, nullptr, widget_removed_form,
          remove_widget_from_dashboard, examples::remove_widget, {409}},
    route{"POST", "/dashboards/{dashboard_id}/restore", "Dashboards", "restore_dashboard", "Make an earlier version the newest again; brings back a dashboard that was removed", writing, nullptr,
          schema_of<restore_request>, dashboard_form, restore_one_dashboard, examples::restore_dashboard, {409}},
    route{"DELETE", "/dashboards/{dashboard_id}", "Dashboards", "remove_dashboard", "Remove a dashboard; its versions are kept, and restore brings it back", writing, schema_of<expectation>, nullptr,
          dashboard_removed_form, remove_one_dashboard, examples::remove_dashboard, {409}},
    route{"POST", "/admin/tenants", "Administration", "create_tenant", "Create a tenant", admin, nullptr, schema_of<tenant_request>, tenant_created_form, create_tenant_by_admin,
          examples::create_tenant, {409}},
    route{"POST", "/admin/api-keys", "Administration", "create_api_key", "Make an API key; it is shown once", admin, nullptr, schema_of<api_key_request>, api_key_created_form, create_key,
          examples::create_key},
    route{"GET", "/admin/api-keys", "Administration", "list_api_keys", "List API keys", admin, schema_of<list_request>, nullptr, api_keys_form, list_keys, examples::list_keys},
    route{"DELETE", "/admin/api-keys/{key_id}", "Administration", "revoke_api_key", "Revoke an API key", admin, nullptr, nullptr, api_key_revoked_form, revoke_key, examples::revoke_key},
    route{"GET", "/admin/actors", "Administration", "list_actors", "Figures of the running actors", admin, schema_of<actor_list_request>, nullptr, actors_form, show_actors, examples::actors},
    route{"GET", "/admin/actors/details", "Administration", "show_actor_details", "One actor: figures, what it holds, what went wrong with it, its snapshots", admin, schema_of<actor_details_request>,
          nullptr, actor_details_form, show_actor_details, examples::actor_details, {404}},
    route{"GET", "/admin/actors/snapshot", "Administration", "show_actor_snapshot", "What is written in a snapshot", admin, schema_of<actor_snapshot_request>, nullptr, actor_snapshot_form,
          show_actor_snapshot, examples::actor_snapshot, {404}},
    route{"GET", "/admin/actors/metrics", "Administration", "show_actor_series", "Figures of single actors for Prometheus: of those that were busy longest", admin,
          schema_of<actor_figures_request>, nullptr, prometheus_form, show_actor_series, examples::actor_series, {}, prometheus_type},
    route{"GET", "/admin/dead-letters", "Administration", "list_dead_letters", "Messages that made their actor fail twice and were put aside, newest first", admin,
          schema_of<dead_letters_request>, nullptr, dead_letters_form, list_dead_letters, examples::dead_letters},
    route{"POST", "/admin/dead-letters/{letter_id}/replay", "Administration", "replay_dead_letter", "Send a dead letter to its actor once more. It is gone where that succeeds", admin, nullptr, nullptr,
          dead_letter_act_form, replay_dead_letter, examples::replay_dead_letter, {404, 409}},
    route{"DELETE", "/admin/dead-letters/{letter_id}", "Administration", "discard_dead_letter", "Throw a dead letter away", admin, nullptr, nullptr, dead_letter_act_form, discard_dead_letter,
          examples::discard_dead_letter, {404}},
    route{"GET", "/admin/audit", "Administration", "list_audit_entries", "What was done to the data of tenants, newest first; entries are never changed or deleted", admin,
          schema_of<audit_request>, nullptr, audit_entries_form, list_audit_entries, examples::audit_entries},
    route{"POST", "/admin/actors/acts", "Administration", "act_on_actor", "Let an actor go, or start it again", admin, nullptr, schema_of<actor_act_request>, actor_act_form, act_on_actor,
          examples::act_on_actor, {404}},
    route{"GET", "/admin/cluster", "Administration", "show_cluster", "Nodes and shards: who is there, who owns what, what is on its way", admin, nullptr, nullptr, cluster_form, show_cluster,
          examples::cluster},
    route{"GET", "/admin/cluster/tenants/{tenant_id}", "Administration", "show_place_of_tenant", "Which node answers for a tenant", admin, nullptr, nullptr, place_of_tenant_form,
          show_place_of_tenant, examples::place_of_tenant},
    route{"PUT", "/admin/cluster/nodes/{node_id}", "Administration", "schedule_node", "Let a node have its share of shards, no more than it has, or none", admin, nullptr,
          schema_of<node_schedule_request>, node_scheduled_form, schedule_node, examples::schedule_node, {404, 409}},
    route{"PUT", "/admin/cluster/shards/{shard}", "Administration", "place_shard", "Say which node shall have a shard, or that any may", admin, nullptr, schema_of<shard_place_request>,
          shard_placed_form, place_shard, examples::place_shard, {404, 409}},
    route{"POST", "/admin/cluster/rebalance", "Administration", "rebalance_cluster", "Let every shard go where it is even, and even out loads now", admin, nullptr, nullptr, requested_form,
          rebalance_cluster, examples::rebalance, {409}},
    route{"POST", "/session", "Sessions", "begin_session", "Sign a browser in with an API key of scope read: answers with a cookie that scripts cannot read, for twelve hours", std::nullopt, nullptr,
          schema_of<session_request>, session_form, begin_session, examples::begin_session, {401, 403}},
    route{"GET", "/session", "Sessions", "show_session", "For whom a call is, and what it may do", reading, nullptr, nullptr, session_form, show_session, examples::session, {}, "application/json",
          false, false, true},
    route{"DELETE", "/session", "Sessions", "end_session", "Sign a browser out", std::nullopt, nullptr, nullptr, session_ended_form, end_session, examples::end_session, {403}},
    route{"GET", "/health/", "Health", "show_health", "That the service answers", std::nullopt, nullptr, nullptr, health_form, show_health, examples::health},
    route{"GET", "/health/detailed", "Health", "show_health_in_detail", "The state of each component", std::nullopt, nullptr, nullptr, health_in_detail_form, show_health_in_detail,
          examples::health_in_detail},
    route{"GET", "/health/ready", "Health", "show_readiness", "503 until requests can be served, and while draining", std::nullopt, nullptr, nullptr, health_form, show_readiness,
          examples::readiness, {503}},
    route{"GET", "/health/live", "Health", "show_liveness", "That the process runs", std::nullopt, nullptr, nullptr, health_form, show_liveness, examples::liveness},
    route{"GET", "/metrics", "Health", "show_prometheus_page", "Figures for Prometheus", std::nullopt, nullptr, nullptr, prometheus_form, show_prometheus_page, examples::prometheus, {},
          prometheus_type},
    route{"GET", "/openapi.json", "Documentation", "show_openapi", "This API as OpenAPI 3.1", std::nullopt, nullptr, nullptr, openapi_form, show_openapi, {}},
    route{"GET", "/docs", "Documentation", "show_documentation", "This API as a page", std::nullopt, nullptr, nullptr, page_of_html_form, show_documentation, {}, {},
          "text/html; charset=utf-8"},
    route{"GET", "/", "Pages", "show_home", "The pages of the product", std::nullopt, nullptr, nullptr, page_of_html_form, show_page, {}, {}, "text/html; charset=utf-8", false, false, false,
          true},
    route{"GET", "/app/*", "Pages", "show_page", "The same: its scripts show what the path names", std::nullopt, nullptr, nullptr, page_of_html_form, show_page, {}, {}, "text/html; charset=utf-8", false,
          false, false, true},
    route{"GET", "/assets/{file}", "Pages", "show_page_file", "Scripts, style and pictures of the pages", std::nullopt, nullptr, nullptr, page_of_html_form, show_page_file, {}, {},
          "application/octet-stream", false, false, false, true},
};

} // namespace

std::span<const route> all_routes() { return table; }

} // namespace dotmac
