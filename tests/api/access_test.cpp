// Who may ask, from where, and what becomes of a call when our own code throws.

#include "tests/api/gateway_fixture.hpp"

#include "api/gateway_call.hpp"
#include "api/unknown_tenants.hpp"

namespace dotmac {
namespace {

constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";

gateway_options with_secret() {
  gateway_options options;
  options.secret_key = secret;
  return options;
}

std::string readers_token() { return make_token({"acme", "ann", {access_scope::read}}, secret, {test_now.milliseconds + 60'000}); }

std::string get_stats(std::string_view headers) { return "GET /events/stats HTTP/1.1\r\n" + std::string{headers} + "\r\n"; }

int status_of(std::uint16_t port, const std::string& text) {
  http_test_client client{port};
  EXPECT_TRUE(client.send(text));
  return client.receive().value_or(test_response{}).status;
}

TEST_F(gateway_test, knows_the_bearer_scheme_in_any_case_and_tells_what_it_wants) {
  start(with_secret());
  for (const auto* scheme : {"Bearer ", "bearer ", "BEARER  "})
    EXPECT_EQ(call("GET", "/events/stats", {}, "Authorization: " + std::string{scheme} + readers_token() + "\r\n").status, 200) << scheme;
  const auto refused = call("GET", "/events/stats", {}, "Authorization: Basic abc\r\n");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("WWW-Authenticate"), "Bearer realm=\"dotmac-analytics\"");
}

// Made with Python's hmac over the secret above: RFC 7519 lets `exp` have a fraction, RFC 7515 wants an unknown `crit` refused.
TEST(credentials, take_an_expiry_with_a_fraction_and_refuse_extensions_they_do_not_know) {
  constexpr std::string_view with_fraction = "eyJhbGciOiAiSFMyNTYifQ.eyJleHAiOiAxNzY3MjI1NjYwLjUsICJ0ZW5hbnRfaWQiOiAiYWNtZSIsICJzY29wZXMiOiBbInJlYWQiXX0.ntfHvHGymJqQY960ZKqHuiDvZ9r7UvkyOrO0is5gZhA";
  constexpr std::string_view with_extension = "eyJhbGciOiAiSFMyNTYiLCAiY3JpdCI6IFsiYjY0Il0sICJiNjQiOiBmYWxzZX0.eyJleHAiOiAxNzY3MjI1NjYwLCAidGVuYW50X2lkIjogImFjbWUiLCAic2NvcGVzIjogWyJyZWFkIl19.jr5fA5xO-ngd3mDs3ksz7DK6m75t2GxxhCH6ZoM_FbY";
  const auto claims = verify_token(with_fraction, secret, test_now);
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_FALSE(verify_token(with_fraction, secret, {test_now.milliseconds + 60'500}));
  EXPECT_TRUE(verify_token(with_fraction, secret, {test_now.milliseconds + 60'499}));
  const auto refused = verify_token(with_extension, secret, test_now);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("crit"), std::string::npos);
}

TEST_F(gateway_test, lets_no_page_of_another_origin_act_where_no_credential_is_needed) {
  gateway_options options;
  options.cors_origins = {"http://noc.example"};
  start(options);
  ASSERT_EQ(status_of(port, get_stats("Host: localhost:8000\r\n")), 200);
  for (const auto* headers : {"Host: localhost:8000\r\nOrigin: http://localhost:8000\r\n", "Host: 127.0.0.1:8000\r\nOrigin: http://127.0.0.1:8000\r\n",
                              "Host: [::1]:8000\r\nOrigin: https://[::1]:8000\r\n", "Host: localhost:8000\r\nOrigin: http://noc.example\r\n"})
    EXPECT_EQ(status_of(port, get_stats(headers)), 200) << headers;
  for (const auto* headers : {"Host: localhost:8000\r\nOrigin: http://evil.example\r\n", "Host: localhost:8000\r\nOrigin: null\r\n",
                              "Host: localhost:8000\r\nOrigin: http://localhost:3000\r\n", "Host: evil.example:8000\r\nOrigin: http://evil.example:8000\r\n"})
    EXPECT_EQ(status_of(port, get_stats(headers)), 403) << headers;
  EXPECT_EQ(call("POST", "/events/track", one_event, "Origin: http://evil.example\r\nContent-Type: text/plain\r\n").status, 403);
  EXPECT_TRUE(asked_for<append_events>().empty());
}

TEST_F(gateway_test, asks_once_for_a_tenant_that_does_not_exist_and_for_few_at_a_time) {
  context.exists = false;
  start(with_secret());
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(call("GET", "/events/stats", {}, "X-API-Key: dma.ghost.1.2\r\n").status, 401);
  // Kept for a second: a slow machine may ask again, but not each time.
  EXPECT_LT(asked_for<get_tenant_context>().size(), 5u);
  EXPECT_TRUE(asked_for<get_tenant_context>().front().is_claim);
  tenants.hold(true);
  std::vector<std::unique_ptr<http_test_client>> clients;
  for (std::size_t i = 0; i <= unknown_tenants::looks_max; ++i) {
    clients.push_back(std::make_unique<http_test_client>(port));
    ASSERT_TRUE(clients.back()->send(get_stats("Host: test\r\nX-API-Key: dma.made-up-" + std::to_string(i) + ".1.2\r\n")));
  }
  const auto beyond = clients.back()->receive();
  ASSERT_TRUE(beyond);
  EXPECT_EQ(beyond->status, 429) << beyond->body;
  EXPECT_NE(beyond->body.find(std::to_string(unknown_tenants::looks_max)), std::string::npos);
  tenants.hold(false);
  clients.pop_back();
  for (auto& each : clients)
    EXPECT_EQ(each->receive().value_or(test_response{}).status, 401);
}

TEST_F(gateway_test, forgets_that_a_tenant_was_unknown_as_soon_as_it_is_made) {
  context.exists = false;
  const auto key = make_api_key("acme", "k", {access_scope::read}, test_now);
  start(with_secret());
  const auto admin = "Authorization: Bearer " + make_token({std::nullopt, "root", {access_scope::admin}}, secret, {test_now.milliseconds + 60'000}) + "\r\n";
  ASSERT_EQ(call("GET", "/events/stats", {}, "X-API-Key: " + key.text + "\r\n").status, 401);
  context = {true, "UTC", {key.record}, {}};
  ASSERT_EQ(call("POST", "/admin/tenants", R"({"tenant_id":"acme"})", admin).status, 200);
  EXPECT_EQ(call("GET", "/events/stats", {}, "X-API-Key: " + key.text + "\r\n").status, 200);
}

TEST_F(gateway_test, answers_500_where_our_own_code_throws_and_gives_back_what_the_call_held) {
  gateway_options options;
  options.admission.tenant_calls_max = 1;
  start(options);
  for (int i = 0; i < 3; ++i) {
    const auto response = call("GET", "/admin/actors?kind=throw", {}, "X-Request-ID: thrown-" + std::to_string(i) + "\r\n");
    ASSERT_EQ(response.status, 500) << response.body;
    EXPECT_EQ(response.document()["code"], "internal_error");
    EXPECT_EQ(response.document()["request_id"], "thrown-" + std::to_string(i));
    const std::lock_guard lock{log_mutex};
    ASSERT_EQ(failures.size(), static_cast<std::size_t>(i + 1));
    EXPECT_EQ(failures.back(), "thrown-" + std::to_string(i) + ": thrown by the test");
  }
  EXPECT_EQ(call("GET", "/admin/actors").status, 200);
}

TEST_F(gateway_test, answers_500_where_a_worker_for_large_bodies_throws) {
  throws_when_asked = true;
  start();
  std::string batch = "[";
  while (batch.size() < 40'000)
    batch.append(batch.size() > 1 ? "," : "").append(one_event);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(call("POST", "/events/track/batch", batch + "]").status, 500);
  EXPECT_EQ(call("POST", "/events/track", one_event).status, 500) << "on the connection's thread";
  throws_when_asked = false;
  EXPECT_EQ(call("POST", "/events/track/batch", batch + "]").status, 200);
}

TEST_F(gateway_test, answers_the_open_routes_alone_until_it_is_open) {
  start();
  is_open = false;
  for (const auto* path : {"/health/live", "/metrics", "/openapi.json"})
    EXPECT_EQ(call("GET", path).status, 200) << path;
  const auto refused = call("POST", "/events/track", one_event);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.document()["code"], "not_ready");
  EXPECT_EQ(refused.header("Retry-After"), "1");
  is_open = true;
  EXPECT_EQ(call("POST", "/events/track", one_event).status, 200);
}

TEST_F(gateway_test, ends_connections_with_their_answers_while_it_is_asked_to_leave) {
  start();
  http_test_client client{port};
  ASSERT_EQ(client.call("GET", "/health/live").value_or(test_response{}).header("Connection"), "keep-alive");
  subject->ask_to_leave();
  EXPECT_EQ(client.call("POST", "/events/track", one_event).value_or(test_response{}).header("Connection"), "close");
  EXPECT_EQ(call("POST", "/events/track", one_event).status, 200) << "new connections are taken";
}

TEST_F(gateway_test, tells_what_works_on_a_path) {
  start();
  for (const auto& [path, allowed] : {std::pair{"/events/track", "POST, OPTIONS"}, std::pair{"/events/stats", "GET, HEAD, OPTIONS"}}) {
    const auto response = call("OPTIONS", path);
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.header("Allow"), allowed);
    EXPECT_EQ(response.header("Content-Length"), "");
    EXPECT_EQ(response.header("Content-Type"), "");
  }
  EXPECT_EQ(call("OPTIONS", "/nowhere").status, 404);
  EXPECT_EQ(call("HEAD", "/metrics").header("Content-Length"), std::to_string(std::string_view{"dotmac_up 1\n"}.size())) << "the page of GET /metrics";
}

TEST_F(gateway_test, tells_pages_of_known_origins_also_why_a_request_was_no_request) {
  gateway_options options;
  options.cors_origins = {"https://noc.example"};
  start(options);
  const std::string origin = "Origin: https://noc.example\r\n";
  for (const auto& text : {"POST /events/track HTTP/1.1\r\nHost: test\r\n" + origin + "Content-Length: 104857600\r\n\r\n",
                           "POST /events/track HTTP/1.1\r\nHost: test\r\n" + origin + "Transfer-Encoding: gzip\r\n\r\n",
                           "POST /events/track HTTP/1.1\r\nHost: test\r\n" + origin + "Content-Length: 2\r\n\r\n{{"}) {
    http_test_client client{port};
    ASSERT_TRUE(client.send(text));
    const auto response = client.receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->header("Access-Control-Allow-Origin"), "https://noc.example") << text;
    EXPECT_NE(response->header("Access-Control-Expose-Headers").find("X-Request-ID"), std::string::npos);
    EXPECT_EQ(response->header("Vary"), "Origin");
  }
}

TEST_F(gateway_test, logs_each_request_with_its_tenant) {
  start(with_secret());
  const auto token = readers_token();
  ASSERT_EQ(call("GET", "/events/stats?x=1", {}, "X-Request-ID: one\r\nAuthorization: Bearer " + token + "\r\n").status, 200);
  ASSERT_EQ(call("GET", "/nowhere", {}, "X-Request-ID: two\r\n").status, 404);
  const std::lock_guard lock{log_mutex};
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[0].tenant, "acme");
  EXPECT_EQ(log[0].path, "/events/stats");
  EXPECT_EQ(log[0].request_id, "one");
  EXPECT_EQ(log[1].tenant, "");
  EXPECT_EQ(log[1].status, 404u);
}

TEST_F(gateway_test, keeps_the_keys_of_so_many_tenants_and_asks_again_for_the_others) {
  start(with_secret());
  http_test_client client{port};
  const auto ask_as = [&](std::size_t number) {
    return client.call("GET", "/events/stats", {}, "X-API-Key: dma.t" + std::to_string(number) + ".1.2\r\n").value_or(test_response{}).status;
  };
  for (std::size_t i = 0; i < contexts_max; ++i)
    ASSERT_EQ(ask_as(i), 401);
  ASSERT_EQ(ask_as(0), 401);
  EXPECT_EQ(asked_for<get_tenant_context>().size(), contexts_max) << "kept";
  ASSERT_EQ(ask_as(contexts_max), 401);
  ASSERT_EQ(ask_as(0), 401);
  EXPECT_EQ(asked_for<get_tenant_context>().size(), contexts_max + 2) << "the kept ones made room";
}

} // namespace
} // namespace dotmac
