#include "cli/commands.hpp"

#include "cli/output.hpp"

#include <chrono>
#include <functional>
#include <iostream>

namespace dotmac {
namespace {

constexpr int failed = 1;

/// Null where there is none.
json member(const json& of, const char* name) {
  const auto found = of.find(name);
  return found == of.end() ? json{} : *found;
}

std::string shown(const json& value) { return value.is_null() ? "-" : value.is_string() ? value.get<std::string>() : value.dump(); }

/// Prints the answer, as it came or by `show`; 1 where it is an error.
int finish(const command_context& context, const result<http_answer>& answer, const std::function<void(const json&)>& show) {
  if (!answer)
    return complain_of(answer.error());
  if (answer->status >= 400) {
    if (context.as_json)
      std::cout << answer->text << "\n";
    return complain_of({error_code::malformed_request, explain(*answer), {}});
  }
  if (!answer->body.is_object())
    return complain_of({error_code::malformed_request, context.connection.url + " does not answer like a node of DotMac Analytics", {}});
  if (context.as_json)
    std::cout << answer->text << "\n";
  else
    show(answer->body);
  return 0;
}

timestamp now() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

void add_text(json& body, const char* field, const std::string& text) {
  if (!text.empty())
    body[field] = text;
}

} // namespace

int complain_of(const failure& why) {
  std::cerr << painted("error", colour::red, stderr_is_terminal()) << ": " << why.message << "\n";
  return failed;
}

int run_track(const command_context& context, const track_request& asked) {
  json body{{"event_type", asked.type}, {"event_name", asked.name}};
  add_text(body, "user_id", asked.user);
  add_text(body, "session_id", asked.session);
  add_text(body, "customer_id", asked.customer);
  add_text(body, "timestamp", asked.time);
  add_text(body, "event_id", asked.id);
  if (!asked.properties.empty()) {
    body["properties"] = json::parse(asked.properties, nullptr, false);
    if (!body["properties"].is_object())
      return complain_of({error_code::validation_failed, "--properties must be a JSON object, such as {\"plan\":\"fiber\"}", {}});
  }
  return finish(context, http_client{context.connection}.post("/events/track", body), [](const json& answer) {
    std::cout << answer.value("status", "") << "  " << answer.value("event_id", "") << "  " << answer.value("timestamp", "") << "\n";
  });
}

int run_create_metric(const command_context& context, const new_metric_request& asked) {
  json body{{"name", asked.name}, {"display_name", asked.display_name}, {"metric_type", asked.type}};
  add_text(body, "unit", asked.unit);
  add_text(body, "description", asked.description);
  return finish(context, http_client{context.connection}.post("/metrics/", body), [](const json& answer) {
    std::cout << answer.value("metric_id", "") << "  " << answer.value("name", "") << "  " << answer.value("metric_type", "") << "\n";
  });
}

int run_record(const command_context& context, const new_value_request& asked) {
  json body{{"metric_id", asked.metric}, {"value", asked.value}};
  add_text(body, "timestamp", asked.time);
  for (const auto& each : asked.dimensions) {
    const auto equals = each.find('=');
    if (equals == each.npos || equals == 0)
      return complain_of({error_code::validation_failed, "--dimension " + each + ": must be name=value", {}});
    body["dimensions"][each.substr(0, equals)] = each.substr(equals + 1);
  }
  return finish(context, http_client{context.connection}.post("/metrics/values", body), [](const json& answer) {
    std::cout << answer.value("status", "") << "  " << shown(member(answer, "value")) << "  " << answer.value("value_id", "") << "  " << answer.value("timestamp", "") << "\n";
  });
}

int run_list_metrics(const command_context& context) {
  return finish(context, http_client{context.connection}.get("/metrics/?limit=1000"), [](const json& answer) {
    text_table table{{"name", "type", "unit", "id", "shown as"}};
    for (const auto& each : member(answer, "metrics"))
      table.add({shown(member(each, "name")), shown(member(each, "metric_type")), each.value("unit", "").empty() ? "-" : shown(member(each, "unit")), shown(member(each, "metric_id")), shown(member(each, "display_name"))});
    std::cout << table.text(stdout_is_terminal()) << member(answer, "count") << " of " << member(answer, "total") << " metrics\n";
  });
}

int run_query(const command_context& context, const find_request& asked) {
  json body{{"limit", asked.limit}, {"start_time", format_timestamp({now().milliseconds - std::int64_t{asked.hours} * 3'600'000})}};
  add_text(body, "event_name", asked.name);
  add_text(body, "event_type", asked.type);
  add_text(body, "user_id", asked.user);
  return finish(context, http_client{context.connection}.post("/events/query", body), [](const json& answer) {
    text_table table{{"time", "type", "name", "user", "properties"}};
    for (const auto& each : member(answer, "events"))
      table.add({shown(member(each, "timestamp")), shown(member(each, "event_type")), shown(member(each, "event_name")), shown(member(each, "user_id")), member(each, "properties").dump()});
    std::cout << table.text(stdout_is_terminal()) << member(answer, "count") << " of " << member(answer, "total") << " events\n";
  });
}

int run_stats(const command_context& context) {
  return finish(context, http_client{context.connection}.get("/events/stats"), [](const json& answer) {
    std::cout << "events  " << with_separators(answer.value("event_count", std::uint64_t{0})) << "\nusers   "
              << with_separators(answer.value("user_count", std::uint64_t{0})) << "\nfirst   " << shown(answer.value("first_event", json{})) << "\nlast    "
              << shown(answer.value("last_event", json{})) << "\n\n";
    text_table table{{"type", "name", "events"}};
    for (const auto& each : answer.value("kinds", json::array()))
      table.add({shown(member(each, "event_type")), shown(member(each, "event_name")), with_separators(each.value("count", std::uint64_t{0}))});
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
  const auto code = finish(context, answer, [&](const json& body) {
    const bool with_colour = stdout_is_terminal();
    std::cout << painted(is_ready ? "ready" : "not ready", is_ready ? colour::green : colour::red, with_colour) << "  " << body.value("service", "") << " "
              << body.value("version", "") << "  " << body.value("timestamp", "") << "\n";
    if (!is_ready)
      std::cout << explain(*ready) << "\n";
    if (!in_detail)
      return;
    text_table table{{"component", "status", "details"}};
    const auto components = body.value("components", json::object());
    for (const auto& [name, state] : components.items()) {
      auto rest = state;
      rest.erase("status");
      table.add({name, state.value("status", "-"), rest.dump()});
    }
    std::cout << table.text(with_colour);
  });
  return code != 0 ? code : is_ready ? 0 : failed;
}

int run_init_tenant(const command_context& context, const new_tenant_request& asked) {
  http_client client{context.connection};
  const auto made = client.post("/admin/tenants", {{"tenant_id", context.connection.tenant}, {"timezone", asked.timezone}});
  if (made && made->status == 409 && !asked.without_key)
    return complain_of({error_code::already_exists, "the tenant " + context.connection.tenant + " exists already", {}});
  if (!made || made->status >= 400 || asked.without_key)
    return finish(context, made, [](const json& answer) { std::cout << "created  " << answer.value("tenant_id", "") << "\n"; });
  const auto key = client.post("/admin/api-keys", {{"label", asked.key_label}, {"scopes", {"admin"}}});
  return finish(context, key, [&](const json& answer) {
    std::cout << "created  " << context.connection.tenant << "\nAPI key  " << painted(answer.value("api_key", ""), colour::bold, stdout_is_terminal())
              << "\n         shown this once; it may do everything for this tenant\n";
  });
}

} // namespace dotmac
