#include "tests/api/gateway_fixture.hpp"

namespace dotmac {
namespace {

std::string event_with(const std::string& more) { return R"({"event_type":"a","event_name":"b",)" + more + "}"; }

/// The places and types of the complaints of a 422.
std::vector<std::pair<json, std::string>> complaints_of(const test_response& response) {
  EXPECT_EQ(response.status, 422) << response.body;
  std::vector<std::pair<json, std::string>> found;
  const auto body = response.document();
  for (const auto& each : body.value("detail", json::array()))
    found.emplace_back(each["loc"], each["type"]);
  return found;
}

TEST_F(gateway_test, tells_the_path_and_the_input_of_what_is_wrong_with_an_event) {
  start();
  const std::vector<std::tuple<std::string, json, json>> cases{
      {"[]", {"body"}, json::array()},
      {event_with(R"("user_id":7)"), {"body", "user_id"}, 7},
      {event_with(R"("user_id" : {"a": [1, "}"]} , "source":"s")"), {"body", "user_id"}, {{"a", {1, "}"}}}},
      {event_with(R"("properties":{"a.b":1e999})"), {"body", "properties", "a.b"}, "1e999"},
      {event_with(R"("context":{"x":1,"y":01})"), {"body", "context", "y"}, "01"},
      {event_with(R"("properties":{"x":{"k":1,"k":2}})"), {"body", "properties", "x"}, R"({"k":2})"_json},
      {event_with(R"("timestamp":"yesterday")"), {"body", "timestamp"}, "yesterday"},
      {event_with(R"("colour":true)"), {"body", "colour"}, true},
      {R"({"event_type":"a"})", {"body", "event_name"}, nullptr}};
  for (const auto& [body, loc, input] : cases) {
    const auto response = call("POST", "/events/track", body);
    ASSERT_EQ(response.status, 422) << body << response.body;
    const auto told = response.document()["detail"][0];
    EXPECT_EQ(told["loc"], loc) << body;
    EXPECT_EQ(told["input"], input) << body;
  }
  const auto long_text = call("POST", "/events/track", event_with(R"("event_id":")" + std::string(100'000, 'x') + "\"")).document()["detail"][0]["input"].get<std::string>();
  EXPECT_LE(long_text.size(), complaint_input_bytes_max + 3);
}

TEST_F(gateway_test, refuses_what_follows_the_event_of_a_request) {
  start();
  for (const std::string more : {"x", "}", R"({"event_type":"c","event_name":"d"})", ",1", "]"}) {
    const auto response = call("POST", "/events/track", std::string{one_event} + " " + more);
    EXPECT_EQ(response.status, 400) << more << response.body;
  }
  EXPECT_EQ(call("POST", "/events/track", std::string{one_event} + " \r\n").status, 200);
  EXPECT_EQ(asked_for<append_events>().size(), 1u) << "nothing of the others is kept";
}

TEST_F(gateway_test, answers_the_time_of_the_event_and_not_that_of_its_receipt) {
  start();
  const auto told = [&](const std::string& body) { return call("POST", "/events/track", body).document()["timestamp"]; };
  EXPECT_EQ(told(event_with(R"("timestamp":"2020-02-29T23:30:00.123456-01:00")")), "2020-03-01T00:30:00.123456Z");
  EXPECT_EQ(told(std::string{one_event}), "2026-01-01T00:00:00Z");
}

TEST_F(gateway_test, names_a_key_that_a_body_has_twice) {
  start();
  for (const auto* path : {"/events/query", "/metrics/values", "/events/schema", "/metrics/aggregate"}) {
    const auto response = call("POST", path, R"({"x":[{"limit":1,"l\u0069mit":2}]})");
    EXPECT_EQ(response.status, 400) << response.body;
    EXPECT_NE(response.body.find(R"(the key \"limit\" is given twice)"), std::string::npos) << response.body;
  }
  EXPECT_EQ(call("POST", "/events/query", "\xEF\xBB\xBF{}").status, 200) << "a byte order mark is no fault";
}

TEST_F(gateway_test, complains_of_what_a_condition_has_too_much_or_lacks) {
  start();
  using places = std::vector<std::pair<json, std::string>>;
  const auto asked = [&](const std::string& filters) { return complaints_of(call("POST", "/events/query", R"({"filters":)" + filters + "}")); };
  EXPECT_EQ(asked(R"([{"field":"a","op":"ne","value":"b"}])"), (places{{{"body", "filters", 0, "op"}, "extra_forbidden"}}));
  EXPECT_EQ(asked(R"([{"field":"a","operator":"ne"}])"), (places{{{"body", "filters", 0, "value"}, "missing"}}));
  EXPECT_EQ(asked(R"([{"operator":"ne","value":1}])"), (places{{{"body", "filters", 0, "field"}, "missing"}}));
  EXPECT_EQ(asked(R"([{"field":"a","operator":"like","value":1}])"), (places{{{"body", "filters", 0, "operator"}, "filter_operator"}}));
  EXPECT_EQ(asked(R"([{"field":1,"value":1}])"), (places{{{"body", "filters", 0, "field"}, "string_type"}}));
  EXPECT_EQ(asked(R"({"a":{}})"), (places{{{"body", "filters", "a"}, "missing"}}));
  EXPECT_EQ(asked(R"({"not":{"and":[{"a":{}}]}})"), (places{{{"body", "filters", "not", "and", 0, "a"}, "missing"}}));
  EXPECT_EQ(asked(R"({"a":{"is_null":"yes"}})"), (places{{{"body", "filters", "a", "is_null"}, "bool_type"}}));
  EXPECT_TRUE(asked_for<find_events>().empty());
  ASSERT_EQ(call("POST", "/events/query", R"({"filters":[{"field":"a","operator":"is_null"},{"field":"b","value":null},{"field":"c","value":[1],"operator":"nin"}]})").status, 200);
  const auto filter = asked_for<find_events>().at(0).selection.filters;
  ASSERT_EQ(filter.children.size(), 3u);
  EXPECT_EQ(filter.children[0].operation, filter_operator::is_null);
  EXPECT_EQ(filter.children[1].operation, filter_operator::equals);
  EXPECT_EQ(filter.children[2].operation, filter_operator::not_in);
}

TEST_F(gateway_test, counts_characters_where_types_and_names_are_asked_for) {
  start();
  std::string name;
  for (int i = 0; i < 50; ++i)
    name += "\xC3\xA9";
  const auto schema = [](const std::string& type) { return R"({"event_type":")" + type + R"(","event_name":"b","schema_definition":{"type":"object"}})"; };
  EXPECT_EQ(call("POST", "/events/schema", schema(name)).status, 200);
  EXPECT_EQ(call("POST", "/events/schema", schema(name + "x")).status, 422);
  const auto funnel = [](const std::string& type) {
    return R"({"funnel_steps":["a",{"event_type":")" + type + R"("}],"start_time":"2026-01-01T00:00:00Z","end_time":"2026-02-01T00:00:00Z"})";
  };
  EXPECT_EQ(call("POST", "/events/funnel", funnel(name)).status, 200);
  EXPECT_EQ(call("POST", "/events/funnel", funnel(name + "x")).status, 422);
}

} // namespace
} // namespace dotmac
