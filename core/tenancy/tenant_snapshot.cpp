// The snapshot of a tenant's definitions: JSON, so that an operator can read it with SQL.

#include "core/describe/json.hpp"
#include "core/tenancy/tenant_state.hpp"

namespace dotmac {
namespace {

struct kept_tenant {
  bool exists = false;
  std::string timezone = "UTC";
  std::vector<api_key_record> api_keys;
  std::vector<std::string> revoked_key_ids;
  std::vector<event_schema> schemas;
  std::vector<metric_definition> metrics;
  std::vector<dashboard_summary> dashboards;
  std::vector<dashboard_named> dashboard_names;
};

} // namespace

template <> struct description<kept_tenant> {
  static constexpr auto fields = std::tuple{
      field{"exists", &kept_tenant::exists, "created or written to"},
      field{"timezone", &kept_tenant::timezone, "calendar of its answers"},
      field{"api_keys", &kept_tenant::api_keys, "hashes of its keys"},
      field{"revoked_key_ids", &kept_tenant::revoked_key_ids, "never used again"},
      field{"schemas", &kept_tenant::schemas, "of its events"}, field{"metrics", &kept_tenant::metrics, "its catalogue"},
      field{"dashboards", &kept_tenant::dashboards, "how each is"}, field{"dashboard_names", &kept_tenant::dashboard_names, "and is called, or may be"}};
};

bytes tenant_state::snapshot() const {
  kept_tenant kept;
  kept.exists = exists_;
  kept.timezone = timezone_;
  kept.api_keys = api_keys();
  kept.revoked_key_ids.assign(revoked_key_ids_.begin(), revoked_key_ids_.end());
  kept.schemas = schemas();
  for (const auto& [name, metric] : metrics_)
    kept.metrics.push_back(metric);
  kept.dashboards = dashboards_.summaries();
  kept.dashboard_names = dashboards_.names();
  return write_json(kept).dump(1, ' ', false, json::error_handler_t::replace);
}

result<void> tenant_state::restore(std::uint32_t version, bytes_view payload, const segment_reader&) {
  const failure damaged{error_code::corrupt_data, "the snapshot of a tenant is not in its form", {}};
  if (version != tenant_snapshot_version)
    return failure{error_code::corrupt_data, "the snapshot of a tenant has the unknown version " + std::to_string(version), {}};
  const auto document = json::parse(payload, nullptr, false);
  kept_tenant kept;
  json_reader in;
  if (document.is_discarded() || !in.read(document, kept))
    return damaged;
  exists_ = kept.exists;
  timezone_ = kept.timezone;
  for (auto& key : kept.api_keys)
    make_true(api_key_created{std::move(key)});
  for (auto& id : kept.revoked_key_ids)
    revoked_key_ids_.insert(std::move(id));
  for (auto& schema : kept.schemas)
    make_true(event_schema_created{std::move(schema)});
  for (auto& metric : kept.metrics)
    make_true(metric_created{std::move(metric)});
  for (auto& summary : kept.dashboards)
    make_true(dashboard_described{std::move(summary)});
  for (auto& name : kept.dashboard_names)
    make_true(std::move(name));
  exists_ = kept.exists;
  return {};
}

} // namespace dotmac
