#include "api/profile_requests.hpp"

#include "api/answer_forms.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"
#include "api/profile_json.hpp"

namespace dotmac {

void json_form<profile_value_form>::read(json_reader& in, const json& from, profile_value_form& into) {
  if (from.is_null())
    return in.complain("null_value", "null is no value: name the attribute in unset", from);
  if (from.is_boolean())
    into.value = from.get<bool>();
  else if (from.is_number_integer() && !(from.is_number_unsigned() && from.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())))
    into.value = from.get<std::int64_t>();
  else if (from.is_number_float())
    into.value = from.get<double>();
  else if (from.is_string())
    into.value = from.get<std::string>();
  else
    into.json = from.dump();
  const auto* text = std::get_if<std::string>(&into.value);
  if ((text == nullptr ? into.json : *text).size() > profile_value_size_max)
    in.complain("string_length", "must have at most profile_value_size_max = " + std::to_string(profile_value_size_max) + " bytes", from);
}

json json_form<profile_value_form>::write(const profile_value_form& value) { return value.json.empty() ? write_json(value.value) : json::parse(value.json, nullptr, false); }

json json_form<profile_value_form>::schema() { return {{"type", json::array({"string", "number", "boolean", "array", "object"})}}; }

json profile_as_json(const found_profile& profile) {
  json attributes = json::object();
  for (const auto& each : profile.attributes)
    attributes[each.name] = each.json.empty() ? write_json(each.value) : json::parse(each.json, nullptr, false);
  return {{"id", profile.id}, {"other_ids", profile.other_ids}, {"attributes", std::move(attributes)}, {"created_at", format_timestamp(profile.created_at)},
          {"updated_at", format_timestamp(profile.updated_at)}};
}

namespace {

/// Whose profiles; none where the two do not go together, and then it was answered.
std::optional<profile_subject> subject_asked_for(const gateway_call_pointer& call, profile_kind kind, const std::optional<std::string>& property, const std::string& place) {
  const bool is_group = kind == profile_kind::group;
  if (is_group != property.has_value()) {
    call->refuse({error_code::validation_failed, is_group ? "a group needs the property of events that names it" : "only groups are named by a property", place + "property"});
    return std::nullopt;
  }
  if (is_group && property->find('.') != std::string::npos) {
    call->refuse({error_code::validation_failed, "must have no point: filters name groups.<property>.<attribute>", place + "property"});
    return std::nullopt;
  }
  return profile_subject{kind, property.value_or("")};
}

std::vector<profile_attribute> attributes_of(const std::map<std::string, profile_value_form>& from) {
  std::vector<profile_attribute> out;
  for (const auto& [name, held] : from)
    out.push_back({name, held.value, held.json});
  return out;
}

/// What is wrong with a name, where something is.
std::optional<failure> fault_of_names(const profile_entry& entry, const std::string& place) {
  const auto check = [&](const std::string& name, const char* list) -> std::optional<failure> {
    if (!name.empty() && name.size() <= profile_attribute_name_size_max)
      return std::nullopt;
    return failure{error_code::validation_failed, "an attribute's name must have 1 to profile_attribute_name_size_max = " + std::to_string(profile_attribute_name_size_max) + " bytes", place + list};
  };
  for (const auto& [name, held] : entry.set)
    if (auto fault = check(name, "set"))
      return fault;
  for (const auto& [name, held] : entry.set_once)
    if (auto fault = check(name, "set_once"))
      return fault;
  for (const auto& name : entry.unset)
    if (auto fault = check(name, "unset"))
      return fault;
  return std::nullopt;
}

void change(const gateway_call_pointer& call, std::vector<profile_change> changes) {
  gateway_call::ask_tenant(call, change_profiles{std::move(changes), call->received_at}, call->host->options.request_timeout,
                           std::function<void(profiles_changed&)>{[call](profiles_changed& done) { call->answer({{"changed", done.changed}}); }});
}

void answer_described(const gateway_call_pointer& call, const std::string& id, const profile_described& found) {
  if (!found.profile && found.events.empty())
    return call->refuse({error_code::not_found, "there is no such profile, and no event of it", {}});
  json answer = found.profile ? profile_as_json(*found.profile)
                              : json{{"id", id}, {"other_ids", json::array()}, {"attributes", json::object()}, {"created_at", nullptr}, {"updated_at", nullptr}};
  json events = json::array();
  std::uint64_t count = 0;
  std::optional<timestamp> first, last;
  for (const auto& each : found.events) {
    events.push_back({{"event_type", each.event_type}, {"count", each.count}, {"first_time", format_timestamp(each.first_time)}, {"last_time", format_timestamp(each.last_time)}});
    count += each.count;
    first = std::min(first.value_or(each.first_time), each.first_time);
    last = std::max(last.value_or(each.last_time), each.last_time);
  }
  answer.update(json{{"events", std::move(events)}, {"event_count", count}, {"first_time", first ? json(format_timestamp(*first)) : json(nullptr)},
                     {"last_time", last ? json(format_timestamp(*last)) : json(nullptr)}});
  add_scope(answer, found.scope, timestamp_min, timestamp_end);
  call->answer(answer);
}

void describe_subject(const gateway_call_pointer& call, profile_kind kind, const std::string& id) {
  gateway_call::ask_tenant(call, describe_profile{{kind, {}}, id}, call->host->options.query_timeout,
                           std::function<void(profile_described&)>{[call, id](profile_described& found) { answer_described(call, id, found); }});
}

void show_timeline(const gateway_call_pointer& call, event_selection selection) {
  const auto query = call->read_query<timeline_request>();
  if (!query)
    return;
  find_events question;
  question.selection = std::move(selection);
  question.limit = query->limit;
  question.oldest_first = query->order == event_order::oldest;
  const auto kind = question.oldest_first ? cursor_kind::oldest_events : cursor_kind::events;
  if (query->cursor) {
    question.before = position_of_cursor(kind, *query->cursor);
    if (!question.before)
      return call->refuse({not_a_cursor("query", *query->cursor)});
  }
  answer_event_page(call, std::move(question), kind, event_columns_writer{{}});
}

} // namespace

void identify_profiles(const gateway_call_pointer& call) {
  const auto body = call->read_body<identify_request>();
  if (!body)
    return;
  std::vector<profile_change> changes;
  for (std::size_t i = 0; i < body->profiles.size(); ++i) {
    const auto& each = body->profiles[i];
    const auto place = "profiles." + std::to_string(i) + ".";
    const auto subject = subject_asked_for(call, each.kind, each.property, place);
    if (!subject)
      return;
    if (const auto fault = fault_of_names(each, place))
      return call->refuse(*fault);
    changes.push_back({*subject, each.id, attributes_of(each.set), attributes_of(each.set_once), each.unset, {}});
  }
  change(call, std::move(changes));
}

void merge_profiles(const gateway_call_pointer& call) {
  const auto body = call->read_body<merge_request>();
  if (!body)
    return;
  std::vector<profile_change> changes;
  for (const auto& each : body->merges)
    changes.push_back({{}, each.from, {}, {}, {}, each.into});
  change(call, std::move(changes));
}

void query_profiles(const gateway_call_pointer& call) {
  auto body = call->read_body<profile_query_request>();
  if (!body)
    return;
  const auto subject = subject_asked_for(call, body->kind, body->property, "");
  if (!subject)
    return;
  find_profiles question{*subject, std::move(body->ids), std::move(body->filters), body->limit, {}};
  if (body->cursor) {
    const auto after = key_of_cursor(cursor_kind::profiles, *body->cursor);
    if (!after)
      return call->refuse({not_a_cursor("body", *body->cursor)});
    question.after = *after;
  }
  gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout, std::function<void(profiles_found&)>{[call](profiles_found& found) {
                             json list = json::array();
                             for (const auto& each : found.profiles)
                               list.push_back(profile_as_json(each));
                             call->answer({{"profiles", std::move(list)}, {"total", found.total},
                                           {"next_cursor", found.has_more && !found.profiles.empty() ? json(cursor_after(cursor_kind::profiles, found.profiles.back().id)) : json(nullptr)}});
                           }});
}

void show_user(const gateway_call_pointer& call) { describe_subject(call, profile_kind::user, call->parameters["user_id"]); }
void show_customer(const gateway_call_pointer& call) { describe_subject(call, profile_kind::customer, call->parameters["customer_id"]); }

void show_user_timeline(const gateway_call_pointer& call) {
  event_selection selection;
  selection.user_id = call->parameters["user_id"];
  show_timeline(call, std::move(selection));
}

void show_customer_timeline(const gateway_call_pointer& call) {
  event_selection selection;
  selection.customer_id = call->parameters["customer_id"];
  show_timeline(call, std::move(selection));
}

namespace {

json profile_schema() {
  using namespace form_parts;
  return object_of({{"id", text(), "the user's own id where some were merged"}, {"other_ids", list_of(text()), "user ids that were merged into it"},
                    {"attributes", any_object(), "by name"}, {"created_at", time_or_null(), "when it was first told of; to the second"},
                    {"updated_at", time_or_null(), "when it last changed; to the second"}});
}

} // namespace

json profiles_changed_form() {
  using namespace form_parts;
  return object_of({{"changed", count(), "entries that changed something"}});
}

json profiles_found_form() {
  using namespace form_parts;
  return object_of({{"profiles", list_of(profile_schema()), "by id"}, {"total", count(), "whatever the page"}, {"next_cursor", text_or_null(), "cursor of the next page; null on the last one"}});
}

json profile_form() {
  using namespace form_parts;
  const auto events = object_of({{"event_type", text(), "type"}, {"count", count(), "events of it"}, {"first_time", time(), "of the first"}, {"last_time", time(), "of the last"}});
  return joined(joined(profile_schema(), object_of({{"events", list_of(events), "most first"}, {"event_count", count(), "all of them"}, {"first_time", time_or_null(), "of the first event"},
                                                    {"last_time", time_or_null(), "of the last event"}})),
                scope_form());
}

} // namespace dotmac
