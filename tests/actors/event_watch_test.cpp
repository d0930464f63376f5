// Who waits for events to come: is told when they do, when patience ends, when the actor stops, and when too many wait.

#include "tests/actors/actors_fixture.hpp"

#include "actors/event_watchers.hpp"

namespace dotmac {
namespace {

class event_watch_test : public actors_fixture {
protected:
  using outcome = result<events_awaited>;
  std::future<outcome> await(std::uint64_t known_rows, std::int64_t patience_milliseconds, const std::string& tenant = "acme") {
    const auto promise = std::make_shared<std::promise<outcome>>();
    dotmac::ask(*router, {tenant, std::chrono::steady_clock::now() + 60s, {}}, await_events{known_rows, patience_milliseconds},
                std::function<void(outcome)>{[promise](outcome found) { promise->set_value(std::move(found)); }});
    return promise->get_future();
  }
  static bool is_waiting(std::future<outcome>& of) { return of.wait_for(30ms) == std::future_status::timeout; }
};

TEST_F(event_watch_test, is_told_at_once_where_there_is_more_and_else_when_it_comes) {
  start();
  ASSERT_TRUE(append("1"));
  EXPECT_EQ(await(0, 30'000).get()->row_count, 1u);
  EXPECT_EQ(await(9, 30'000).get()->row_count, 1u) << "who knows of more than there is, is told the truth";
  EXPECT_EQ(await(1, 0).get()->row_count, 1u) << "without patience nobody waits";
  auto mine = await(1, 30'000);
  auto others = await(0, 30'000, "other");
  EXPECT_TRUE(is_waiting(mine));
  ASSERT_TRUE(append("1")); // a duplicate is nothing new, and no harm
  ASSERT_TRUE(append("2"));
  for (auto rows = mine.get(); rows && rows->row_count < 2; rows = await(1, 30'000).get()) {
  }
  EXPECT_TRUE(is_waiting(others));
  ASSERT_TRUE(append("1", "other"));
  EXPECT_EQ(others.get()->row_count, 1u);
}

TEST_F(event_watch_test, patience_ends_and_so_does_the_actor) {
  start();
  ASSERT_TRUE(append("1"));
  EXPECT_EQ(await(1, 20).get()->row_count, 1u);
  auto waits = await(1, 30'000);
  EXPECT_TRUE(is_waiting(waits));
  EXPECT_TRUE(stop());
  EXPECT_EQ(waits.wait_for(0s), std::future_status::ready);
}

TEST_F(event_watch_test, more_than_watchers_max_are_refused_and_those_who_wait_are_still_told) {
  start();
  ASSERT_TRUE(append("1"));
  std::vector<std::future<outcome>> waiting;
  for (std::size_t i = 0; i < event_watchers::watchers_max; ++i)
    waiting.push_back(await(1, 30'000));
  const auto over = await(1, 30'000).get();
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, error_code::too_many_requests);
  EXPECT_NE(over.error().message.find("watchers_max"), std::string::npos);
  ASSERT_TRUE(append("2"));
  for (auto& each : waiting)
    EXPECT_EQ(each.get()->row_count, 2u);
}

} // namespace
} // namespace dotmac
