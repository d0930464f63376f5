#include "core/tenancy/tenant_state.hpp"

#include "core/metrics/metric_semantics.hpp"
#include "core/overload.hpp"

namespace dotmac {
namespace {

constexpr std::uint32_t journal_format = 1;

struct journal_entry {
  std::uint32_t format = journal_format;
  tenant_fact fact;
};

failure full(std::string_view what, std::size_t limit) {
  return {error_code::validation_failed, "a tenant keeps at most " + std::to_string(limit) + " " + std::string{what}, {}};
}

} // namespace

std::string key_of(const event_schema& schema) { return schema.event_type + '\n' + schema.event_name + '\n' + schema.version; }

template <> struct description<journal_entry> {
  static constexpr auto fields = std::tuple{field{"format", &journal_entry::format, "of what follows"},
                                            field{"fact", &journal_entry::fact, "what became true"}};
};

result<void> tenant_state::stage(tenant_fact fact) {
  auto checked = std::visit([this](const auto& each) { return check(each); }, fact);
  if (!checked)
    return checked;
  const bool is_true_already = std::visit(overload{[this](const dashboard_named& each) { return !dashboards_.is_news(each); }, [this](const dashboard_described& each) { return !dashboards_.is_news(each); },
                                                   [](const auto&) { return false; }},
                                          fact);
  staged_ = is_true_already ? std::optional<tenant_fact>{} : std::move(fact);
  return checked;
}

bytes tenant_state::staged_payload() const {
  if (!staged_ || !*staged_)
    return {};
  return to_bytes(journal_entry{journal_format, **staged_});
}

void tenant_state::commit_staged() {
  if (*staged_)
    make_true(**staged_);
  staged_.reset();
}

result<void> tenant_state::apply(bytes_view payload) {
  auto entry = from_bytes<journal_entry>(payload);
  if (!entry)
    return entry.error();
  if (entry->format != journal_format)
    return failure{error_code::corrupt_data, "a tenant's journal entry has the unknown format " + std::to_string(entry->format), {}};
  make_true(entry->fact);
  return {};
}

result<void> tenant_state::check(const tenant_created&) const {
  if (exists_)
    return failure{error_code::already_exists, "the tenant exists already", "tenant_id"};
  return {};
}

result<void> tenant_state::check(const api_key_created& fact) const {
  if (api_keys_.size() >= api_keys_per_tenant_max)
    return full("API keys", api_keys_per_tenant_max);
  if (api_keys_.contains(fact.key.key_id) || revoked_key_ids_.contains(fact.key.key_id))
    return failure{error_code::already_exists, "this key id was used before", "key_id"};
  return {};
}

result<void> tenant_state::check(const api_key_revoked& fact) const {
  if (!api_keys_.contains(fact.key_id))
    return failure{error_code::not_found, "there is no API key " + fact.key_id, "key_id"};
  return {};
}

result<void> tenant_state::check(const event_schema_created& fact) const {
  if (schemas_.size() >= schemas_per_tenant_max)
    return full("event schemas", schemas_per_tenant_max);
  if (schemas_.contains(key_of(fact.schema)))
    return failure{error_code::already_exists, "a schema of this event type, name and version exists", "version"};
  return {};
}

result<void> tenant_state::check(const metric_created& fact) const {
  if (metrics_.size() >= metrics_per_tenant_max)
    return full("metrics", metrics_per_tenant_max);
  if (find_metric(fact.definition.name))
    return failure{error_code::already_exists, "a metric named " + fact.definition.name + " exists", "name"};
  if (metric_names_by_id_.contains(fact.definition.metric_id))
    return failure{error_code::already_exists, "a metric with this id exists", "metric_id"};
  if (auto semantics = semantics_of(fact.definition); !semantics)
    return semantics.error();
  return {};
}

result<void> tenant_state::check(const dashboard_named& fact) const { return dashboards_.check(fact, is_being_made_); }
result<void> tenant_state::check(const dashboard_described& fact) const { return dashboards_.check(fact); }

void tenant_state::make_true(const tenant_fact& fact) {
  exists_ = true;
  std::visit(overload{
                 [&](const tenant_created& each) { timezone_ = each.timezone; },
                 [&](const api_key_created& each) { api_keys_[each.key.key_id] = each.key; },
                 [&](const api_key_revoked& each) {
                   api_keys_.erase(each.key_id);
                   revoked_key_ids_.insert(each.key_id);
                 },
                 [&](const event_schema_created& each) { schemas_[key_of(each.schema)] = each.schema; },
                 [&](const metric_created& each) {
                   metric_names_by_id_[each.definition.metric_id] = each.definition.name;
                   metrics_[each.definition.name] = each.definition;
                 },
                 [&](const dashboard_named& each) { dashboards_.make_true(each); },
                 [&](const dashboard_described& each) { dashboards_.make_true(each); }},
             fact);
}

std::vector<api_key_record> tenant_state::api_keys() const {
  std::vector<api_key_record> keys;
  for (const auto& [id, key] : api_keys_)
    keys.push_back(key);
  return keys;
}

std::vector<event_schema> tenant_state::schemas() const {
  std::vector<event_schema> all;
  for (const auto& [key, schema] : schemas_)
    all.push_back(schema);
  return all;
}

const metric_definition* tenant_state::find_metric(const std::string& id_or_name) const {
  if (const auto by_name = metrics_.find(id_or_name); by_name != metrics_.end())
    return &by_name->second;
  if (const auto by_id = metric_names_by_id_.find(id_or_name); by_id != metric_names_by_id_.end())
    return &metrics_.at(by_id->second);
  return nullptr;
}

tenant_state::metric_page tenant_state::list_metrics(std::optional<metric_type> type,
                                                     const std::map<std::string, std::string>& tags,
                                                     std::size_t limit, std::size_t offset, const std::optional<std::string>& after) const {
  metric_page page;
  std::size_t passed = 0;
  for (const auto& [name, metric] : metrics_) {
    bool wanted = !type || metric.type == *type;
    for (const auto& [tag, value] : tags) {
      const auto found = metric.tags.find(tag);
      wanted = wanted && found != metric.tags.end() && found->second == value;
    }
    if (!wanted)
      continue;
    ++page.total;
    if ((after && name <= *after) || passed++ < offset)
      continue;
    if (page.metrics.size() < limit)
      page.metrics.push_back(metric);
    else
      page.has_more = true;
  }
  return page;
}

} // namespace dotmac
