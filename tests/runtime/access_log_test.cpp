// The access log before a sink that takes its time.

#include "runtime/node/access_log.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <future>

namespace dotmac {
namespace {

class held_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  std::vector<std::string> lines;
  std::promise<void> has_come;
  std::promise<void> may_go;

private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (std::exchange(is_first_, false)) {
      has_come.set_value();
      may_go.get_future().wait();
    }
    lines.emplace_back(message.payload.data(), message.payload.size());
  }
  void flush_() override {}
  bool is_first_ = true;
};

class access_log_test : public ::testing::Test {
protected:
  void SetUp() override { spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink)); }
  void TearDown() override { spdlog::set_default_logger(before); }

  static access_record record(unsigned status, std::string_view path) {
    access_record made;
    made.method = "GET";
    made.path = path;
    made.request_id = "r";
    made.remote_address = "127.0.0.1";
    made.status = status;
    return made;
  }

  std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
  std::shared_ptr<held_sink> sink = std::make_shared<held_sink>();
};

TEST_F(access_log_test, drops_the_oldest_lines_beyond_its_limit_tells_how_many_and_holds_nobody_up) {
  constexpr std::size_t beyond = 3 * waiting_lines_max;
  {
    const auto log = make_access_log("all");
    log(record(200, "/first"));
    sink->has_come.get_future().wait();
    for (std::size_t i = 0; i < waiting_lines_max + beyond; ++i)
      log(record(200, "/" + std::to_string(i)));
    sink->may_go.set_value();
  }
  ASSERT_LE(sink->lines.size(), waiting_lines_max + 2);
  EXPECT_GE(sink->lines.size(), waiting_lines_max);
  EXPECT_NE(sink->lines.front().find("path=/first "), std::string::npos);
  EXPECT_NE(sink->lines.back().find("path=/" + std::to_string(waiting_lines_max + beyond - 1) + " "), std::string::npos) << sink->lines.back();
  EXPECT_TRUE(std::any_of(sink->lines.begin(), sink->lines.end(), [](const auto& line) { return line.find("lines_dropped=") != line.npos; }));
}

TEST_F(access_log_test, writes_failures_only_and_not_more_than_its_limit_of_them) {
  sink->may_go.set_value();
  {
    const auto log = make_access_log("failures");
    for (int i = 0; i < 1'000; ++i) {
      log(record(200, "/fine"));
      log(record(503, "/away"));
    }
  }
  ASSERT_FALSE(sink->lines.empty());
  EXPECT_GE(sink->lines.size(), failure_lines_per_second);
  EXPECT_LE(sink->lines.size(), 3 * failure_lines_per_second) << "a second may end meanwhile, on a slow machine two";
  EXPECT_TRUE(std::none_of(sink->lines.begin(), sink->lines.end(), [](const auto& line) { return line.find("/fine") != line.npos; }));
}

} // namespace
} // namespace dotmac
