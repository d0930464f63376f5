#include "tests/api/gateway_fixture.hpp"

namespace dotmac {
namespace {

void expect_error(const test_response& response, int status, const std::string& code) {
  EXPECT_EQ(response.status, status) << response.body;
  const auto body = response.document();
  EXPECT_EQ(body.value("code", ""), code) << response.body;
  EXPECT_TRUE(body.contains("detail")) << response.body;
  EXPECT_EQ(body.value("request_id", ""), response.header("X-Request-ID"));
}

TEST_F(gateway_test, tracks_an_event_and_tells_its_id) {
  start();
  const auto response = call("POST", "/events/track", one_event, "X-Request-ID: mine-1\r\n");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.document()["status"], "tracked");
  EXPECT_EQ(response.document()["event_id"], "id-0");
  EXPECT_EQ(response.header("X-Request-ID"), "mine-1");
}

TEST_F(gateway_test, answers_every_path_under_api_v1_and_with_or_without_a_slash) {
  start();
  for (const auto* path : {"/events/stats", "/events/stats/", "/api/v1/events/stats", "/api/v1/events/stats/", "/metrics/", "/api/v1/metrics/m1", "/health", "/health/"})
    EXPECT_EQ(call("GET", path).status, 200) << path;
  EXPECT_EQ(call("GET", "/metrics").body, "dotmac_up 1\n");
  EXPECT_TRUE(call("GET", "/metrics/").document().contains("metrics"));
}

TEST_F(gateway_test, takes_the_sound_events_of_a_batch_and_tells_of_the_others) {
  start();
  const auto body = call("POST", "/events/track/batch", R"([{"event_type":"a","event_name":"b"},{"event_type":"a"},{"event_type":"a","event_name":"b","x":1}])").document();
  EXPECT_EQ(body["status"], "partial_success");
  EXPECT_EQ(body["success_count"], 1);
  EXPECT_EQ(body["error_count"], 2);
  EXPECT_EQ(body["errors"][0]["index"], 1);
  EXPECT_EQ(body["errors"][1]["index"], 2);
}

TEST_F(gateway_test, reads_lines_where_the_content_type_says_so) {
  start();
  const auto body = call("POST", "/events/track/batch", "{\"event_type\":\"a\",\"event_name\":\"b\"}\n\nnonsense\n", "Content-Type: application/x-ndjson\r\n").document();
  EXPECT_EQ(body["success_count"], 1);
  EXPECT_EQ(body["errors"][0]["index"], 2) << "the line's number, from zero";
}

TEST_F(gateway_test, refuses_bad_events_and_goes_on) {
  start();
  const auto event = [](const std::string& more) { return R"({"event_type":"a","event_name":"b",)" + more + "}"; };
  const std::vector<std::pair<std::string, int>> cases{
      {"", 400}, {"{", 400}, {"nul", 422}, {"[]", 422}, {"\"\xff\xfe\"", 400}, {event("\"user_id\":\"\xc3\x28\""), 400}, {event(R"("user_id":7)"), 422},
      {event(R"("colour":"red")"), 422}, {event(R"("properties":[1])"), 422}, {event(R"("properties":{"x":1e999})"), 422}, {event(R"("properties":{"x":NaN})"), 400},
      {event(R"("timestamp":"0000-01-01T00:00:00Z")"), 422}, {event(R"("timestamp":"10000-01-01T00:00:00Z")"), 422}, {event(R"("timestamp":5)"), 422},
      {event(R"("event_id":")" + std::string(300, 'x') + "\""), 422}, {R"({"event_type":"a"})", 422}};
  for (const auto& [body, status] : cases) {
    const auto response = call("POST", "/events/track", body);
    EXPECT_EQ(response.status, status) << body << "\n" << response.body;
    EXPECT_TRUE(response.document().contains("detail"));
  }
  EXPECT_EQ(call("POST", "/events/track", event(R"("timestamp":"9999-12-31T23:59:59Z")")).status, 200);
  EXPECT_EQ(call("POST", "/events/track", event(R"("properties":{"x":123456789012345678901234567890})")).status, 200);
}

TEST_F(gateway_test, refuses_ten_thousand_levels_of_nesting) {
  start();
  const auto deep = std::string(10'000, '[') + std::string(10'000, ']');
  const auto as_property = R"({"event_type":"a","event_name":"b","properties":{"x":)" + deep + "}}";
  const auto refused = call("POST", "/events/track", as_property).status;
  EXPECT_TRUE(refused == 400 || refused == 422) << refused;
  expect_error(call("POST", "/events/query", R"({"filters":)" + deep + "}"), 400, "malformed_request");
  EXPECT_EQ(call("GET", "/health/").status, 200);
}

TEST_F(gateway_test, refuses_empty_batches_and_those_over_the_limit) {
  start();
  expect_error(call("POST", "/events/track/batch", R"({"events":[]})"), 422, "validation_failed");
  std::string many = "[";
  for (std::size_t i = 0; i <= batch_events_max; ++i)
    many.append(i == 0 ? "" : ",").append(one_event);
  const auto response = call("POST", "/events/track/batch", many + "]");
  expect_error(response, 413, "payload_too_large");
  EXPECT_NE(response.body.find("10000"), std::string::npos);
  EXPECT_TRUE(asked_for<append_events>().empty()) << "nothing of it is kept";
}

TEST_F(gateway_test, complains_about_every_fault_of_a_body) {
  start();
  const auto body = call("POST", "/events/aggregate", R"({"granularity":"eon","start_time":"x","colour":1})").document();
  ASSERT_TRUE(body["detail"].is_array());
  EXPECT_EQ(body["detail"].size(), 4u) << body;
  for (const auto& each : body["detail"])
    EXPECT_TRUE(each.contains("type") && each.contains("loc") && each.contains("msg") && each.contains("input"));
}

TEST_F(gateway_test, names_the_methods_of_a_path_and_knows_no_others) {
  start();
  const auto wrong = call("PUT", "/events/track");
  expect_error(wrong, 405, "method_not_allowed");
  EXPECT_EQ(wrong.header("Allow"), "POST, OPTIONS");
  EXPECT_EQ(call("PUT", "/events/stats").header("Allow"), "GET, HEAD, OPTIONS");
  expect_error(call("GET", "/nowhere"), 404, "not_found");
}

TEST_F(gateway_test, reads_filters_steps_and_windows_into_questions) {
  start();
  const auto response = call("POST", "/events/funnel", R"({"funnel_steps":["a",{"event_name":"b","filters":{"plan":{"gte":3}}},"a"],
    "start_time":"2026-01-01T00:00:00Z","end_time":"2026-02-01T00:00:00Z","conversion_window":"24h"})");
  ASSERT_EQ(response.status, 200) << response.body;
  const auto asked = asked_for<count_funnel>();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].window_milliseconds, 86'400'000);
  EXPECT_EQ(asked[0].steps[1].filters.operation, filter_operator::greater_equal);
  EXPECT_EQ(response.document()["funnel_steps"], (json{"a", "b", "a (2)"}));
}

TEST_F(gateway_test, asks_for_a_page_after_its_cursor_and_refuses_a_made_up_one) {
  start();
  EXPECT_EQ(call("POST", "/events/query", R"({"cursor":"e1767225600000.7"})").status, 200);
  const auto asked = asked_for<find_events>();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].before->row, 7u);
  for (const auto* cursor : {"x", "e1", "e1.", "e.1", "e1.2x", "e999999999999999999.1"})
    expect_error(call("POST", "/events/query", json{{"cursor", cursor}}.dump()), 422, "validation_failed");
}

TEST_F(gateway_test, records_values_of_many_metrics_and_tells_of_the_unknown_one) {
  start();
  const auto body = call("POST", "/metrics/values", R"({"values":[{"metric_id":"a","value":1},{"metric_id":"unknown","value":2},{"metric_id":"b","value":"x"}]})").document();
  EXPECT_EQ(body["success_count"], 1) << body;
  EXPECT_EQ(body["error_count"], 2) << body;
  expect_error(call("POST", "/metrics/values", R"({"metric_id":"unknown","value":1})"), 404, "not_found");
}

TEST_F(gateway_test, answers_a_failed_append_to_everyone_who_waits_with_retry_after) {
  start();
  next_failure = failure{error_code::storage_unavailable, "the store is away", {}};
  context.exists = false;
  const auto response = call("POST", "/events/track", one_event);
  expect_error(response, 503, "storage_unavailable");
  EXPECT_EQ(response.header("Retry-After"), "1");
}

TEST_F(gateway_test, lets_only_valid_credentials_act_and_only_within_their_scope_and_tenant) {
  const auto key = make_api_key("acme", "k", {access_scope::ingest}, test_now);
  context.api_keys = {key.record};
  gateway_options options;
  options.secret_key = "0123456789abcdef0123456789abcdef";
  options.is_production = true;
  start(options);
  expect_error(call("POST", "/events/track", one_event), 401, "unauthorized");
  EXPECT_EQ(call("POST", "/events/track", one_event, "X-API-Key: " + key.text + "\r\n").status, 200);
  expect_error(call("POST", "/events/track", one_event, "X-API-Key: " + key.text + "0\r\n"), 401, "unauthorized");
  expect_error(call("GET", "/events/stats", {}, "X-API-Key: " + key.text + "\r\n"), 403, "forbidden");
  expect_error(call("POST", "/events/track", one_event, "X-API-Key: " + key.text + "\r\nX-Tenant-ID: other\r\n"), 403, "forbidden");
  const auto token = make_token({"acme", "me", {access_scope::read}}, options.secret_key, {test_now.milliseconds + 60'000});
  EXPECT_EQ(call("GET", "/events/stats", {}, "Authorization: Bearer " + token + "\r\n").status, 200);
  const auto expired = make_token({"acme", "me", {access_scope::read}}, options.secret_key, test_now);
  expect_error(call("GET", "/events/stats", {}, "Authorization: Bearer " + expired + "\r\n"), 401, "unauthorized");
  expect_error(call("GET", "/events/stats", {}, "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9.\r\n"), 401, "unauthorized");
}

TEST_F(gateway_test, shows_a_tenants_admin_no_actors_of_others) {
  const auto key = make_api_key("acme", "k", {access_scope::admin}, test_now);
  context.api_keys = {key.record};
  start();
  EXPECT_EQ(call("GET", "/admin/actors?tenant=other", {}, "X-API-Key: " + key.text + "\r\n").document()["actors"][0]["tenant"], "acme");
  expect_error(call("POST", "/admin/tenants", R"({"tenant_id":"other"})", "X-API-Key: " + key.text + "\r\n"), 403, "forbidden");
}

TEST_F(gateway_test, says_why_it_is_not_ready) {
  start();
  EXPECT_EQ(call("GET", "/health/ready").status, 200);
  is_ready = false;
  expect_error(call("GET", "/health/ready"), 503, "not_ready");
  EXPECT_EQ(call("GET", "/health/detailed").document()["reason"], "the store is away");
}

TEST_F(gateway_test, lists_known_origins_alone) {
  gateway_options options;
  options.cors_origins = {"https://noc.example"};
  start(options);
  EXPECT_EQ(call("OPTIONS", "/events/track", {}, "Origin: https://noc.example\r\n").header("Access-Control-Allow-Origin"), "https://noc.example");
  EXPECT_EQ(call("OPTIONS", "/events/track", {}, "Origin: https://bad.example\r\n").header("Access-Control-Allow-Origin"), "");
}

TEST_F(gateway_test, documents_every_route_it_answers) {
  start();
  const auto document = call("GET", "/openapi.json").document();
  EXPECT_EQ(document["openapi"], "3.1.0");
  for (const auto* path : {"/events/track", "/events/funnel", "/metrics/{metric_id}", "/admin/api-keys"})
    EXPECT_TRUE(document["paths"].contains(path)) << path;
  const auto page = call("GET", "/docs");
  EXPECT_NE(page.header("Content-Security-Policy").find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(page.body.find("src="), std::string::npos) << "nothing is loaded from elsewhere";
}

TEST_F(gateway_test, shares_messages_between_events_that_come_while_others_are_under_way) {
  start();
  ASSERT_EQ(call("POST", "/events/track", one_event).status, 200);
  tenants.hold(true);
  constexpr int clients = 12;
  std::vector<std::unique_ptr<http_test_client>> all;
  for (int i = 0; i < clients; ++i) {
    all.push_back(std::make_unique<http_test_client>(port));
    ASSERT_TRUE(all.back()->send("POST /events/track HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(one_event.size()) + "\r\n\r\n" + std::string{one_event}));
  }
  // An answered request proves that the I/O thread has read what was sent before it.
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(call("GET", "/health/live").status, 200);
  tenants.hold(false);
  for (auto& each : all) {
    const auto response = each->receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
  }
  EXPECT_LT(asked_for<append_events>().size(), 1u + clients);
}

TEST_F(gateway_test, refuses_or_flags_events_that_break_their_schema) {
  context.schemas = {{"s1", "click", "buy", R"({"required":["price"],"optional":["note"]})", "1.0", schema_mode::reject, test_now},
                     {"s2", "view", "page", R"({"type":"object","properties":{"n":{"type":"integer"}}})", "1.0", schema_mode::flag, test_now}};
  start();
  EXPECT_EQ(call("POST", "/events/track", R"({"event_type":"click","event_name":"buy","properties":{"price":3,"note":"x"}})").status, 200);
  expect_error(call("POST", "/events/track", one_event), 422, "validation_failed");
  expect_error(call("POST", "/events/track", R"({"properties":{"price":3,"other":1},"event_type":"click","event_name":"buy"})"), 422, "validation_failed");
  EXPECT_EQ(call("POST", "/events/track", R"({"event_type":"view","event_name":"page","properties":{"n":"many"}})").status, 200);
  const auto block = asked_for<append_events>().back().block;
  const std::string_view text{reinterpret_cast<const char*>(block.data()), block.size()};
  EXPECT_NE(text.find("schema_violations"), text.npos);
  expect_error(call("POST", "/events/schema", R"({"event_type":"a","event_name":"b","schema_definition":{"$ref":"http://elsewhere/x"}})"), 422, "validation_failed");
}

} // namespace
} // namespace dotmac
