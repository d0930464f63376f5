// The tree of supervisors on a real actor system over a store in memory: who is disturbed by a failure, and who is left behind.

#include "actors/node_guardian.hpp"
#include "actors/protocol/wire_types.hpp"
#include "persistence/memory/memory_store.hpp"
#include "runtime/node/tenant_router.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace dotmac {
namespace {

using namespace std::chrono_literals;

struct configuration : caf::actor_system_config {
  configuration() {
    add_message_types<caf::id_block::dotmac_wire>();
    set("scheduler.max-threads", 4u);
    set("scheduler.policy", caf::atom("sharing"));
  }
};

bytes one_event(const std::string& id) {
  event_block_builder builder;
  builder.begin_event(timestamp{1'000});
  builder.set_field(event_field::event_type, "a");
  builder.set_field(event_field::event_id, id);
  builder.end_event();
  return builder.finish();
}

class supervision_test : public ::testing::Test {
protected:
  void SetUp() override {
    std::vector<shard_id> all;
    for (std::uint16_t i = 0; i < shard_count; ++i)
      all.push_back(shard_id{i});
    claims = *(*factory->open())->leases().claim_shards("me", all, 1h);
    environment.entity.writer = std::make_shared<journal_writer>(factory, journal_writer_limits{});
    environment.entity.stores = std::make_shared<store_pool>(factory, 2, 1'000);
    environment.entity.limits.recover_damaged_every = 50ms;
    environment.entity.log = [this](const entity_id& entity, std::string_view event, const std::string& detail) {
      const std::lock_guard lock{lines_mutex};
      lines.push_back(to_string(entity) + " " + std::string{event} + " " + detail);
    };
    environment.registry = std::make_shared<figures_registry>();
    environment.scans = std::make_shared<worker_pool>(2, 1'000);
    environment.now = [] { return timestamp{1'000}; };
    environment.random = [] { return std::uint64_t{7}; };
  }
  void TearDown() override { stop(); }

  void start() {
    guardian = system.spawn(run_node_guardian, claims, environment, "node");
    router = std::make_unique<tenant_router>(system, guardian, 1, router_limits{});
  }
  /// False: somebody did not stop in time.
  bool stop() {
    if (!router)
      return true;
    bool stopped = false;
    caf::scoped_actor asker{system};
    asker->request(guardian, 20s, stop_actor{}).receive([&](const done&) { stopped = true; }, [](const caf::error&) {});
    guardian = node_actor{};
    router.reset();
    return stopped;
  }

  template <class Call> result<typename answer_of<Call>::type> ask(Call call, const std::string& tenant = "acme", std::chrono::milliseconds within = 10s) {
    using answer = result<typename answer_of<Call>::type>;
    std::promise<answer> promise;
    dotmac::ask(*router, {tenant, std::chrono::steady_clock::now() + within, {}}, std::move(call),
                std::function<void(answer)>{[&promise](answer outcome) { promise.set_value(std::move(outcome)); }});
    return promise.get_future().get();
  }
  result<events_appended> append(const std::string& id, const std::string& tenant = "acme") { return ask(append_events{one_event(id), false}, tenant); }
  std::uint64_t count(const std::string& tenant = "acme") {
    const auto found = ask(summarize_events{}, tenant);
    return found ? found->event_count : 0;
  }
  std::size_t running(const std::string& kind) {
    const auto all = environment.registry->all();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& each) { return each->kind == kind; }));
  }
  std::uint64_t restarts(const std::string& kind) {
    for (const auto& each : environment.registry->all())
      if (each->kind == kind)
        return each->restarts;
    return 0;
  }
  /// Waits for what must come; the limit is for tests that fail.
  bool comes_true(const std::function<bool()>& is_true) {
    for (int i = 0; i < 6'000; ++i) {
      if (is_true())
        return true;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }
  tenant_actor tenant_of(const std::string& name) {
    caf::scoped_actor asker{system};
    shard_actor shard;
    tenant_actor found;
    asker->request(guardian, 5s, locate_shard{to_number(shard_of_tenant(name))}).receive([&](const shard_actor& each) { shard = each; }, [](const caf::error&) {});
    asker->request(shard, 5s, locate_tenant{name}).receive([&](const tenant_actor& each) { found = each; }, [](const caf::error&) {});
    return found;
  }
  event_actor events_of(const std::string& name) {
    caf::scoped_actor asker{system};
    event_actor found;
    asker->request(tenant_of(name), 5s, locate_events{}).receive([&](const event_actor& each) { found = each; }, [](const caf::error&) {});
    return found;
  }
  void make_metric(const std::string& name) {
    ASSERT_TRUE(ask(create_metric{metric_definition{.metric_id = "m_" + name, .name = name, .display_name = name}}));
    ASSERT_TRUE(ask(of_metric<record_values>{name, {{metric_sample{.value = 1, .at = {1'000}, .recorded_at = {1'000}}}}}));
  }
  bool was_logged(const std::string& part) {
    const std::lock_guard lock{lines_mutex};
    return std::any_of(lines.begin(), lines.end(), [&](const auto& each) { return each.find(part) != each.npos; });
  }

  std::shared_ptr<memory_database> database = std::make_shared<memory_database>();
  std::shared_ptr<store_factory> factory{make_memory_store_factory(database)};
  std::vector<shard_claim> claims;
  actor_environment environment;
  std::mutex lines_mutex;
  std::vector<std::string> lines;
  configuration configured;
  caf::actor_system system{configured};
  node_actor guardian;
  std::unique_ptr<tenant_router> router;
};

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
  EXPECT_TRUE(was_logged("is idle and leaves memory")) << "none left: the test proves nothing";
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
