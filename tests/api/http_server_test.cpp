#include "tests/api/compressed_bodies.hpp"
#include "tests/api/gateway_fixture.hpp"

#include <random>

namespace dotmac {
namespace {

TEST_F(gateway_test, answers_pipelined_requests_in_order_on_one_connection) {
  start();
  http_test_client client{port};
  std::string all;
  for (int i = 0; i < 20; ++i)
    all += "GET /health/live HTTP/1.1\r\nHost: test\r\nX-Request-ID: r" + std::to_string(i) + "\r\n\r\n";
  ASSERT_TRUE(client.send(all));
  for (int i = 0; i < 20; ++i) {
    const auto response = client.receive();
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(response->header("X-Request-ID"), "r" + std::to_string(i));
  }
}

TEST_F(gateway_test, refuses_a_hundred_megabytes_before_they_come) {
  start();
  http_test_client client{port};
  ASSERT_TRUE(client.send("POST /events/track HTTP/1.1\r\nHost: test\r\nContent-Length: 104857600\r\n\r\n"));
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(call("GET", "/health/live").status, 200);
}

TEST_F(gateway_test, refuses_an_endless_header) {
  start();
  http_test_client client{port};
  client.send("GET /health/live HTTP/1.1\r\nHost: test\r\nX-Long: " + std::string(20'000, 'x'));
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 431);
  EXPECT_NE(response->body.find("16384"), std::string::npos);
}

TEST_F(gateway_test, gives_slow_senders_up) {
  gateway_options options;
  options.http.limits.header_timeout = std::chrono::milliseconds{100};
  options.http.limits.body_timeout = std::chrono::milliseconds{100};
  start(options);
  http_test_client half_header{port};
  ASSERT_TRUE(half_header.send("GET /health"));
  http_test_client half_body{port};
  ASSERT_TRUE(half_body.send("POST /events/track HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{"));
  for (auto* client : {&half_header, &half_body}) {
    const auto response = client->receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 408);
  }
}

TEST_F(gateway_test, goes_on_after_half_a_request_and_refuses_what_is_not_http) {
  start();
  {
    http_test_client client{port};
    ASSERT_TRUE(client.send("POST /events/track HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{\"event"));
  }
  http_test_client nonsense{port};
  ASSERT_TRUE(nonsense.send("\x16\x03\x01 hello\r\n\r\n"));
  const auto response = nonsense.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 400);
  EXPECT_EQ(call("GET", "/health/live").status, 200);
}

TEST_F(gateway_test, answers_head_without_a_body_and_continues_where_asked) {
  start();
  const auto head = call("HEAD", "/health/live");
  EXPECT_EQ(head.status, 200);
  EXPECT_NE(head.header("Content-Length"), "0");
  http_test_client client{port};
  ASSERT_TRUE(client.send("POST /events/track HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(one_event.size()) + "\r\n\r\n"));
  const auto go_on = client.receive();
  ASSERT_TRUE(go_on);
  EXPECT_EQ(go_on->status, 100);
  ASSERT_TRUE(client.send(one_event));
  EXPECT_EQ(client.receive().value_or(test_response{}).status, 200);
}

TEST_F(gateway_test, refuses_connections_beyond_the_limit) {
  gateway_options options;
  options.http.limits.connections_max = 2;
  start(options);
  http_test_client first{port};
  http_test_client second{port};
  ASSERT_EQ(first.call("GET", "/health/live").value_or(test_response{}).status, 200);
  ASSERT_EQ(second.call("GET", "/health/live").value_or(test_response{}).status, 200);
  http_test_client third{port};
  const auto response = third.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->document()["code"], "too_many_connections");
  EXPECT_EQ(response->header("Retry-After"), "1");
  EXPECT_EQ(response->document()["request_id"], response->header("X-Request-ID"));
  EXPECT_GT(response->header("X-Request-ID").size(), 10u);
  const std::lock_guard lock{log_mutex};
  EXPECT_EQ(log.back().status, 503u) << "the log knows of it";
  EXPECT_EQ(log.back().request_id, response->header("X-Request-ID"));
}

TEST_F(gateway_test, finishes_the_present_request_and_closes_when_draining) {
  start();
  ASSERT_EQ(call("POST", "/events/track", one_event).status, 200);
  tenants.hold(true);
  http_test_client client{port};
  ASSERT_TRUE(client.send("GET /health/live HTTP/1.1\r\nHost: test\r\n\r\nPOST /events/track HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(one_event.size()) + "\r\n\r\n" + std::string{one_event}));
  ASSERT_TRUE(client.receive());
  // A later request on the same I/O thread, answered: the held one has been read before it.
  ASSERT_EQ(call("GET", "/health/live").status, 200);
  subject->drain();
  tenants.hold(false);
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(gateway_test, stays_whole_whatever_bytes_a_body_has) {
  start();
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const std::string sound = R"({"events":[{"event_type":"a","event_name":"b","properties":{"n":-1.5e3,"l":[1,{"x":null}],"t":"\u00e9\n"},"timestamp":"2026-01-01T00:00:00Z"}],"source":"s"})";
  event_parser parser;
  event_block_builder builder;
  for (int i = 0; i < 20'000; ++i) {
    auto body = sound;
    for (auto n = random() % 4 + 1; n > 0; --n)
      switch (random() % 3) {
      case 0: body[random() % body.size()] = static_cast<char>(random()); break;
      case 1: body.erase(random() % body.size(), 1); break;
      default: body.insert(random() % body.size(), 1, "{}[]\",:0\\e-"[random() % 11]);
      }
    const auto kept = body;
    auto batch = parser.parse_batch(body, test_now, builder);
    const auto rows = builder.row_count();
    const auto block = builder.finish();
    if (batch) {
      ASSERT_EQ(rows, batch->positions.size()) << kept;
      ASSERT_EQ(batch->positions.size() + batch->faults.size(), batch->event_count) << kept;
      const auto checked = check_event_block(block);
      ASSERT_TRUE(checked) << kept << "\n" << checked.error().message;
      ASSERT_EQ(*checked, rows);
    }
  }
}

} // namespace
} // namespace dotmac
