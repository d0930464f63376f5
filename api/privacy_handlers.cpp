#include "api/privacy_requests.hpp"

#include "api/answer_forms.hpp"
#include "api/export_stream.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"
#include "api/profile_json.hpp"

#include <charconv>
#include <set>

namespace dotmac {
namespace {

const char* state_of(const removal_record& of) { return of.done_at ? "done" : "running"; }

json deletion_as_json(const removal_record& of) {
  return {{"deletion_id", of.number}, {"kind", write_json(of.kind)}, {"state", state_of(of)}, {"id_sha256", of.digest.empty() ? json(nullptr) : json(of.digest)},
          {"requested_at", format_timestamp(of.requested_at)}, {"done_at", of.done_at ? json(format_timestamp(*of.done_at)) : json(nullptr)}, {"removed_events", of.removed_events}};
}

json retention_as_json(const event_retention& of) {
  json rules = json::array();
  for (const auto& each : of.rules)
    rules.push_back({{"event_type", each.event_type}, {"days", each.days ? json(*each.days) : json(nullptr)}});
  return {{"days", of.days ? json(*of.days) : json(nullptr)}, {"rules", std::move(rules)}};
}

template <class Use> void with_removals(const gateway_call_pointer& call, Use use) {
  gateway_call::ask_tenant(call, list_removals{}, call->host->options.request_timeout, std::function<void(removals_told&)>{[call, use](removals_told& told) { use(told); }});
}

/// The first line of an export of a subject: what is known of it beside its events.
void export_described(const gateway_call_pointer& call, event_export_request request, const std::string& id, const profile_described& found) {
  if (!found.profile && found.events.empty())
    return call->refuse({error_code::not_found, "there is no such profile, and no event of it", {}});
  json line{{"profile", found.profile ? profile_as_json(*found.profile) : json{{"id", id}, {"other_ids", json::array()}, {"attributes", json::object()}, {"created_at", nullptr}, {"updated_at", nullptr}}}};
  stream_events(call, std::move(request), line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

void export_subject(const gateway_call_pointer& call, profile_kind kind, const std::string& id) {
  event_export_request request;
  (kind == profile_kind::user ? request.user_id : request.customer_id) = id;
  gateway_call::ask_tenant(call, describe_profile{{kind, {}}, id}, call->host->options.query_timeout,
                           std::function<void(profile_described&)>{[call, request, id](profile_described& found) { export_described(call, request, id, found); }});
}

} // namespace

void delete_subject(const gateway_call_pointer& call) {
  const auto body = call->read_body<deletion_request>();
  if (!body)
    return;
  const auto kind = body->kind == privacy_subject::user ? removal_kind::user : removal_kind::customer;
  const removal_record record{0, kind, sha256_of(body->id), call->received_at, 0, std::nullopt};
  gateway_call::ask_tenant(call, remove_events{kind, body->id, record.digest, call->received_at}, call->host->options.request_timeout,
                           std::function<void(removal_begun&)>{[call, record](removal_begun& begun) {
                             auto told = record;
                             told.number = begun.number;
                             call->answer(deletion_as_json(told));
                           }});
}

void list_deletions(const gateway_call_pointer& call) {
  with_removals(call, [call](const removals_told& told) {
    json list = json::array();
    for (const auto& each : told.removals)
      list.push_back(deletion_as_json(each));
    call->answer({{"deletions", std::move(list)}, {"problem", told.problem.empty() ? json(nullptr) : json(told.problem)}});
  });
}

void show_deletion(const gateway_call_pointer& call) {
  const auto& text = call->parameters["deletion_id"];
  std::uint64_t number = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (why != std::errc{} || end != text.data() + text.size())
    return call->refuse({error_code::validation_failed, "must be a number", "deletion_id"});
  with_removals(call, [call, number](const removals_told& told) {
    for (const auto& each : told.removals)
      if (each.number == number)
        return call->answer(deletion_as_json(each));
    call->refuse({error_code::not_found, "there is no such deletion among the last removals_told_max = " + std::to_string(removals_told_max), {}});
  });
}

void show_retention_rules(const gateway_call_pointer& call) {
  with_removals(call, [call](const removals_told& told) { call->answer(retention_as_json(told.retention)); });
}

void set_retention_rules(const gateway_call_pointer& call) {
  auto body = call->read_body<event_retention>();
  if (!body)
    return;
  std::set<std::string> types;
  for (std::size_t i = 0; i < body->rules.size(); ++i)
    if (!types.insert(body->rules[i].event_type).second)
      return call->refuse({error_code::validation_failed, "has a rule already", "rules." + std::to_string(i) + ".event_type"});
  gateway_call::ask_tenant(call, set_event_retention{*body}, call->host->options.request_timeout,
                           std::function<void(done&)>{[call, answer = retention_as_json(*body)](done&) { call->answer(answer); }});
}

void export_user(const gateway_call_pointer& call) { export_subject(call, profile_kind::user, call->parameters["user_id"]); }
void export_customer(const gateway_call_pointer& call) { export_subject(call, profile_kind::customer, call->parameters["customer_id"]); }

json deletion_form() {
  using namespace form_parts;
  return object_of({{"deletion_id", count(), "number of the deletion, from 1"},
                    {"kind", one_of({"user", "customer", "expired"}), "whose data; expired: events past the days of the retention"},
                    {"state", one_of({"running", "done"}), "done: nothing that the node stores has it any more"},
                    {"id_sha256", text_or_null(), "SHA-256 of the id, which itself is not kept; null of expired events"}, {"requested_at", time(), "when it was asked for"},
                    {"done_at", time_or_null(), "null while it runs"}, {"removed_events", count(), "so far"}});
}

json deletions_form() {
  using namespace form_parts;
  return object_of({{"deletions", list_of(deletion_form()), "newest first: those that run, and the last 1000 that are done"}, {"problem", text_or_null(), "why they do not go on at present; tried again by itself"}});
}

json retention_rules_form() {
  return form_parts::record_form<event_retention>();
}

json subject_export_form() { return {{"type", "string"}, {"description", "first a line of JSON with the profile, then a line for each event, by arrival; in chunks, the last of which is missing where it is not whole"}}; }

} // namespace dotmac
