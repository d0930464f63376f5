#include "tests/api/gateway_fixture.hpp"

namespace dotmac {
namespace {

constexpr std::string_view export_request = "POST /events/export HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}";
constexpr std::string_view last_chunk = "0\r\n\r\n";

class streamed_answer_test : public gateway_test {
protected:
  /// Everything that comes until the server closes.
  std::string all_of(std::string_view request) {
    http_test_client client{port};
    EXPECT_TRUE(client.send(request));
    return client.receive_all();
  }
  template <class Condition> static bool comes_true(Condition condition) {
    for (int i = 0; i < 2'000; ++i) {
      if (condition())
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return false;
  }
  std::size_t pages_asked_for() { return asked_for<export_events>().size(); }
};

TEST_F(streamed_answer_test, comes_in_chunks_and_the_connection_goes_on) {
  start();
  const auto text = all_of(std::string{export_request} + "GET /health/live HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(pages_asked_for(), 3u);
  EXPECT_NE(text.find("Transfer-Encoding: chunked"), text.npos);
  EXPECT_EQ(text.substr(0, text.find("\r\n\r\n")).find("Content-Length"), text.npos);
  const auto end = text.find(last_chunk);
  ASSERT_NE(end, text.npos);
  EXPECT_TRUE(text.substr(end + last_chunk.size()).starts_with("HTTP/1.1 200")) << text.substr(end);
}

TEST_F(streamed_answer_test, a_failure_before_the_first_page_is_an_answer_and_later_the_last_chunk_is_missing) {
  pages_before_failure = 0;
  start();
  EXPECT_EQ(call("POST", "/events/export", "{}").status, 503);
  pages_before_failure = 2;
  const auto text = all_of(export_request);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200"));
  EXPECT_EQ(text.find(last_chunk), text.npos);
  const std::lock_guard lock{log_mutex};
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_NE(failures[0].find("an export ends before its end"), std::string::npos);
}

TEST_F(streamed_answer_test, a_reader_that_takes_nothing_is_given_up_and_what_it_held_given_back) {
  pages_in_export = UINT64_MAX;
  page_text_size = 1 << 20;
  gateway_options options;
  options.http.limits.write_timeout = std::chrono::milliseconds{200};
  options.admission.tenant_bytes_max = 8u << 20 | 1'024; // one export
  start(options);
  http_test_client reader{port};
  ASSERT_TRUE(reader.send(export_request));
  ASSERT_TRUE(comes_true([&] { return pages_asked_for() > 0; }));
  EXPECT_TRUE(comes_true([&] {
    const std::lock_guard lock{log_mutex};
    return !log.empty();
  })) << "it is logged when it ends";
  const auto pages = pages_asked_for();
  pages_in_export = 1;
  EXPECT_TRUE(comes_true([&] { return call("POST", "/events/export", "{}").status == 200; }));
  EXPECT_LT(pages, 64u) << "pages wait for the reader";
}

TEST_F(streamed_answer_test, who_hangs_up_ends_it) {
  pages_in_export = UINT64_MAX;
  start();
  {
    http_test_client reader{port};
    ASSERT_TRUE(reader.send(export_request));
    ASSERT_TRUE(comes_true([&] { return pages_asked_for() > 3; }));
  }
  std::size_t before = 0;
  EXPECT_TRUE(comes_true([&] {
    const auto now = pages_asked_for();
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    return std::exchange(before, pages_asked_for()) == now;
  }));
}

} // namespace
} // namespace dotmac
