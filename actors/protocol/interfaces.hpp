#pragma once

/// Every typed interface of the product's actors, a line per message. Nothing else lives here.

#include "actors/protocol/question_context.hpp"
#include "actors/protocol/tenant_calls.hpp"
#include "actors/protocol/wire_inspect.hpp"
#include "core/dashboards/dashboard_index.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace dotmac {

/// Finish what is under way, write a snapshot, answer, end.
struct stop_actor {
  bool is_handed_over = false; ///< another node goes on with it at once: see journaled_entity::stop
};
template <> struct description<stop_actor> {
  static constexpr auto fields = std::tuple{field{"is_handed_over", &stop_actor::is_handed_over, "another node goes on with it"}};
};

/// An idle child asks its supervisor to be let go.
struct passivate_child {
  std::string child; ///< "events/0" or "metric/<id>"
};
template <> struct description<passivate_child> {
  static constexpr auto fields = std::tuple{field{"child", &passivate_child::child, "kind and name"}};
};

/// The events of one partition of one tenant.
using event_actor = caf::typed_actor<
    caf::replies_to<append_events>::with<events_appended>, // answered once durable
    caf::replies_to<find_events, question_context>::with<events_found>,
    caf::replies_to<aggregate_events, question_context>::with<event_aggregates>,
    caf::replies_to<count_funnel, question_context>::with<funnel_counted>,
    caf::replies_to<summarize_events, question_context>::with<event_summary>,
    caf::replies_to<measure_trends, question_context>::with<trends_measured>,
    caf::replies_to<export_events, question_context>::with<events_exported>,
    caf::replies_to<await_events>::with<events_awaited>,
    caf::replies_to<measure_retention, question_context>::with<retention_measured>,
    caf::replies_to<find_users, question_context>::with<users_found>,
    caf::replies_to<measure_stickiness, question_context>::with<stickiness_measured>,
    caf::replies_to<measure_lifecycle, question_context>::with<lifecycle_measured>,
    caf::replies_to<find_funnel_users, question_context>::with<funnel_users_found>,
    caf::replies_to<measure_sessions, question_context>::with<sessions_measured>,
    caf::replies_to<follow_paths, question_context>::with<paths_followed>,
    caf::replies_to<change_profiles>::with<profiles_changed>, // answered once durable
    caf::replies_to<find_profiles, question_context>::with<profiles_found>,
    caf::replies_to<describe_profile, question_context>::with<profile_described>,
    caf::replies_to<list_event_catalogue, question_context>::with<event_catalogue>,
    caf::replies_to<list_event_values, question_context>::with<event_values>,
    caf::replies_to<remove_events>::with<removal_begun>,  // answered once durable, and carried out behind it
    caf::replies_to<set_event_retention>::with<done>,     // answered once durable
    caf::replies_to<list_removals>::with<removals_told>,
    caf::replies_to<stop_actor>::with<done>>;

/// The values of one metric.
using metric_actor = caf::typed_actor<
    caf::replies_to<record_values>::with<values_recorded>, // answered once durable
    caf::replies_to<find_values, question_context>::with<values_found>,
    caf::replies_to<aggregate_values, question_context>::with<value_aggregates>,
    caf::replies_to<compare_periods, question_context>::with<periods_compared>,
    caf::replies_to<stop_actor>::with<done>>;

/// One dashboard.
using dashboard_actor = caf::typed_actor<
    caf::replies_to<edit_dashboard>::with<dashboard_shown>, // answered once durable, and known to its tenant
    caf::replies_to<show_dashboard>::with<dashboard_shown>,
    caf::replies_to<list_dashboard_versions>::with<dashboard_versions_listed>,
    caf::replies_to<stop_actor>::with<done>>;

struct locate_dashboard {
  std::string dashboard; ///< id or name
};
template <> struct description<locate_dashboard> {
  static constexpr auto fields = std::tuple{field{"dashboard", &locate_dashboard::dashboard, "id or name"}};
};

struct locate_events {};
template <> struct description<locate_events> {
  static constexpr auto fields = std::tuple{};
};

struct locate_metric {
  std::string metric; ///< id or name
};
template <> struct description<locate_metric> {
  static constexpr auto fields = std::tuple{field{"metric", &locate_metric::metric, "id or name"}};
};

/// One tenant: its keys, schemas and catalogue, and the supervisor of its other actors.
using tenant_actor = caf::typed_actor<
    caf::replies_to<create_tenant>::with<done>,
    caf::replies_to<create_api_key>::with<done>,
    caf::replies_to<revoke_api_key>::with<done>,
    caf::replies_to<get_tenant_context>::with<tenant_context>,
    caf::replies_to<create_event_schema>::with<done>,
    caf::replies_to<create_metric>::with<done>,
    caf::replies_to<list_metrics>::with<metrics_listed>,
    caf::replies_to<get_metric>::with<metric_definition>,
    caf::replies_to<locate_events>::with<event_actor>,  // activated where it was not
    caf::replies_to<locate_metric>::with<metric_actor>, // activated where it was not
    caf::replies_to<create_dashboard>::with<dashboard_shown>,
    caf::replies_to<list_dashboards>::with<dashboards_listed>,
    caf::replies_to<locate_dashboard>::with<dashboard_actor>, // activated where it was not
    caf::replies_to<dashboard_named>::with<done>,             // by the dashboard itself, before it takes the name
    caf::replies_to<dashboard_described>::with<done>,         // by the dashboard itself, after each change
    caf::reacts_to<passivate_child>,
    caf::replies_to<stop_actor>::with<done>>;

struct locate_tenant {
  std::string tenant;
};
template <> struct description<locate_tenant> {
  static constexpr auto fields = std::tuple{field{"tenant", &locate_tenant::tenant, "its id"}};
};

/// The tenants of one shard, activated on their first message.
using shard_actor = caf::typed_actor<
    caf::replies_to<locate_tenant>::with<tenant_actor>,
    caf::reacts_to<passivate_child>,
    caf::replies_to<stop_actor>::with<done>>;

struct locate_shard {
  std::uint16_t shard = 0;
};
template <> struct description<locate_shard> {
  static constexpr auto fields = std::tuple{field{"shard", &locate_shard::shard, "0 to 255"}};
};

/// The node owns the shard from now on, in this epoch.
struct serve_shard {
  std::uint16_t shard = 0;
  std::uint64_t epoch = 0;
};
template <> struct description<serve_shard> {
  static constexpr auto fields = std::tuple{field{"shard", &serve_shard::shard, "0 to 255"}, field{"epoch", &serve_shard::epoch, "of its ownership"}};
};

/// The node stops serving the shard: it takes no more calls, what is under way is finished.
struct leave_shard {
  std::uint16_t shard = 0;
  std::uint64_t epoch = 0;
};
template <> struct description<leave_shard> {
  static constexpr auto fields = std::tuple{field{"shard", &leave_shard::shard, "0 to 255"}, field{"epoch", &leave_shard::epoch, "of its ownership"}};
};

/// One node: owner of its shard managers.
using node_actor = caf::typed_actor<
    caf::replies_to<locate_shard>::with<shard_actor>,
    caf::replies_to<serve_shard>::with<done>,
    caf::replies_to<leave_shard>::with<done>, // answered when no actor of that epoch is left
    caf::replies_to<stop_actor>::with<done>>;

} // namespace dotmac
