#pragma once

/// What each route does: a body read and checked, a call of the tenant, its answer written as clients know it.

#include "api/event_columns_writer.hpp"
#include "api/gateway_call.hpp"
#include "api/list_page.hpp"
#include "core/time/calendar.hpp"

namespace dotmac {

void track_event(const gateway_call_pointer& call);
void track_batch(const gateway_call_pointer& call);
void query_events(const gateway_call_pointer& call);
void aggregate_event_counts(const gateway_call_pointer& call);
void export_events_as_lines(const gateway_call_pointer& call);
void show_live_events(const gateway_call_pointer& call);
void analyse_funnel(const gateway_call_pointer& call);
void list_funnel_users(const gateway_call_pointer& call);
void show_event_trends(const gateway_call_pointer& call);
void show_event_retention(const gateway_call_pointer& call);
void show_event_stickiness(const gateway_call_pointer& call);
void show_event_lifecycle(const gateway_call_pointer& call);
void find_event_users(const gateway_call_pointer& call);
void show_event_sessions(const gateway_call_pointer& call);
void show_event_paths(const gateway_call_pointer& call);
void identify_profiles(const gateway_call_pointer& call);
void merge_profiles(const gateway_call_pointer& call);
void query_profiles(const gateway_call_pointer& call);
void delete_subject(const gateway_call_pointer& call);
void list_deletions(const gateway_call_pointer& call);
void show_deletion(const gateway_call_pointer& call);
void show_retention_rules(const gateway_call_pointer& call);
void set_retention_rules(const gateway_call_pointer& call);
void export_user(const gateway_call_pointer& call);
void export_customer(const gateway_call_pointer& call);
void show_user(const gateway_call_pointer& call);
void show_user_timeline(const gateway_call_pointer& call);
void show_customer(const gateway_call_pointer& call);
void show_customer_timeline(const gateway_call_pointer& call);
void show_event_catalogue(const gateway_call_pointer& call);
void show_event_values(const gateway_call_pointer& call);
void create_schema(const gateway_call_pointer& call);
void list_schemas(const gateway_call_pointer& call);
void show_event_stats(const gateway_call_pointer& call);

void create_metric_definition(const gateway_call_pointer& call);
void list_metric_definitions(const gateway_call_pointer& call);
void show_metric(const gateway_call_pointer& call);

void create_new_dashboard(const gateway_call_pointer& call);
void list_all_dashboards(const gateway_call_pointer& call);
void show_one_dashboard(const gateway_call_pointer& call);
void change_one_dashboard(const gateway_call_pointer& call);
void remove_one_dashboard(const gateway_call_pointer& call);
void restore_one_dashboard(const gateway_call_pointer& call);
void duplicate_one_dashboard(const gateway_call_pointer& call);
void list_versions_of_dashboard(const gateway_call_pointer& call);
void add_widget_to_dashboard(const gateway_call_pointer& call);
void show_widget_of_dashboard(const gateway_call_pointer& call);
void change_widget_of_dashboard(const gateway_call_pointer& call);
void remove_widget_from_dashboard(const gateway_call_pointer& call);
void arrange_widgets_of_dashboard(const gateway_call_pointer& call);
void record_metric_values(const gateway_call_pointer& call);
void query_values(const gateway_call_pointer& call);
void aggregate_metric(const gateway_call_pointer& call);
void compare_metric_periods(const gateway_call_pointer& call);

void create_tenant_by_admin(const gateway_call_pointer& call);
void create_key(const gateway_call_pointer& call);
void list_keys(const gateway_call_pointer& call);
void revoke_key(const gateway_call_pointer& call);
void show_actors(const gateway_call_pointer& call);
void show_actor_series(const gateway_call_pointer& call);
void list_dead_letters(const gateway_call_pointer& call);
void replay_dead_letter(const gateway_call_pointer& call);
void discard_dead_letter(const gateway_call_pointer& call);
void show_actor_details(const gateway_call_pointer& call);
void show_actor_snapshot(const gateway_call_pointer& call);
void list_audit_entries(const gateway_call_pointer& call);
void act_on_actor(const gateway_call_pointer& call);
void show_cluster(const gateway_call_pointer& call);
void show_place_of_tenant(const gateway_call_pointer& call);
void schedule_node(const gateway_call_pointer& call);
void place_shard(const gateway_call_pointer& call);
void rebalance_cluster(const gateway_call_pointer& call);

void begin_session(const gateway_call_pointer& call);
void show_session(const gateway_call_pointer& call);
void end_session(const gateway_call_pointer& call);
void show_page(const gateway_call_pointer& call);
void show_page_file(const gateway_call_pointer& call);

void show_health(const gateway_call_pointer& call);
void show_health_in_detail(const gateway_call_pointer& call);
void show_readiness(const gateway_call_pointer& call);
void show_liveness(const gateway_call_pointer& call);
void show_prometheus_page(const gateway_call_pointer& call);
void show_openapi(const gateway_call_pointer& call);
void show_documentation(const gateway_call_pointer& call);

inline constexpr const char* prometheus_type = "text/plain; version=0.0.4; charset=utf-8";

// -- shared by handlers ----------------------------------------------------------------------------------------------------

/// False, and answered 422, where the interval is empty or turned round.
bool check_interval(const gateway_call_pointer& call, timestamp start, timestamp end, const std::string& end_field = "end_time");

/// Adds as_of, rows_scanned and interval to an answer: "[start, end)", or "[start, last time of all]" before timestamp_end.
void add_scope(json& body, const answer_scope& scope, timestamp start, timestamp end);

/// A page of events, with the columns that `columns` writes and a cursor of that kind.
void answer_event_page(const gateway_call_pointer& call, find_events question, cursor_kind kind, event_columns_writer columns);

/// The calendar asked for, else the tenant's.
void with_zone(const gateway_call_pointer& call, const std::optional<std::string>& name,
               std::function<void(std::shared_ptr<const zone_rules>)> use);

/// Values by the names of their dimensions.
json dimensions_as_json(const std::vector<std::string>& names, const std::vector<scalar>& values);

json optional_time(const std::optional<timestamp>& at);

/// As clients know them.
json metric_as_json(const metric_definition& metric);
json schema_as_json(const event_schema& schema);
json key_as_json(const api_key_record& key); ///< never its hash

} // namespace dotmac
