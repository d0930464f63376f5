// Where a request ends and what it aims at: what is not certain is refused, and nothing behind it is read as a request.

#include "tests/api/gateway_fixture.hpp"

namespace dotmac {
namespace {

/// The answers on one connection to `text`, until the server closes it or `expected` came.
std::vector<int> statuses_of(std::uint16_t port, std::string_view text, std::size_t expected) {
  http_test_client client{port};
  client.send(text);
  std::vector<int> statuses;
  while (statuses.size() < expected) {
    const auto response = client.receive();
    if (!response)
      break;
    statuses.push_back(response->status);
    if (response->header("Connection") == "close")
      break;
  }
  return statuses;
}

TEST_F(gateway_test, refuses_requests_whose_end_is_not_certain_and_reads_nothing_behind_them) {
  start();
  const std::string behind = "GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n";
  for (const std::string headers : {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: identity\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, gzip\r\n",
                                    "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                                    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                                    "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 6\r\n", "Content-Length: +5\r\n", "Content-Length: -1\r\n",
                                    "Content-Length: 0x5\r\n", "Content-Length: 18446744073709551621\r\n", "Transfer-Encoding : chunked\r\n"}) {
    const auto statuses = statuses_of(port, "POST /events/track HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n" + behind, 2);
    ASSERT_EQ(statuses.size(), 1u) << headers;
    EXPECT_TRUE(statuses[0] == 400 || statuses[0] == 413) << headers << statuses[0];
  }
  EXPECT_EQ(statuses_of(port, "POST /events/track HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + behind, 2), std::vector<int>{400});
}

TEST_F(gateway_test, wants_one_host_of_http_1_1_and_none_of_1_0) {
  start();
  const std::string rest = "\r\n";
  EXPECT_EQ(statuses_of(port, "GET /health/live HTTP/1.1\r\n\r\n", 1), std::vector<int>{400});
  EXPECT_EQ(statuses_of(port, "GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 1), std::vector<int>{400});
  EXPECT_EQ(statuses_of(port, "GET /health/live HTTP/1.0\r\n\r\n", 1), std::vector<int>{200});
}

TEST_F(gateway_test, reads_absolute_targets) {
  start();
  for (const auto* target : {"http://test/health/live", "http://test:8000/health/live?x=1", "HTTPS://TEST/health/live"})
    EXPECT_EQ(call("GET", target).status, 200) << target;
  EXPECT_EQ(call("GET", "http://test").body, call("GET", "/").body) << "the path is /";
  EXPECT_EQ(call("GET", "/nowhere?at=http://test/health/live").status, 404);
}

TEST_F(gateway_test, answers_whole_to_who_shut_only_its_sending_side_after_a_write) {
  start();
  ASSERT_EQ(call("POST", "/events/track", one_event).status, 200);
  tenants.hold(true);
  http_test_client client{port};
  ASSERT_TRUE(client.send("POST /events/track HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(one_event.size()) + "\r\n\r\n" + std::string{one_event}));
  client.shut_sending();
  ASSERT_EQ(call("GET", "/health/live").status, 200);
  tenants.hold(false);
  EXPECT_EQ(client.receive().value_or(test_response{}).status, 200) << "what was written is acknowledged, though the hang-up would end a question";
}

} // namespace
} // namespace dotmac
