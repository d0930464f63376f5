/// Why a WebSocket ends, where a real node would need an hour or a failure for it. The rest is in tests/server/websocket_test.py.

#include "api/origins.hpp"
#include "api/websocket_upgrade.hpp"
#include "tests/api/gateway_fixture.hpp"

namespace dotmac {
namespace {

constexpr std::string_view upgrade_request = "GET /events/live HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

class websocket_test : public gateway_test {
protected:
  /// Everything behind 101 that comes until the server closes.
  std::string all_behind_the_upgrade() {
    http_test_client client{port};
    EXPECT_TRUE(client.send(upgrade_request));
    const auto answer = client.receive(false);
    EXPECT_TRUE(answer && answer->status == 101);
    EXPECT_EQ(answer->header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") << "the example of RFC 6455, 1.3";
    return client.receive_all();
  }
  /// The code of the close frame at the end of what came.
  static unsigned code_at_the_end_of(const std::string& frames) {
    std::size_t at = 0;
    while (at + 2 <= frames.size()) {
      const auto size = static_cast<unsigned char>(frames[at + 1]);
      EXPECT_LT(size, 126u) << "messages of this test are short";
      if (static_cast<unsigned char>(frames[at]) == 0x88 && size >= 2) {
        EXPECT_EQ(at + 2 + size, frames.size()) << "nothing comes behind a close frame";
        return static_cast<unsigned char>(frames[at + 2]) * 256u + static_cast<unsigned char>(frames[at + 3]);
      }
      at += 2 + size;
    }
    return 0;
  }
  bool is_logged() {
    for (int i = 0; i < 2'000; ++i) {
      {
        const std::lock_guard lock{log_mutex};
        if (!log.empty())
          return log.back().status == 101 && log.back().tenant == "default";
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return false;
  }
};

TEST_F(websocket_test, a_tenant_that_moves_ends_it_with_1012) {
  awaits_before_failure = 3;
  await_failure = {error_code::ownership_lost, {}, {}};
  start();
  const auto frames = all_behind_the_upgrade();
  EXPECT_TRUE(frames.starts_with("\x81\x08{\"id\":0}")) << frames;
  EXPECT_EQ(code_at_the_end_of(frames), 1012u);
  EXPECT_TRUE(is_logged());
  const std::lock_guard lock{log_mutex};
  EXPECT_TRUE(failures.empty()) << "that is no mistake of ours";
}

TEST_F(websocket_test, too_many_who_wait_end_it_with_1013) {
  awaits_before_failure = 1;
  await_failure = {error_code::too_many_requests, {}, {}};
  start();
  EXPECT_EQ(code_at_the_end_of(all_behind_the_upgrade()), 1013u);
}

TEST_F(websocket_test, a_mistake_of_ours_ends_it_with_1011_and_is_logged) {
  awaits_before_failure = 1;
  await_failure = {error_code::corrupt_data, "a checksum is wrong", {}};
  start();
  EXPECT_EQ(code_at_the_end_of(all_behind_the_upgrade()), 1011u);
  const std::lock_guard lock{log_mutex};
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_NE(failures[0].find("a live stream ends"), std::string::npos);
}

TEST_F(websocket_test, a_failure_before_it_has_begun_is_an_answer) {
  awaits_before_failure = 0;
  await_failure = {error_code::actor_unavailable, {}, {}};
  start();
  http_test_client client{port};
  ASSERT_TRUE(client.send(upgrade_request));
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
}

TEST_F(websocket_test, its_time_ends_it_with_1012) {
  gateway_options options;
  options.live_lifetime_max = std::chrono::milliseconds{50};
  start(options);
  EXPECT_EQ(code_at_the_end_of(all_behind_the_upgrade()), 1012u);
}

TEST_F(websocket_test, a_node_that_is_asked_to_leave_ends_it_with_1001) {
  start();
  std::thread leaving{[this] {
    while (asked_for<await_events>().size() < 3)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    subject->ask_to_leave();
  }};
  EXPECT_EQ(code_at_the_end_of(all_behind_the_upgrade()), 1001u);
  leaving.join();
  EXPECT_EQ(code_at_the_end_of(all_behind_the_upgrade()), 1001u) << "also one that comes later";
}

TEST_F(websocket_test, a_client_that_says_nothing_is_pinged_and_then_left) {
  gateway_options options;
  options.http.limits.websocket_silence_max = std::chrono::milliseconds{200};
  awaits_before_failure = UINT64_MAX;
  start(options);
  const auto frames = all_behind_the_upgrade();
  EXPECT_NE(frames.find(std::string_view{"\x89\x00", 2}), frames.npos) << "a ping";
  EXPECT_EQ(code_at_the_end_of(frames), 0u) << "there is nobody to tell";
  EXPECT_TRUE(is_logged());
}

TEST_F(websocket_test, a_reader_that_takes_nothing_is_given_up_and_what_it_held_given_back) {
  rows_awaited = pages_in_export = 1'000;
  page_text_size = 1 << 20;
  gateway_options options;
  options.http.limits.write_timeout = std::chrono::milliseconds{200};
  options.admission.tenant_bytes_max = 256u << 10 | 1'024; // one stream
  start(options);
  http_test_client reader{port};
  ASSERT_TRUE(reader.send("GET /events/live?last_event_id=0" + std::string{upgrade_request.substr(upgrade_request.find(" HTTP"))}));
  EXPECT_TRUE(is_logged()) << "it is logged when it ends";
  EXPECT_LT(asked_for<export_events>().size(), 64u) << "pages wait for the reader";
  unsigned status = 0;
  for (int i = 0; i < 2'000 && status != 101; ++i) {
    http_test_client next{port};
    ASSERT_TRUE(next.send(upgrade_request));
    const auto answer = next.receive(false);
    ASSERT_TRUE(answer);
    status = static_cast<unsigned>(answer->status);
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  EXPECT_EQ(status, 101u);
}

TEST(websocket_upgrade_test, takes_of_the_subprotocols_what_a_page_cannot_say_otherwise) {
  http_request request;
  request.method = "GET";
  request.headers = {{"upgrade", "websocket"}, {"connection", "keep-alive"}, {"connection", "Upgrade"}, {"sec-websocket-version", "13"},
                     {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"sec-websocket-protocol", "other, dotmac.tenant.a.b"}, {"sec-websocket-protocol", " dotmac.events ,dotmac.credential.dma.x.y.z"}};
  ASSERT_TRUE(wants_websocket(request));
  const auto read = read_websocket_request(request);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->upgrade.protocol, "dotmac.events");
  EXPECT_EQ(read->credential, "dma.x.y.z");
  EXPECT_EQ(read->tenant, "a.b");
  request.method = "HEAD";
  EXPECT_FALSE(wants_websocket(request));
}

TEST(origin_rules_test, a_websocket_is_for_pages_of_this_host_and_of_allowed_origins) {
  const origin_rules rules{{"https://noc.example"}};
  EXPECT_TRUE(rules.may_open_websocket("", "node.example"));
  EXPECT_TRUE(rules.may_open_websocket("https://noc.example", "node.example"));
  EXPECT_TRUE(rules.may_open_websocket("https://node.example:8000", "node.example:8000"));
  for (const auto* origin : {"null", "https://evil.example", "https://node.example", "https://node.example:8000.evil.example", "ftp://node.example:8000", "http://noc.example"})
    EXPECT_FALSE(rules.may_open_websocket(origin, "node.example:8000")) << origin;
}

} // namespace
} // namespace dotmac
