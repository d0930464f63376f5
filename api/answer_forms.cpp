#include "api/answer_forms.hpp"

#include "api/cluster_requests.hpp"
#include "api/form_parts.hpp"
#include "api/list_page.hpp"
#include "api/metric_requests.hpp"
#include "core/events/event_messages.hpp"
#include "core/error_code.hpp"

#include <algorithm>

namespace dotmac {

using namespace form_parts;

json page_form() { return record_form<page_figures>(); }

namespace {

json batch_error_form(bool has_code) {
  auto schema = object_of({{"index", count(), "position in the request, or line of NDJSON, from 0"}, {"detail", text(), "the field at fault and why"}});
  return has_code ? joined(schema, object_of({{"code", text(), "as of errors"}})) : schema;
}

json batch_status() { return one_of({"completed", "partial_success", "failed"}); }

json found_event_form() {
  return object_of({{"event_type", text_or_null(), ""}, {"event_name", text_or_null(), ""}, {"event_id", text_or_null(), "as sent, else given by the server"},
                    {"user_id", text_or_null(), ""}, {"session_id", text_or_null(), ""}, {"customer_id", text_or_null(), ""}, {"source", text_or_null(), ""},
                    {"properties", any_object(), "as sent"}, {"context", any_object(), "as sent; schema_violations where its schema flags it"},
                    {"timestamp", time(), "when it happened"}, {"received_at", time(), "when it came"}});
}

json recorded_value_form() {
  return object_of({{"value_id", text(), "as sent, else given by the server"}, {"metric_id", text(), "as sent: id or name"},
                    {"value", number_or_null(), "null where it was not recorded"},
                    {"timestamp", time_or_null(), "when it was so; null where it was here before and that is not known"},
                    {"recorded_at", time_or_null(), "when it came; null where it was here before"},
                    {"status", one_of({"recorded", "duplicate", "conflicting"}), "duplicate: was here before, no effect; conflicting: was here with other content, the first stays"},
                    {"note", text(), "where it is conflicting", false}});
}

json shown_key_form() {
  auto schema = record_form<api_key_record>();
  schema["properties"].erase("secret_hash");
  schema["required"].erase(std::find(schema["required"].begin(), schema["required"].end(), "secret_hash"));
  return schema;
}

json identity_form() {
  return object_of({{"status", one_of({"healthy", "degraded", "unhealthy", "ready", "alive"}), ""}, {"service", {{"const", "dotmac-analytics"}}, ""},
                    {"version", text(), ""}, {"timestamp", time(), "now"}});
}

json error_form() {
  json codes = json::array();
  for (const auto& each : error_table)
    if (each.code != error_code::none)
      codes.push_back(std::string{each.name});
  const auto fault = object_of({{"type", text(), "of the fault"}, {"loc", list_of({{"type", json::array({"string", "integer"})}}), "place: \"body\", \"query\" or \"header\", then names and positions"},
                                {"msg", text(), "a sentence that names the limit"}, {"input", json::object(), "what was sent; null where too much or unknown"}});
  return object_of({{"detail", {{"anyOf", json::array({text(), list_of(fault)})}}, "a sentence; with 422 a list of faults"}, {"code", {{"type", "string"}, {"enum", codes}}, ""},
                    {"request_id", text(), "as in X-Request-ID"}, {"field", text(), "the input at fault, where there is one", false}});
}

} // namespace

json tracked_form() {
  return object_of({{"event_id", text(), "as sent, else given by the server"}, {"status", {{"const", "tracked"}}, ""}, {"timestamp", time_or_null(), "the event's own time; null where it was here before and that is not known"},
                    {"duplicates", {{"const", 1}}, "where this event_id was here before: no effect", false},
                    {"note", text(), "where it was here before with other content", false}});
}

json batch_tracked_form() {
  return object_of({{"batch_id", text(), ""}, {"status", batch_status(), ""}, {"success_count", count(), "events taken, duplicates among them"},
                    {"error_count", count(), "events refused"}, {"errors", list_of(batch_error_form(false)), "of single events; the others are taken"},
                    {"duplicates", count(), "events whose id was here before with the same content: no effect"}, {"processed_at", time(), ""},
                    {"conflicts", object_of({{"detail", text(), ""}, {"indexes", list_of(count()), "positions in the request"}}),
                     "where events were here before with other content", false}});
}

json events_found_form() {
  const json event{{"anyOf", json::array({ref("found_event"), {{"type", "object"}, {"description", "where columns were asked for: these, by their names"}}})}};
  return joined(joined(object_of({{"events", list_of(event), "in the order asked for"}}), page_form()), scope_form());
}

json event_aggregates_form() {
  auto row = record_form<event_aggregate>();
  row["properties"]["dimensions"] = with_meaning(object_with(json_schema<scalar>()), "by name; null where an event has none");
  row = joined(row, object_of({{"granularity", json_schema<granularity>(), "as asked for"}}));
  return joined(object_of({{"aggregates", list_of(row), "by bucket, then by dimensions"}, {"count", count(), ""}, {"timezone", text(), "whose calendar"}}), scope_form());
}

json event_schema_form() {
  auto schema = record_form<event_schema>();
  schema["properties"]["schema_definition"] = with_meaning(any_object(), "as sent");
  return schema;
}

json event_schemas_form() { return joined(object_of({{"schemas", list_of(ref("event_schema")), "by type, name and version"}}), page_form()); }

json event_stats_form() {
  auto schema = joined(record_form<event_summary>(), object_of({{"as_of", time_or_null(), "newest time included"}}));
  for (const auto* name : {"first_event", "last_event"})
    schema["properties"][name] = time_or_null();
  auto& storage = schema["properties"]["storage"]["anyOf"][0];
  storage = joined(storage, object_of({{"bytes_per_event", number_or_null(), "stored_bytes by stored_rows; null where none are stored"}}));
  return schema;
}

json metric_form() {
  auto schema = record_form<metric_definition>();
  schema["properties"]["calculation_config"] = with_meaning(any_object(), "options");
  return schema;
}

json metrics_form() { return joined(object_of({{"metrics", list_of(ref("metric")), "by name"}}), page_form()); }

json values_recorded_form() {
  const auto many = object_of({{"values", list_of(ref("recorded_value")), "those recorded, in the order of the request"}, {"success_count", count(), ""},
                               {"error_count", count(), ""}, {"errors", list_of(batch_error_form(true)), "of single values; the others are recorded"}, {"status", batch_status(), ""}});
  return {{"description", "of one value, or of many"}, {"anyOf", json::array({ref("recorded_value"), many})}};
}

json values_found_form() {
  const auto value = object_of({{"id", text(), ""}, {"value", {{"type", "number"}}, ""}, {"timestamp", time(), "when it was so"}, {"recorded_at", time(), "when it came"},
                                {"dimensions", object_with(text()), "its series"}, {"context", any_object(), "as sent"}});
  return joined(joined(object_of({{"values", list_of(value), "newest first"}}), page_form()), scope_form());
}

json value_aggregates_form() {
  auto row = record_form<value_aggregate>();
  row["properties"]["value"] = with_meaning(number_or_null(), "null where undefined");
  row["properties"]["dimensions"] = with_meaning(object_with(text_or_null()), "by name");
  return joined(object_of({{"aggregates", list_of(row), "by bucket, then by dimensions"}, {"count", count(), ""},
                           {"exact", {{"type", "boolean"}}, "false: percentiles have a relative error of at most 1 %"}, {"timezone", text(), "whose calendar"}}),
                scope_form());
}

json trend_form() {
  const auto trend = object_of({{"change_percent", number_or_null(), "null where undefined"}, {"direction", json_schema<trend_direction>(), ""},
                                {"absolute_change", number_or_null(), "null where a period is empty"}});
  auto scope = scope_form();
  scope["properties"]["interval"] = with_meaning(json{{"const", "[start, end)"}}, "periods are half-open");
  return joined(object_of({{"metric_id", text(), "as asked for"}, {"current_period", record_form<period_figures>(), ""}, {"comparison_period", record_form<period_figures>(), ""},
                           {"trend", trend, "of the total for counters, of the average for others"}}),
                scope);
}

json tenant_created_form() { return joined(record_form<tenant_request>(), object_of({{"created_at", time(), ""}})); }
json api_key_created_form() { return joined(shown_key_form(), object_of({{"api_key", text(), "the key itself: it is shown this once"}})); }
json api_keys_form() { return joined(object_of({{"api_keys", list_of(shown_key_form()), "by id; never their secrets"}}), page_form()); }
json api_key_revoked_form() { return object_of({{"key_id", text(), ""}, {"status", {{"const", "revoked"}}, ""}}); }

namespace {

json actor_form() {
  const auto time_count = object_of({{"up_to_us", {{"type", json::array({"integer", "null"})}}, "microseconds; null: without end"}, {"count", count(), "messages"}});
  return object_of({{"kind", one_of({"node", "shard", "tenant", "events", "metric", "dashboard"}), ""}, {"path", text(), "from the node down to it"}, {"parent", text(), "path of its supervisor; empty for the node"},
                          {"children", count(), "running actors that it supervises"}, {"tenant", text(), "empty for node and shards"}, {"uptime_seconds", count(), ""},
                          {"messages", count(), "handled"}, {"failures", count(), "writes and questions that failed"}, {"mailbox", count(), "messages behind the last one handled"},
                          {"waiting", count(), "writes that wait for a commit"}, {"waiting_seconds", {{"type", json::array({"number", "null"})}}, "how long the first of them has waited; null: none"},
                          {"restarts", count(), ""}, {"memory_bytes", count(), "of its state"}, {"journal_position", count(), ""}, {"snapshot_position", count(), ""},
                          {"snapshot_at", time_or_null(), "when it last wrote one; null: not yet since it started"},
                          {"busy_microseconds", count(), "on its thread"}, {"scan_microseconds", count(), "of questions, on the threads that look through its data"}, {"message_times", list_of(time_count), "time per message"}});
}

} // namespace

json actors_form() {
  auto actor = actor_form();
  actor["properties"]["actors"] = with_meaning(list_of({{"type", "object"}}), "its children on this page, in the same form: where shape=tree was asked for and it has any");
  return joined(object_of({{"actors", list_of(actor), "by path"}}), page_form());
}

json actor_details_form() {
  const auto failed = object_of({{"at", time(), "the last time"}, {"code", text(), ""}, {"message", text(), ""}, {"times", count(), "in a row"}});
  const auto snapshot = object_of({{"sequence", count(), "journal position of what is in it"}, {"version", count(), "of its form"}, {"bytes", count(), "as stored"}, {"written_at", time_or_null(), ""}});
  auto form = actor_form();
  form["required"] = json::array({"path"});
  return joined(form, object_of({{"running", {{"type", "boolean"}}, "an actor that does not run has no figures"},
                                 {"state", {{"type", json::array({"object", "null"})}}, "what it holds, by name; null: it does not run, cannot be read, or holds nothing"},
                                 {"last_failures", list_of(failed), "newest first, since the node started, of earlier lives too"}, {"snapshots", list_of(snapshot), "in the store, newest first"}}));
}

json actor_snapshot_form() {
  const auto segment = object_of({{"number", count(), ""}, {"rows", count(), ""}, {"bytes", count(), "as stored"}, {"from", time(), ""}, {"to", time(), ""}});
  return object_of({{"path", text(), "of its actor"}, {"entity", text(), "tenant/kind/name"}, {"sequence", count(), "journal position of what is in it"}, {"version", count(), "of its form"},
                    {"bytes", count(), "as stored"}, {"written_at", time_or_null(), ""}, {"is_damaged", {{"type", "boolean"}}, "its checksum is wrong: it is never used"},
                    {"content", {{"type", json::array({"object", "null"})}}, "of tenants; hashes of secrets are not shown. null: it is no text"},
                    {"segment_count", count(), "of stored data that the kept snapshots refer to"}, {"segments", list_of(segment), "the newest 1000"}});
}

json actor_act_form() { return object_of({{"path", text(), ""}, {"act", json_schema<actor_act_kind>(), ""}, {"status", {{"const", "requested"}}, "it is carried out behind the answer"}}); }

namespace {

json placed_shard_form() {
  return object_of({{"shard", count(), "0 to 255"}, {"owner", text_or_null(), "node that answers for it; null: nobody at present"}, {"epoch", count(), "rises with every owner"},
                    {"wanted", text_or_null(), "node that shall own it"}, {"pinned", text_or_null(), "node where an operator wants it"},
                    {"load", count(), "microseconds of work a second; a KiB of memory counts as one"}, {"is_served", {{"type", "boolean"}}, "its owner's lease runs"}});
}

} // namespace

json cluster_form() {
  const auto node = object_of({{"id", text(), ""}, {"incarnation", count(), "rises with every start"}, {"state", one_of({"serving", "cordoned", "draining", "leaving", "absent"}), ""},
                               {"scheduling", json_schema<node_scheduling>(), "as operators want it"}, {"role", one_of({"both", "gateway", "worker"}), "gateway: owns no shards; worker: takes no calls of tenants"},
                               {"peer_address", text_or_null(), "where other nodes reach it"}, {"http_address", text_or_null(), "where it takes calls"}, {"version", text(), ""},
                               {"since_heartbeat_ms", count(), "it was heard of so long ago"}, {"shards", count(), "that it owns"}, {"shards_wanted", count(), "that it shall own"},
                               {"load", count(), "of its shards"}});
  return object_of({{"name", text_or_null(), "of the cluster; null: the node is alone"}, {"node", text(), "who answers"}, {"coordinator", text_or_null(), "node that decides who owns what"},
                    {"moving", count(), "shards that are not where they shall be"}, {"nodes", list_of(node), "by id"}, {"shards", list_of(placed_shard_form()), "by number"}});
}

json place_of_tenant_form() { return joined(object_of({{"tenant_id", text(), ""}}), placed_shard_form()); }
json node_scheduled_form() { return object_of({{"node", text(), ""}, {"scheduling", json_schema<node_scheduling>(), ""}}); }
json shard_placed_form() { return object_of({{"shard", count(), ""}, {"node", text_or_null(), ""}}); }
json requested_form() { return object_of({{"status", {{"const", "requested"}}, ""}}); }

json dead_letters_form() {
  const auto letter = object_of({{"id", count(), ""}, {"tenant", text(), ""}, {"actor", text(), "whose message it was: tenant/kind/name"}, {"recorded_at", time(), ""}, {"message_type", text(), ""},
                                 {"reason", text(), "what the actor failed with"}, {"payload_bytes", count(), "of the message as it is stored"}});
  return object_of({{"dead_letters", list_of(letter), "newest first"}, {"count", count(), ""}});
}

json dead_letter_act_form() { return object_of({{"id", count(), ""}, {"status", one_of({"replayed", "discarded"}), "it is gone"}}); }

json audit_entries_form() {
  const auto entry = object_of({{"id", count(), "rises from entry to entry"}, {"recorded_at", time(), ""}, {"tenant", text(), "whose data"}, {"act", text(), "what was done"},
                                {"subject", text(), "what it was done to"}, {"details", text(), "a sentence, or JSON as text"}});
  return object_of({{"entries", list_of(entry), "newest first"}, {"next_before", {{"type", json::array({"integer", "null"})}}, "before of the next page; null on the last one"}});
}

json health_form() { return identity_form(); }

json health_in_detail_form() {
  const json component{{"type", "object"}, {"required", json::array({"status", "latency_ms"})},
                       {"properties", {{"status", one_of({"healthy", "degraded", "unavailable"})}, {"latency_ms", with_meaning(number_or_null(), "measured; null where nothing was measured yet")}}}};
  return joined(identity_form(), object_of({{"components", object_with(component), "by name"}, {"environment", text(), ""}, {"reason", text(), "why it is unhealthy", false}}));
}

json prometheus_form() { return {{"type", "string"}, {"description", "Prometheus' text format, version 0.0.4"}}; }
json openapi_form() { return {{"type", "object"}, {"required", json::array({"openapi", "info", "paths", "components"})}}; }

json schema_components() {
  auto schemas = filter_schemas();
  schemas.update({{"error", error_form()}, {"found_event", found_event_form()}, {"recorded_value", recorded_value_form()}, {"metric", metric_form()}, {"event_schema", event_schema_form()}});
  return schemas;
}

} // namespace dotmac
