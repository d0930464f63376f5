#include "runtime/node/actor_details.hpp"

#include "api/actor_path.hpp"
#include "core/time/timestamp.hpp"
#include "runtime/node/node_figures.hpp"

#include <algorithm>

namespace dotmac {
namespace {

using nlohmann::json;

json failures_of(const figures_registry& registry, const std::string& path) {
  json told = json::array();
  for (const auto& each : registry.histories().of(path)) {
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(each.at.time_since_epoch()).count();
    told.push_back({{"at", format_timestamp(timestamp{at})}, {"code", describe(each.code).name}, {"message", each.message}, {"times", each.times}});
  }
  return told;
}

json as_json(const state_summary& state) {
  json told = json::object();
  for (const auto& [name, value] : state)
    std::visit([&, &name = name](const auto& held) { told[name] = held; }, value);
  return told;
}

json describe_snapshot(const snapshot_store::snapshot_summary& each) {
  return {{"sequence", to_number(each.sequence)}, {"version", each.version}, {"bytes", each.stored_bytes}, {"written_at", each.written_at.empty() ? json(nullptr) : json(each.written_at)}};
}

/// Hashes of secrets are nobody's business, though no secret can be told from them.
void hide_secrets(json& of) {
  if (of.is_object())
    for (auto& [name, value] : of.items())
      name == "secret_hash" ? void(value = "not shown") : hide_secrets(value);
  else if (of.is_array())
    for (auto& each : of)
      hide_secrets(each);
}

json segments_shown(std::vector<snapshot_store::segment_summary> all) {
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.number > b.number; });
  json shown = json::array();
  for (std::size_t i = 0; i < std::min(all.size(), segments_shown_max); ++i)
    shown.push_back({{"number", all[i].number}, {"rows", all[i].row_count}, {"bytes", all[i].stored_bytes}, {"from", format_timestamp(timestamp{all[i].min_time_ms})},
                     {"to", format_timestamp(timestamp{all[i].max_time_ms})}});
  return shown;
}

failure nothing_known(const std::string& path) { return {error_code::not_found, "no actor runs at " + path + ", and nothing is known of it", "path"}; }

result<json> snapshot_in(store& session, const snapshot_question& asked, const entity_id& entity) {
  const auto listed = session.snapshots().list_snapshots(entity);
  if (!listed)
    return listed.error();
  const auto kept = session.snapshots().read_snapshots(entity);
  if (!kept)
    return kept.error();
  const auto wanted = std::find_if(listed->begin(), listed->end(), [&](const auto& each) { return !asked.sequence || to_number(each.sequence) == *asked.sequence; });
  if (wanted == listed->end())
    return failure{error_code::not_found, to_string(entity) + " has no such snapshot", "sequence"};
  const auto whole = std::find_if(kept->snapshots.begin(), kept->snapshots.end(), [&](const auto& each) { return each.sequence == wanted->sequence; });
  auto shown = describe_snapshot(*wanted);
  shown["path"] = asked.path;
  shown["entity"] = to_string(entity);
  shown["is_damaged"] = whole == kept->snapshots.end();
  shown["content"] = nullptr;
  if (whole != kept->snapshots.end() && entity.kind == entity_kind::tenant) {
    shown["content"] = json::parse(whole->payload, nullptr, false);
    hide_secrets(shown["content"]);
  }
  auto segments = session.snapshots().list_segments(entity);
  if (!segments)
    return segments.error();
  shown["segment_count"] = segments->size();
  shown["segments"] = segments_shown(*std::move(segments));
  return shown;
}

} // namespace

void describe_actor(figures_registry& registry, const std::string& path, const json_answer& answer) {
  json details{{"path", path}, {"running", false}, {"state", nullptr}, {"last_failures", failures_of(registry, path)}};
  const auto actor = registry.find(path);
  if (!actor)
    return answer(std::move(details));
  details.update(describe_figures(registry, *actor));
  details["running"] = true;
  if (!actor->controls.describe)
    return answer(std::move(details));
  actor->controls.describe([details = std::move(details), answer](const result<state_summary>& state) mutable {
    if (state)
      details["state"] = as_json(*state);
    answer(std::move(details)); // one that cannot tell its state has failed, and its failures say why
  });
}

void add_snapshots(store_pool& stores, json details, const json_answer& answer) {
  const auto path = details.value("path", "");
  const auto entity = entity_at(path);
  const bool is_known = details.value("running", false) || !details["last_failures"].empty();
  details["snapshots"] = json::array();
  if (!entity)
    return answer(is_known ? result<json>{std::move(details)} : nothing_known(path));
  stores.submit(entity->tenant, [details = std::move(details), entity = *entity, path, is_known, answer](result<store*> session) mutable {
    const auto listed = session ? (*session)->snapshots().list_snapshots(entity) : result<std::vector<snapshot_store::snapshot_summary>>{session.error()};
    if (!listed)
      return answer(listed.error());
    if (listed->empty() && !is_known)
      return answer(nothing_known(path));
    for (const auto& each : *listed)
      details["snapshots"].push_back(describe_snapshot(each));
    answer(std::move(details));
  });
}

void read_snapshot(store_pool& stores, const snapshot_question& asked, const json_answer& answer) {
  const auto entity = entity_at(asked.path);
  if (!entity)
    return answer(failure{error_code::not_found, "only actors of tenants, events and metrics have snapshots", "path"});
  stores.submit(entity->tenant, [asked, entity = *entity, answer](result<store*> session) {
    answer(session ? snapshot_in(**session, asked, entity) : result<json>{session.error()});
  });
}

} // namespace dotmac
