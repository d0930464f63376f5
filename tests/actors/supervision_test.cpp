// The tree of supervisors on a real actor system over a store in memory: who is disturbed by a failure, and who is left behind.

#include "tests/actors/actors_fixture.hpp"

namespace dotmac {
namespace {

using supervision_test = actors_fixture;

TEST_F(supervision_test, a_killed_actor_is_started_again_with_its_state_and_its_failures_are_counted) {
  start();
  ASSERT_TRUE(append("1"));
  caf::anon_send_exit(events_of("acme"), caf::exit_reason::kill);
  ASSERT_TRUE(comes_true([&] { return append("2").has_value(); })) << "after its backoff";
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(restarts("events"), 1u);
  EXPECT_TRUE(was_logged("events/0 failed and may start again"));
  EXPECT_TRUE(stop());
}

TEST_F(supervision_test, calls_in_flight_of_a_killed_actor_are_answered_and_not_left_to_their_deadline) {
  start();
  ASSERT_TRUE(append("1"));
  const auto victim = events_of("acme");
  std::atomic<int> answered{0};
  for (int i = 0; i < 500; ++i) {
    dotmac::ask(*router, {"acme", std::chrono::steady_clock::now() + 1h, {}}, append_events{one_event("x" + std::to_string(i)), false},
                std::function<void(result<events_appended>)>{[&](const result<events_appended>& outcome) {
                  if (!outcome) {
                    EXPECT_TRUE(describe(outcome.error().code).retryable) << outcome.error().message;
                  }
                  ++answered;
                }});
    if (i == 250)
      caf::anon_send_exit(victim, caf::exit_reason::kill);
  }
  EXPECT_TRUE(comes_true([&] { return answered == 500; })) << answered;
}

TEST_F(supervision_test, an_actor_that_fails_too_often_restarts_its_tenant_as_a_whole_and_leaves_nobody_behind) {
  start();
  ASSERT_TRUE(append("1"));
  make_metric("load");
  ASSERT_EQ(running("metric"), 1u);
  // Its supervisor may hand out the dead one until it hears of its end: that kill counts for nothing.
  for (int kills = 0; kills < 100 && !was_logged("events/0 failed too often"); ++kills) {
    event_actor victim;
    ASSERT_TRUE(comes_true([&] { return static_cast<bool>(victim = events_of("acme")) || was_logged("events/0 failed too often"); }));
    if (victim)
      caf::anon_send_exit(victim, caf::exit_reason::kill);
    victim = event_actor{};
    ASSERT_TRUE(comes_true([&] { return running("events") == 0 || was_logged("events/0 failed too often"); }));
    std::this_thread::sleep_for(5ms);
  }
  ASSERT_TRUE(was_logged("events/0 failed too often"));
  ASSERT_TRUE(comes_true([&] { return append("2").has_value(); }));
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(running("events"), 1u);
  EXPECT_EQ(running("tenant"), 1u);
  EXPECT_EQ(running("metric"), 0u) << "stopped with its tenant";
  EXPECT_TRUE(ask(of_metric<find_values>{"load", {}}));
  EXPECT_TRUE(append("3", "beta")) << "another tenant";
  EXPECT_TRUE(stop());
}

TEST_F(supervision_test, children_of_a_killed_supervisor_end_with_it) {
  start();
  ASSERT_TRUE(append("1"));
  make_metric("load");
  caf::anon_send_exit(tenant_of("acme"), caf::exit_reason::kill);
  // The same event again and again: the first answer may still come from the child that is about to end.
  EXPECT_TRUE(comes_true([&] { return append("2").has_value() && running("events") == 1 && running("metric") == 0 && running("tenant") == 1; }));
  EXPECT_EQ(count(), 2u);
  EXPECT_TRUE(stop());
}

TEST_F(supervision_test, a_metric_whose_data_is_damaged_disturbs_nobody_and_says_why) {
  start();
  ASSERT_TRUE(append("1"));
  make_metric("load");
  ASSERT_TRUE(stop());
  const entity_id damaged{"acme", entity_kind::metric, "m_load"};
  ASSERT_TRUE(database->damage_snapshot(damaged, journal_sequence{1}));
  ASSERT_TRUE(database->damage_journal_row(damaged, journal_sequence{1}));
  start();
  for (int i = 0; i < 30; ++i) {
    const auto refused = ask(of_metric<find_values>{"load", {}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, error_code::corrupt_data);
    EXPECT_EQ(count(), 1u);
    std::this_thread::sleep_for(5ms); // some attempts to recover lie between
  }
  EXPECT_EQ(restarts("tenant"), 0u);
  EXPECT_EQ(running("events"), 1u);
  EXPECT_FALSE(environment.registry->failed_within(1min).empty()) << "health tells of it";
  EXPECT_TRUE(stop());
}

TEST_F(supervision_test, a_store_that_is_away_is_no_failure_of_those_who_recover) {
  start();
  ASSERT_TRUE(append("1"));
  ASSERT_TRUE(append("1", "beta"));
  ASSERT_TRUE(stop());
  start();
  ASSERT_EQ(count("beta"), 1u) << "warm";
  database->go_down();
  for (int i = 0; i < 30; ++i) {
    const auto refused = ask(summarize_events{});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, error_code::storage_unavailable);
    EXPECT_EQ(count("beta"), 1u) << "who is in memory goes on";
  }
  database->come_up();
  EXPECT_TRUE(comes_true([&] { return count() == 1; }));
  EXPECT_EQ(restarts("tenant") + restarts("shard"), 0u);
}

TEST_F(supervision_test, calls_to_actors_that_leave_memory_reach_their_successors) {
  environment.idle_after = 60ms;
  start();
  std::atomic<int> refused{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c)
    clients.emplace_back([&, c] {
      const auto tenant = "t" + std::to_string(c);
      for (int i = 0; i < 60; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{45 + (i * 7 + c * 3) % 40}); // about when it leaves
        refused += !append(std::to_string(i), tenant);
        refused += count(tenant) != static_cast<std::uint64_t>(i + 1);
      }
    });
  for (auto& each : clients)
    each.join();
  EXPECT_EQ(refused, 0);
  EXPECT_TRUE(was_logged("leaves memory")) << "none left: the test proves nothing";
  EXPECT_TRUE(comes_true([&] { return running("events") == 0 && running("tenant") == 0; })) << "everybody leaves in the end";
  EXPECT_TRUE(stop());
}

TEST_F(supervision_test, a_commit_in_doubt_does_not_hold_up_the_stop) {
  start();
  ASSERT_TRUE(append("1"));
  database->fail_next_append({error_code::commit_uncertain, "cut off", {}}, commit_outcome::committed);
  EXPECT_FALSE(append("2"));
  database->go_down();
  EXPECT_TRUE(stop()) << "the journal knows";
  database->come_up();
  start();
  EXPECT_EQ(count(), 2u);
}

} // namespace
} // namespace dotmac
