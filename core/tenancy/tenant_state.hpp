#pragma once

/// Decides what belongs to one tenant: its keys, the schemas of its events, the catalogues of its metrics and dashboards.
///
/// Promise   Names are unique within the tenant and kind; ids are never used twice. A refused command changes nothing.
/// Limits    api_keys_per_tenant_max, schemas_per_tenant_max, metrics_per_tenant_max, and those of dashboard_index.
/// Errors    already_exists (names the field), not_found, validation_failed (names the limit).
/// Journal   one fact per entry, in its binary form, after a format version.
/// Snapshot  JSON, so that an operator can read it with SQL.
/// Threads   one owner.
/// Cost      look-ups by id or name are logarithmic; listing is linear in what is kept.

#include "core/bytes.hpp"
#include "core/dashboards/dashboard_index.hpp"
#include "core/describe/binary.hpp"
#include "core/metrics/metric_questions.hpp"
#include "core/tenancy/tenant_messages.hpp"

#include <functional>
#include <map>
#include <set>
#include <variant>

namespace dotmac {

inline constexpr std::uint32_t tenant_snapshot_version = 1;

struct tenant_created {
  std::string timezone;
};
template <> struct description<tenant_created> {
  static constexpr auto fields = std::tuple{field{"timezone", &tenant_created::timezone, "calendar of its answers"}};
};
struct api_key_created {
  api_key_record key;
};
template <> struct description<api_key_created> {
  static constexpr auto fields = std::tuple{field{"key", &api_key_created::key, "what is kept of it"}};
};
struct api_key_revoked {
  std::string key_id;
};
template <> struct description<api_key_revoked> {
  static constexpr auto fields = std::tuple{field{"key_id", &api_key_revoked::key_id, "which"}};
};
struct event_schema_created {
  event_schema schema;
};
template <> struct description<event_schema_created> {
  static constexpr auto fields = std::tuple{field{"schema", &event_schema_created::schema, "the schema"}};
};
struct metric_created {
  metric_definition definition;
};
template <> struct description<metric_created> {
  static constexpr auto fields = std::tuple{field{"definition", &metric_created::definition, "the metric"}};
};

/// What can become true of a tenant. New facts go at the end: the position is in the journal.
using tenant_fact = std::variant<tenant_created, api_key_created, api_key_revoked, event_schema_created, metric_created, dashboard_named, dashboard_described>;

class tenant_state {
public:
  using segment_reader = std::function<result<bytes>(std::uint64_t)>;

  /// Staging a second command waits for the first one's commit: definitions are rare.
  /// One that is true already is taken, and nothing is staged of it.
  result<void> stage(tenant_fact fact);
  bool takes_more_staged() const noexcept { return !staged_; }
  bytes staged_payload() const;
  void commit_staged();
  void discard_staged() { staged_.reset(); }

  result<void> apply(bytes_view payload);
  result<void> restore(std::uint32_t version, bytes_view payload, const segment_reader& read);
  bytes snapshot() const;

  bool exists() const noexcept { return exists_; }
  const std::string& timezone() const noexcept { return timezone_; }
  std::vector<api_key_record> api_keys() const;
  std::vector<event_schema> schemas() const;
  /// By id or by name; null where there is none.
  const metric_definition* find_metric(const std::string& id_or_name) const;
  struct metric_page {
    std::vector<metric_definition> metrics;
    std::uint64_t total = 0; ///< whatever the page
    bool has_more = false;   ///< after this page
  };
  /// By name; `after` goes on behind a name, whether or not it is still there.
  metric_page list_metrics(std::optional<metric_type> type, const std::map<std::string, std::string>& tags,
                           std::size_t limit, std::size_t offset, const std::optional<std::string>& after = {}) const;

  const dashboard_index& dashboards() const noexcept { return dashboards_; }
  /// Of a dashboard that has a name and no summary: whether somebody is about to make it. Nobody, where this is not set.
  void set_is_being_made(std::function<bool(const std::string& dashboard_id)> is_being_made) { is_being_made_ = std::move(is_being_made); }

private:
  result<void> check(const tenant_created& fact) const;
  result<void> check(const api_key_created& fact) const;
  result<void> check(const api_key_revoked& fact) const;
  result<void> check(const event_schema_created& fact) const;
  result<void> check(const metric_created& fact) const;
  result<void> check(const dashboard_named& fact) const;
  result<void> check(const dashboard_described& fact) const;
  void make_true(const tenant_fact& fact);

  bool exists_ = false;
  std::string timezone_ = "UTC";
  std::map<std::string, api_key_record> api_keys_;        ///< by id
  std::set<std::string> revoked_key_ids_;
  std::map<std::string, event_schema> schemas_;           ///< by type, name and version
  std::map<std::string, metric_definition> metrics_;      ///< by name
  std::map<std::string, std::string> metric_names_by_id_;
  dashboard_index dashboards_;
  std::function<bool(const std::string&)> is_being_made_ = [](const std::string&) { return false; };
  std::optional<std::optional<tenant_fact>> staged_; ///< none inside: it is true already
};

} // namespace dotmac
