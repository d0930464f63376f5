#pragma once

/// The JSON Schemas of what each route answers, one place per answer: records with a description give theirs, the rest is written here.
/// The API document is made of them, and tests/api_description holds every route's real answers against it: no field more, no field less.

#include "core/describe/json.hpp"

namespace dotmac {

json tracked_form();
json batch_tracked_form();
json events_found_form();
json event_aggregates_form();
json funnel_form(); ///< beside its handler
json funnel_users_form(); ///< beside its handler
json live_form(); ///< beside its handler
json export_form(); ///< beside its handler
json event_trends_form(); ///< beside its handler
json event_retention_form(); ///< beside its handler
json event_users_form();     ///< beside its handler
json profiles_changed_form(); ///< beside its handler, as the next two
json profiles_found_form();
json profile_form();
json deletion_form();        ///< beside its handler
json deletions_form();       ///< beside its handler
json retention_rules_form(); ///< beside its handler
json subject_export_form();  ///< beside its handler
json event_stickiness_form(); ///< beside its handler
json event_lifecycle_form();  ///< beside its handler
json event_sessions_form();   ///< beside its handler
json event_paths_form();      ///< beside its handler
json event_catalogue_form();  ///< beside its handler
json event_values_form();     ///< beside its handler
json session_form();         ///< beside its handler, as the next one
json session_ended_form();
json event_schema_form();
json event_schemas_form();
json event_stats_form();

json metric_form();
json page_form(); ///< what every list has
json dashboard_form();
json dashboards_form();
json dashboard_removed_form();
json dashboard_versions_form();
json widget_form();
json widget_removed_form();
json widget_change_form();
json metrics_form();
json values_recorded_form();
json values_found_form();
json value_aggregates_form();
json trend_form();

json tenant_created_form();
json api_key_created_form();
json api_keys_form();
json api_key_revoked_form();
json actors_form();
json actor_details_form();
json actor_snapshot_form();
json actor_act_form();
json cluster_form();
json place_of_tenant_form();
json node_scheduled_form();
json shard_placed_form();
json requested_form();
json dead_letters_form();
json dead_letter_act_form();
json audit_entries_form();

json health_form();
json health_in_detail_form();
json prometheus_form();
json openapi_form();

/// What the schemas of answers and requests refer to, by name.
json schema_components();

} // namespace dotmac
