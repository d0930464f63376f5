#include "api/catalogue_requests.hpp"

#include "api/answer_forms.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"
#include "core/events/event_reference.hpp"

namespace dotmac {
namespace {

template <class Request> event_selection selection_of(Request& body) {
  return {std::move(body.event_type), std::move(body.event_name), std::move(body.user_id), std::move(body.session_id), std::move(body.customer_id),
          body.start_time.value_or(timestamp_min), body.end_time.value_or(timestamp_end), std::move(body.filters)};
}

json type_as_json(const catalogue_event& from) {
  return {{"event_type", from.event_type}, {"count", from.count}, {"first_time", format_timestamp(from.first_time)}, {"last_time", format_timestamp(from.last_time)}};
}

json name_as_json(const catalogue_event& from) {
  auto out = type_as_json(from);
  out["event_name"] = from.event_name;
  return out;
}

json field_as_json(const catalogue_field& from) { return {{"name", from.name}, {"kind", std::string{name_of(from.kind)}}, {"count", from.count}}; }

json property_as_json(const catalogue_property& from) {
  json kinds = json::array();
  for (std::size_t kind = 0; kind < from.kinds.size(); ++kind)
    if (from.kinds[kind] > 0)
      kinds.push_back({{"kind", std::string{enumeration<catalogue_kind>::names[kind]}}, {"count", from.kinds[kind]}});
  return {{"name", name_of_property(from.scope, from.key)}, {"scope", std::string{name_of(from.scope)}}, {"key", from.key}, {"count", from.count}, {"kinds", std::move(kinds)}};
}

template <class Entry, class Write> void add_list(json& to, catalogue_list which, const std::optional<catalogue_page<Entry>>& page, Write&& write) {
  if (!page)
    return;
  json entries = json::array();
  for (const auto& each : page->entries)
    entries.push_back(write(each));
  to[std::string{name_of(which)}] = {{"total", page->total}, {"entries", std::move(entries)}};
}

} // namespace

void show_event_catalogue(const gateway_call_pointer& call) {
  auto body = call->read_body<event_catalogue_request>();
  if (!body)
    return;
  list_event_catalogue question{selection_of(*body), std::move(body->search), body->match, std::move(body->lists), body->limit, body->offset};
  const auto start = question.selection.start_time;
  const auto end = question.selection.end_time;
  if (!check_interval(call, start, end))
    return;
  gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                           std::function<void(event_catalogue&)>{[call, start, end, limit = body->limit, offset = body->offset](event_catalogue& found) {
                             json answer{{"event_count", found.event_count}, {"limit", limit}, {"offset", offset}};
                             add_list(answer, catalogue_list::event_types, found.event_types, type_as_json);
                             add_list(answer, catalogue_list::event_names, found.event_names, name_as_json);
                             add_list(answer, catalogue_list::fields, found.fields, field_as_json);
                             add_list(answer, catalogue_list::properties, found.properties, property_as_json);
                             add_scope(answer, found.scope, start, end);
                             call->answer(answer);
                           }});
}

void show_event_values(const gateway_call_pointer& call) {
  auto body = call->read_body<event_values_request>();
  if (!body)
    return;
  list_event_values question{selection_of(*body), body->field_name, std::move(body->search), body->match, body->limit};
  const auto start = question.selection.start_time;
  const auto end = question.selection.end_time;
  if (!check_interval(call, start, end))
    return;
  gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                           std::function<void(event_values&)>{[call, start, end, name = std::move(body->field_name)](event_values& found) {
                             json values = json::array();
                             for (const auto& each : found.values)
                               values.push_back({{"value", write_json(each.value)}, {"kind", std::string{name_of(each.kind)}}, {"count", each.count}});
                             json answer{{"field", name}, {"event_count", found.event_count}, {"value_events", found.value_events}, {"value_count", found.value_count},
                                         {"values", std::move(values)}, {"other_values", found.other_values}, {"other_events", found.other_events},
                                         {"min", write_json(found.min)}, {"max", write_json(found.max)}};
                             add_scope(answer, found.scope, start, end);
                             call->answer(answer);
                           }});
}

json event_catalogue_form() {
  using namespace form_parts;
  const auto page = [](json entry, const char* order) { return object_of({{"total", count(), "entries, whatever the page"}, {"entries", list_of(std::move(entry)), order}}); };
  const auto type = object_of({{"event_type", text(), ""}, {"count", count(), "events"}, {"first_time", time(), "of the first of them"}, {"last_time", time(), "of the last of them"}});
  const auto name = joined(type, object_of({{"event_name", text(), "of events of this type"}}));
  const auto of_field = object_of({{"name", text(), "as in filters and dimensions"}, {"kind", one_of({"text", "time"}), ""}, {"count", count(), "events that have it"}});
  const auto kind = object_of({{"kind", one_of({"text", "number", "boolean", "json", "null"}), "json: lists, objects, and integers past 64 bits"}, {"count", count(), "events with such a value"}});
  const auto property = object_of({{"name", text(), "as in filters and dimensions"}, {"scope", json_schema<property_scope>(), ""}, {"key", text(), "within its scope"},
                                   {"count", count(), "events that have a value; null is none"}, {"kinds", list_of(kind), "those seen"}});
  return joined(object_of({{"event_count", count(), "events that were asked for"}, {"limit", count(), "as asked for"}, {"offset", count(), "as asked for"},
                           {"event_types", page(type, "most events first, then by type"), "where asked for", false}, {"event_names", page(name, "most events first, then by type and name"), "where asked for", false},
                           {"fields", page(of_field, "in their order"), "where asked for", false}, {"properties", page(property, "most events first, then by name"), "where asked for", false}}),
                scope_form());
}

json event_values_form() {
  using namespace form_parts;
  const auto value = object_of({{"value", json_schema<scalar>(), "of kind json and time as text"}, {"kind", one_of({"text", "number", "boolean", "json", "time"}), "what filters take it for"}, {"count", count(), "events that have it"}});
  return joined(object_of({{"field", text(), "as asked for"}, {"event_count", count(), "events that were asked for"}, {"value_events", count(), "of them, that have a value, whatever is looked for"},
                           {"value_count", count(), "different values that fit what is looked for"}, {"values", list_of(value), "most events first, then by kind and value"},
                           {"other_values", count(), "that fit and are not listed"}, {"other_events", count(), "events that have one of those"},
                           {"min", json_schema<scalar>(), "smallest number or time of these events; null where there is none"}, {"max", json_schema<scalar>(), "largest number or time of these events"}}),
                scope_form());
}

} // namespace dotmac
