#include "api/dashboard_requests.hpp"

#include "api/answer_forms.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"

namespace dotmac {
namespace {

json dashboard_as_json(const dashboard_shown& shown) {
  auto body = write_json(shown.content);
  body["dashboard_id"] = shown.dashboard_id;
  body["version"] = shown.version.version;
  body["created_at"] = format_timestamp(shown.origin.at);
  body["created_by"] = shown.origin.by;
  body["updated_at"] = format_timestamp(shown.version.at);
  body["updated_by"] = shown.version.by;
  body["summary"] = shown.version.summary;
  body["removed"] = shown.removed;
  return body;
}

json summary_as_json(const dashboard_summary& summary) {
  auto body = write_json(summary);
  body.erase("revision");
  return body;
}

std::optional<std::uint64_t> version_number(const std::optional<std::int64_t>& given) {
  return given ? std::optional{static_cast<std::uint64_t>(*given)} : std::nullopt;
}

using use_dashboard = std::function<void(const dashboard_shown&)>;

/// An edit has an id of its own: a node that takes the dashboard over meanwhile is sent the edit again, and does not make it twice.
void send_edit(const gateway_call_pointer& call, dashboard_edit edit, const std::optional<std::int64_t>& expected_version, use_dashboard use) {
  of_dashboard<edit_dashboard> message{call->parameters["dashboard_id"], {std::move(edit), call->caller, random_identifier(16), version_number(expected_version)}};
  gateway_call::ask_tenant(call, std::move(message), call->host->options.request_timeout, std::function<void(dashboard_shown&)>{[use = std::move(use)](dashboard_shown& shown) { use(shown); }});
}

use_dashboard answer_with_it(const gateway_call_pointer& call) {
  return [call](const dashboard_shown& shown) { call->answer(dashboard_as_json(shown)); };
}

use_dashboard answer_with_widget(const gateway_call_pointer& call, std::string id_or_name) {
  return [call, id_or_name = std::move(id_or_name)](const dashboard_shown& shown) {
    const auto* widget = find_widget(shown.content, id_or_name);
    if (widget == nullptr)
      return call->refuse({error_code::not_found, "the dashboard has no widget " + id_or_name, "widget_id"});
    auto body = write_json(*widget);
    body["dashboard_id"] = shown.dashboard_id;
    body["version"] = shown.version.version;
    call->answer(body);
  };
}

void make_dashboard(const gateway_call_pointer& call, dashboard_content content) {
  create_dashboard message{"dash_" + random_identifier(8), std::move(content), call->caller, random_identifier(16)};
  gateway_call::ask_tenant(call, std::move(message), call->host->options.request_timeout,
                           std::function<void(dashboard_shown&)>{[call](dashboard_shown& shown) { call->answer(dashboard_as_json(shown)); }});
}

void with_dashboard(const gateway_call_pointer& call, const show_dashboard& asked, use_dashboard use) {
  gateway_call::ask_tenant(call, of_dashboard<show_dashboard>{call->parameters["dashboard_id"], asked}, call->host->options.request_timeout,
                           std::function<void(dashboard_shown&)>{[use = std::move(use)](dashboard_shown& shown) { use(shown); }});
}

} // namespace

void create_new_dashboard(const gateway_call_pointer& call) {
  if (auto body = call->read_body<dashboard_content>())
    make_dashboard(call, *std::move(body));
}

void list_all_dashboards(const gateway_call_pointer& call) {
  const auto asked = call->read_query<dashboard_list_request>();
  std::optional<std::string> after;
  if (!asked)
    return;
  if (asked->cursor) {
    after = key_of_cursor(cursor_kind::dashboards, *asked->cursor);
    if (!after)
      return call->refuse({not_a_cursor("query", *asked->cursor)});
    if (asked->offset != 0)
      return call->refuse({cursor_with_offset("query", asked->offset)});
  }
  const auto favorite = asked->favorite ? std::optional{*asked->favorite == flag::yes} : std::nullopt;
  list_dashboards question{asked->category, favorite, asked->search.value_or(""), asked->removed == flag::yes, asked->limit, asked->offset, after};
  gateway_call::ask_tenant(call, std::move(question), call->host->options.request_timeout,
                           std::function<void(dashboards_listed&)>{[call, asked = *asked](dashboards_listed& listed) {
                             page_figures page{listed.dashboards.size(), listed.total, asked.limit, asked.offset, std::nullopt};
                             if (listed.has_more && !listed.dashboards.empty())
                               page.next_cursor = cursor_after(cursor_kind::dashboards, place_in_list(listed.dashboards.back()));
                             auto body = write_json(page);
                             auto& dashboards = body["dashboards"] = json::array();
                             for (const auto& each : listed.dashboards)
                               dashboards.push_back(summary_as_json(each));
                             call->answer(body);
                           }});
}

void show_one_dashboard(const gateway_call_pointer& call) {
  const auto asked = call->read_query<dashboard_query>();
  if (!asked)
    return;
  if (asked->version && asked->at)
    return call->refuse({complaint{"value_error", {"query", "at"}, "is given together with version: only one of them can be asked for", format_timestamp(*asked->at)}});
  with_dashboard(call, {version_number(asked->version), asked->at}, answer_with_it(call));
}

void change_one_dashboard(const gateway_call_pointer& call) {
  if (auto body = call->read_body<meant_for<change_content>>())
    send_edit(call, content_edit{std::move(body->edit)}, body->expected_version, answer_with_it(call));
}

void remove_one_dashboard(const gateway_call_pointer& call) {
  const auto asked = call->read_query<expectation>();
  if (asked)
    send_edit(call, remove_dashboard{}, asked->expected_version, [call](const dashboard_shown& shown) {
      call->answer({{"dashboard_id", shown.dashboard_id}, {"status", "removed"}, {"version", shown.version.version}});
    });
}

void restore_one_dashboard(const gateway_call_pointer& call) {
  if (const auto body = call->read_body<restore_request>())
    send_edit(call, restore_version{static_cast<std::uint64_t>(body->version)}, body->expected_version, answer_with_it(call));
}

void duplicate_one_dashboard(const gateway_call_pointer& call) {
  const auto body = call->read_body<duplicate_request>();
  if (!body)
    return;
  with_dashboard(call, {}, [call, asked = *body](const dashboard_shown& shown) {
    auto content = shown.content;
    content.name = asked.name;
    content.display_name = asked.display_name.value_or(content.display_name);
    content.favorite = false;
    for (auto& each : content.widgets)
      each.widget_id.clear();
    make_dashboard(call, std::move(content));
  });
}

void list_versions_of_dashboard(const gateway_call_pointer& call) {
  const auto asked = call->read_query<dashboard_versions_request>();
  if (!asked)
    return;
  gateway_call::ask_tenant(call, of_dashboard<list_dashboard_versions>{call->parameters["dashboard_id"], {asked->limit, version_number(asked->before)}}, call->host->options.request_timeout,
                           std::function<void(dashboard_versions_listed&)>{[call, limit = asked->limit](dashboard_versions_listed& listed) {
                             json body{{"versions", write_json(listed.versions)}, {"count", listed.versions.size()}, {"total", listed.total}, {"limit", limit}, {"next_before", nullptr}};
                             if (listed.has_more && !listed.versions.empty())
                               body["next_before"] = listed.versions.back().version;
                             call->answer(body);
                           }});
}

void add_widget_to_dashboard(const gateway_call_pointer& call) {
  auto body = call->read_body<meant_for<dashboard_widget>>();
  if (!body)
    return;
  const auto name = body->edit.name;
  send_edit(call, content_edit{add_widget{std::move(body->edit)}}, body->expected_version, answer_with_widget(call, name));
}

void show_widget_of_dashboard(const gateway_call_pointer& call) { with_dashboard(call, {}, answer_with_widget(call, call->parameters["widget_id"])); }

void change_widget_of_dashboard(const gateway_call_pointer& call) {
  auto body = call->read_body<meant_for<change_widget>>();
  if (!body)
    return;
  if (!body->edit.widget.empty())
    return call->refuse({complaint{"extra_forbidden", {"body", "widget"}, "there is no such field", body->edit.widget}});
  body->edit.widget = call->parameters["widget_id"];
  const auto changed_name = body->edit.name.value_or(body->edit.widget);
  send_edit(call, content_edit{std::move(body->edit)}, body->expected_version, answer_with_widget(call, changed_name));
}

void remove_widget_from_dashboard(const gateway_call_pointer& call) {
  if (const auto asked = call->read_query<expectation>())
    send_edit(call, content_edit{remove_widget{call->parameters["widget_id"]}}, asked->expected_version, [call](const dashboard_shown& shown) {
      call->answer({{"dashboard_id", shown.dashboard_id}, {"widget_id", call->parameters["widget_id"]}, {"status", "removed"}, {"version", shown.version.version}});
    });
}

void arrange_widgets_of_dashboard(const gateway_call_pointer& call) {
  if (auto body = call->read_body<meant_for<arrange_widgets>>())
    send_edit(call, content_edit{std::move(body->edit)}, body->expected_version, answer_with_it(call));
}

json dashboard_form() {
  using namespace form_parts;
  return joined(record_form<dashboard_content>(),
                object_of({{"dashboard_id", text(), "given by the server"}, {"version", count(), "the one shown"}, {"created_at", time(), "of the first version"}, {"created_by", text(), ""},
                           {"updated_at", time(), "of the version shown"}, {"updated_by", text(), ""}, {"summary", text(), "what this version has changed"},
                           {"removed", json{{"type", "boolean"}}, "it is, and can be brought back"}}));
}

json dashboards_form() {
  using namespace form_parts;
  auto summary = record_form<dashboard_summary>();
  summary["properties"].erase("revision");
  std::erase(summary["required"].get_ref<json::array_t&>(), json("revision"));
  return joined(object_of({{"dashboards", list_of(std::move(summary)), "by name"}}), page_form());
}

json dashboard_removed_form() {
  using namespace form_parts;
  return object_of({{"dashboard_id", text(), ""}, {"status", one_of({"removed"}), "its versions are kept: restore brings it back"}, {"version", count(), "the newest now"}});
}

json dashboard_versions_form() {
  using namespace form_parts;
  return object_of({{"versions", list_of(record_form<dashboard_version>()), "newest first"}, {"count", count(), "of this page"}, {"total", count(), "that are kept"}, {"limit", count(), "as asked for"},
                    {"next_before", json{{"type", json::array({"integer", "null"})}}, "before, for the next page; null on the last one"}});
}

json widget_form() {
  using namespace form_parts;
  return joined(record_form<dashboard_widget>(), object_of({{"dashboard_id", text(), ""}, {"version", count(), "of the dashboard"}}));
}

json widget_removed_form() {
  using namespace form_parts;
  return object_of({{"dashboard_id", text(), ""}, {"widget_id", text(), "as asked for"}, {"status", one_of({"removed"}), ""}, {"version", count(), "of the dashboard, the newest now"}});
}

json widget_change_form() {
  auto schema = json_schema<meant_for<change_widget>>();
  schema["properties"].erase("widget");
  return schema;
}

} // namespace dotmac
