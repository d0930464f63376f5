#pragma once

/// Every call that the gateway makes of a tenant, with its answer, listed once. No CAF here: the gateway and its tests
/// see only these records and `tenant_service`; actors/protocol/interfaces.hpp gives them to CAF.

#include "core/dashboards/dashboard_messages.hpp"
#include "core/events/catalogue/catalogue_questions.hpp"
#include "core/events/event_messages.hpp"
#include "core/events/export_questions.hpp"
#include "core/events/funnel/funnel_questions.hpp"
#include "core/events/paths/path_questions.hpp"
#include "core/events/profiles/profile_questions.hpp"
#include "core/events/removal/removal_questions.hpp"
#include "core/events/retention/habit_questions.hpp"
#include "core/events/retention/retention_questions.hpp"
#include "core/events/retention/user_questions.hpp"
#include "core/events/sessions/session_questions.hpp"
#include "core/events/trends/trend_questions.hpp"
#include "core/events/watch_questions.hpp"
#include "core/metrics/metric_questions.hpp"
#include "core/tenancy/tenant_messages.hpp"

#include <variant>

namespace dotmac {

// -- the tenant itself: keys, schemas, catalogue ------------------------------------------------------------------------

struct create_tenant {
  std::string timezone = "UTC";
};
template <> struct description<create_tenant> {
  static constexpr auto fields = std::tuple{field{"timezone", &create_tenant::timezone, "calendar of its answers"}};
};

struct create_api_key {
  api_key_record key; ///< id, hash and time made by the caller: actors draw no secrets
};
template <> struct description<create_api_key> {
  static constexpr auto fields = std::tuple{field{"key", &create_api_key::key, "what to keep"}};
};

struct revoke_api_key {
  std::string key_id;
};
template <> struct description<revoke_api_key> {
  static constexpr auto fields = std::tuple{field{"key_id", &revoke_api_key::key_id, "which"}};
};

struct done {};
template <> struct description<done> {
  static constexpr auto fields = std::tuple{};
};

/// What the gateway must know of a tenant to check credentials, schemas and calendars. Kept there until a call that
/// changes it is answered.
struct get_tenant_context {
  bool is_claim = false; ///< asked for by who has proven nothing yet: a tenant that does not exist leaves no actor behind
};
template <> struct description<get_tenant_context> {
  static constexpr auto fields = std::tuple{field{"is_claim", &get_tenant_context::is_claim, "asked for by who has proven nothing yet"}};
};

struct tenant_context {
  bool exists = false;
  std::string timezone = "UTC";
  std::vector<api_key_record> api_keys;
  std::vector<event_schema> schemas;
};
template <> struct description<tenant_context> {
  static constexpr auto fields = std::tuple{
      field{"exists", &tenant_context::exists, "whether it was ever created or written to"},
      field{"timezone", &tenant_context::timezone, "calendar of its answers"},
      field{"api_keys", &tenant_context::api_keys, "hashes of its keys"},
      field{"schemas", &tenant_context::schemas, "of its events"}};
};

struct create_event_schema {
  event_schema schema; ///< schema_id and created_at made by the caller
};
template <> struct description<create_event_schema> {
  static constexpr auto fields = std::tuple{field{"schema", &create_event_schema::schema, "what to keep"}};
};

struct create_metric {
  metric_definition definition; ///< metric_id and created_at made by the caller
};
template <> struct description<create_metric> {
  static constexpr auto fields = std::tuple{field{"definition", &create_metric::definition, "what to keep"}};
};

struct list_metrics {
  std::optional<metric_type> type;
  std::map<std::string, std::string> tags;
  std::int64_t limit = 100;
  std::int64_t offset = 0;
  std::optional<std::string> after; ///< go on after this name
};
template <> struct description<list_metrics> {
  static constexpr auto fields = std::tuple{
      field{"type", &list_metrics::type, "only of this type"}, field{"tags", &list_metrics::tags, "only with these tags"},
      field{"limit", &list_metrics::limit, "how many"}, field{"offset", &list_metrics::offset, "how many to pass over"},
      field{"after", &list_metrics::after, "go on after this name"}};
};

struct metrics_listed {
  std::vector<metric_definition> metrics; ///< by name
  std::uint64_t total = 0;
  bool has_more = false;
};
template <> struct description<metrics_listed> {
  static constexpr auto fields = std::tuple{field{"metrics", &metrics_listed::metrics, "by name"},
                                            field{"total", &metrics_listed::total, "whatever the page"},
                                            field{"has_more", &metrics_listed::has_more, "after this page"}};
};

struct get_metric {
  std::string metric; ///< id or name
};
template <> struct description<get_metric> {
  static constexpr auto fields = std::tuple{field{"metric", &get_metric::metric, "id or name"}};
};

// -- one metric, by id or name --------------------------------------------------------------------------------------------

template <class Question> struct of_metric {
  std::string metric; ///< id or name
  Question question;
};
template <class Question> struct description<of_metric<Question>> {
  static constexpr auto fields = std::tuple{field{"metric", &of_metric<Question>::metric, "id or name"},
                                            field{"question", &of_metric<Question>::question, "what is asked of it"}};
};

// -- one dashboard, by id or name -----------------------------------------------------------------------------------------

template <class Question> struct of_dashboard {
  std::string dashboard; ///< id or name
  Question question;
};
template <class Question> struct description<of_dashboard<Question>> {
  static constexpr auto fields = std::tuple{field{"dashboard", &of_dashboard<Question>::dashboard, "id or name"},
                                            field{"question", &of_dashboard<Question>::question, "what is asked of it"}};
};

// -- which answer belongs to which call -------------------------------------------------------------------------------------

template <class Call> struct answer_of;
template <> struct answer_of<create_tenant> { using type = done; };
template <> struct answer_of<create_api_key> { using type = done; };
template <> struct answer_of<revoke_api_key> { using type = done; };
template <> struct answer_of<get_tenant_context> { using type = tenant_context; };
template <> struct answer_of<create_event_schema> { using type = done; };
template <> struct answer_of<create_metric> { using type = done; };
template <> struct answer_of<list_metrics> { using type = metrics_listed; };
template <> struct answer_of<get_metric> { using type = metric_definition; };
template <> struct answer_of<append_events> { using type = events_appended; };
template <> struct answer_of<find_events> { using type = events_found; };
template <> struct answer_of<aggregate_events> { using type = event_aggregates; };
template <> struct answer_of<count_funnel> { using type = funnel_counted; };
template <> struct answer_of<summarize_events> { using type = event_summary; };
template <> struct answer_of<measure_trends> { using type = trends_measured; };
template <> struct answer_of<await_events> { using type = events_awaited; };
template <> struct answer_of<export_events> { using type = events_exported; };
template <> struct answer_of<of_metric<record_values>> { using type = values_recorded; };
template <> struct answer_of<of_metric<find_values>> { using type = values_found; };
template <> struct answer_of<of_metric<aggregate_values>> { using type = value_aggregates; };
template <> struct answer_of<of_metric<compare_periods>> { using type = periods_compared; };
template <> struct answer_of<measure_retention> { using type = retention_measured; };
template <> struct answer_of<find_users> { using type = users_found; };
template <> struct answer_of<measure_stickiness> { using type = stickiness_measured; };
template <> struct answer_of<measure_lifecycle> { using type = lifecycle_measured; };
template <> struct answer_of<find_funnel_users> { using type = funnel_users_found; };
template <> struct answer_of<measure_sessions> { using type = sessions_measured; };
template <> struct answer_of<follow_paths> { using type = paths_followed; };
template <> struct answer_of<change_profiles> { using type = profiles_changed; };
template <> struct answer_of<find_profiles> { using type = profiles_found; };
template <> struct answer_of<describe_profile> { using type = profile_described; };
template <> struct answer_of<list_event_catalogue> { using type = event_catalogue; };
template <> struct answer_of<list_event_values> { using type = event_values; };
template <> struct answer_of<remove_events> { using type = removal_begun; };
template <> struct answer_of<set_event_retention> { using type = done; };
template <> struct answer_of<list_removals> { using type = removals_told; };
template <> struct answer_of<create_dashboard> { using type = dashboard_shown; };
template <> struct answer_of<list_dashboards> { using type = dashboards_listed; };
template <> struct answer_of<of_dashboard<edit_dashboard>> { using type = dashboard_shown; };
template <> struct answer_of<of_dashboard<show_dashboard>> { using type = dashboard_shown; };
template <> struct answer_of<of_dashboard<list_dashboard_versions>> { using type = dashboard_versions_listed; };

template <class... Calls> struct call_list {
  using call = std::variant<Calls...>;
  using answer = std::variant<typename answer_of<Calls>::type...>; ///< same index as the call
};

using tenant_calls
    = call_list<create_tenant, create_api_key, revoke_api_key, get_tenant_context, create_event_schema, create_metric,
                list_metrics, get_metric, append_events, find_events, aggregate_events, count_funnel, summarize_events,
                of_metric<record_values>, of_metric<find_values>, of_metric<aggregate_values>, of_metric<compare_periods>, measure_trends,
                export_events, measure_retention, find_users, measure_stickiness, measure_lifecycle, await_events,
                find_funnel_users, measure_sessions, follow_paths, change_profiles, find_profiles, describe_profile, list_event_catalogue, list_event_values,
                remove_events, set_event_retention, list_removals, create_dashboard, list_dashboards, of_dashboard<edit_dashboard>, of_dashboard<show_dashboard>,
                of_dashboard<list_dashboard_versions>>;
using tenant_call = tenant_calls::call;
using tenant_answer = tenant_calls::answer;

/// Position of a call in the list; its answer stands at the same one.
template <class Call, class... Calls> consteval std::size_t index_of_call(std::variant<Calls...>*) {
  std::size_t index = 0;
  ((std::is_same_v<Call, Calls> ? false : (++index, true)) && ...);
  return index;
}

} // namespace dotmac
