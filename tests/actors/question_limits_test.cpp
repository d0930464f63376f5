// Questions beyond what the scan workers can hold, and whose they are.

#include "tests/actors/actors_fixture.hpp"

namespace dotmac {
namespace {

using question_limits_test = actors_fixture;

TEST_F(question_limits_test, refuses_questions_beyond_the_queue_and_those_of_who_fills_it_first) {
  constexpr std::size_t waiting_max = 4;
  environment.scans = std::make_shared<worker_pool>(1, waiting_max, worker_pool::threads_of{});
  start();
  ASSERT_TRUE(append("1", "flood"));
  ASSERT_TRUE(append("1", "modest"));
  std::promise<void> began;
  std::promise<void> gate;
  ASSERT_TRUE(environment.scans->submit("another", {[&, opened = gate.get_future().share()](std::size_t) {
                                                      began.set_value();
                                                      opened.wait();
                                                    }, {}}));
  began.get_future().wait();
  std::atomic<std::size_t> refused{0};
  std::atomic<std::size_t> counted{0};
  const auto put = [&](const std::string& tenant) {
    dotmac::ask(*router, {tenant, std::chrono::steady_clock::now() + 1h, {}}, summarize_events{},
                std::function<void(result<event_summary>)>{[&](const result<event_summary>& outcome) {
                  if (outcome)
                    counted += outcome->event_count;
                  else if (outcome.error().code == error_code::too_many_requests)
                    ++refused;
                }});
  };
  for (std::size_t i = 0; i < 2 * waiting_max; ++i)
    put("flood");
  ASSERT_TRUE(comes_true([&] { return refused == waiting_max; })) << refused;
  put("modest");
  ASSERT_TRUE(comes_true([&] { return environment.scans->waiting() == waiting_max + 1; }));
  EXPECT_EQ(refused, waiting_max) << "the modest tenant is below its share";
  gate.set_value();
  EXPECT_TRUE(comes_true([&] { return counted == waiting_max + 1; })) << "each that was taken is answered";
  EXPECT_TRUE(stop());
}

} // namespace
} // namespace dotmac
