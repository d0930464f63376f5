#include "cli/commands.hpp"

#include "cli/answers.hpp"
#include "cli/json_member.hpp"
#include "cli/output.hpp"

#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>

namespace dotmac {
namespace {

constexpr int failed = 1;
constexpr int wrong_use = 2;
constexpr std::size_t list_pages_max = 1'000; ///< of a thousand entries

timestamp now() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

void add_text(json& body, const char* field, const std::string& text) {
  if (!text.empty())
    body[field] = text;
}

/// The entries of all pages as one answer. A server that never comes to an end is no node.
result<http_answer> whole_list(const command_context& context, const std::string& path, const char* member_name) {
  http_client client{context.connection};
  auto whole = client.get(path + "?limit=1000");
  for (std::size_t pages = 1; whole && whole->status < 400; ++pages) {
    const auto cursor = text_member(whole->body, "next_cursor");
    if (cursor.empty() || !member(whole->body, member_name).is_array())
      break;
    if (pages == list_pages_max)
      return failure{error_code::malformed_request, context.connection.url + " goes on after " + std::to_string(list_pages_max) + " pages of a list", {}};
    auto next = client.get(path + "?limit=1000&cursor=" + path_part(cursor));
    if (!next || next->status >= 400)
      return next;
    for (const auto& each : list_member(next->body, member_name))
      whole->body[member_name].push_back(each);
    whole->body["count"] = whole->body[member_name].size();
    whole->body["next_cursor"] = member(next->body, "next_cursor");
    if (text_member(whole->body, "next_cursor").empty())
      whole->text = written_json(whole->body);
  }
  return whole;
}

} // namespace

int complain_of(const failure& why) {
  std::cerr << painted("error", colour::red, stderr_is_terminal()) << ": " << printable(why.message) << "\n";
  return failed;
}

int complain_of_use(const failure& why) {
  complain_of(why);
  return wrong_use;
}

int run_track(const command_context& context, const track_request& asked) {
  json body{{"event_type", asked.type}, {"event_name", asked.name}};
  add_text(body, "user_id", asked.user);
  add_text(body, "session_id", asked.session);
  add_text(body, "customer_id", asked.customer);
  add_text(body, "timestamp", asked.time);
  add_text(body, "event_id", asked.id);
  if (!asked.properties.empty()) {
    auto properties = parse_json(asked.properties);
    if (!properties || !properties->is_object())
      return complain_of_use({error_code::validation_failed, "--properties must be a JSON object, such as {\"plan\":\"fiber\"}", {}});
    body["properties"] = std::move(*properties);
  }
  return finish(context, http_client{context.connection}.post("/events/track", body), "event_id", [](const json& answer) {
    std::cout << shown(answer, "status") << "  " << shown(answer, "event_id") << "  " << shown(answer, "timestamp") << "\n";
  });
}

int run_create_metric(const command_context& context, const new_metric_request& asked) {
  json body{{"name", asked.name}, {"display_name", asked.display_name}, {"metric_type", asked.type}};
  add_text(body, "unit", asked.unit);
  add_text(body, "description", asked.description);
  return finish(context, http_client{context.connection}.post("/metrics/", body), "metric_id", [](const json& answer) {
    std::cout << shown(answer, "metric_id") << "  " << shown(answer, "name") << "  " << shown(answer, "metric_type") << "\n";
  });
}

int run_record(const command_context& context, const new_value_request& asked) {
  if (!std::isfinite(asked.value))
    return complain_of_use({error_code::validation_failed, "value: must be a finite number", {}});
  json body{{"metric_id", asked.metric}, {"value", asked.value}};
  add_text(body, "timestamp", asked.time);
  for (const auto& each : asked.dimensions) {
    const auto equals = each.find('=');
    if (equals == each.npos || equals == 0)
      return complain_of_use({error_code::validation_failed, "--dimension " + each + ": must be name=value", {}});
    body["dimensions"][each.substr(0, equals)] = each.substr(equals + 1);
  }
  return finish(context, http_client{context.connection}.post("/metrics/values", body), "value_id", [](const json& answer) {
    std::cout << shown(answer, "status") << "  " << shown(answer, "value") << "  " << shown(answer, "value_id") << "  " << shown(answer, "timestamp") << "\n";
  });
}

int run_list_metrics(const command_context& context) {
  return finish(context, whole_list(context, "/metrics/", "metrics"), "metrics", [](const json& answer) {
    text_table table{{"name", "type", "unit", "id", "shown as"}};
    for (const auto& each : list_member(answer, "metrics"))
      table.add({shown(each, "name"), shown(each, "metric_type"), shown(each, "unit"), shown(each, "metric_id"), shown(each, "display_name")});
    std::cout << table.text(stdout_is_terminal()) << counted(answer, "count") << " of " << counted(answer, "total") << " metrics\n";
  });
}

int run_query(const command_context& context, const find_request& asked) {
  json body{{"limit", asked.limit}, {"start_time", format_timestamp({now().milliseconds - std::int64_t{asked.hours} * 3'600'000})}};
  add_text(body, "event_name", asked.name);
  add_text(body, "event_type", asked.type);
  add_text(body, "user_id", asked.user);
  return finish(context, http_client{context.connection}.post("/events/query", body), "events", [](const json& answer) {
    text_table table{{"time", "type", "name", "user", "properties"}};
    for (const auto& each : list_member(answer, "events"))
      table.add({shown(each, "timestamp"), shown(each, "event_type"), shown(each, "event_name"), shown(each, "user_id"), shown(each, "properties")});
    std::cout << table.text(stdout_is_terminal()) << counted(answer, "count") << " of " << counted(answer, "total") << " events\n";
  });
}

int run_stats(const command_context& context) {
  return finish(context, http_client{context.connection}.get("/events/stats"), "event_count", [](const json& answer) {
    std::cout << "events  " << counted(answer, "event_count") << "\nusers   " << counted(answer, "user_count") << "\nfirst   " << shown(answer, "first_event")
              << "\nlast    " << shown(answer, "last_event") << "\n";
    if (const auto storage = answer.find("storage"); storage != answer.end() && storage->is_object())
      std::cout << "stored  " << counted(*storage, "stored_rows") << " in " << counted(*storage, "segment_count") << " segments, " << counted(*storage, "stored_bytes") << " bytes\njournal "
                << counted(*storage, "journal_rows") << "\n";
    std::cout << "\n";
    text_table table{{"type", "name", "events"}};
    for (const auto& each : list_member(answer, "kinds"))
      table.add({shown(each, "event_type"), shown(each, "event_name"), counted(each, "count")});
    std::cout << table.text(stdout_is_terminal());
  });
}

int run_health(const command_context& context, bool in_detail) {
  http_client client{context.connection};
  const auto ready = client.get("/health/ready");
  if (!ready)
    return complain_of(ready.error());
  const auto answer = in_detail ? client.get("/health/detailed") : client.get("/health/");
  const bool is_ready = ready->status == 200;
  const auto code = finish(context, answer, "status", [&](const json& body) {
    const bool with_colour = stdout_is_terminal();
    std::cout << painted(is_ready ? "ready" : "not ready", is_ready ? colour::green : colour::red, with_colour) << "  " << shown(body, "service") << " "
              << shown(body, "version") << "  " << shown(body, "timestamp") << "\n";
    if (!is_ready)
      std::cout << explain(*ready) << "\n";
    if (!in_detail)
      return;
    text_table table{{"component", "status", "details"}};
    for (const auto& [name, state] : member(body, "components").items()) {
      auto rest = state;
      if (rest.is_object())
        rest.erase("status");
      table.add({printable(name), shown(state, "status"), shown(rest)});
    }
    std::cout << table.text(with_colour);
  });
  return code != 0 ? code : is_ready ? 0 : failed;
}

int run_init_tenant(const command_context& context, const new_tenant_request& asked) {
  http_client client{context.connection};
  const auto made = client.post("/admin/tenants", {{"tenant_id", context.connection.tenant}, {"timezone", asked.timezone}});
  if (made && made->status == 409 && !asked.without_key)
    return complain_of({error_code::already_exists, "the tenant " + context.connection.tenant + " exists already; POST /admin/api-keys gives it further keys", {}});
  if (!made || made->status >= 400 || asked.without_key)
    return finish(context, made, "tenant_id", [](const json& answer) { std::cout << "created  " << shown(answer, "tenant_id") << "\n"; });
  const auto key = client.post("/admin/api-keys", {{"label", asked.key_label}, {"scopes", {"admin"}}});
  return finish(context, key, "api_key", [&](const json& answer) {
    std::cout << "created  " << context.connection.tenant << "\nAPI key  " << painted(shown(answer, "api_key"), colour::bold, stdout_is_terminal())
              << "\n         shown this once; it may do everything for this tenant\n";
  });
}

} // namespace dotmac
