// The gateway's way to the actors, before actors that hand calls back or do not answer.

#include "tests/actors/actors_fixture.hpp"

#include "actors/protocol/errors.hpp"

#include <caf/event_based_actor.hpp>

namespace dotmac {
namespace {

/// A node, a shard and tenants in one actor.
class tenant_router_test : public ::testing::Test {
protected:
  void start(router_limits limits = {}) {
    // With an argument: without any CAF follows a null pointer.
    const auto live = [this](caf::event_based_actor* self, int) -> caf::behavior {
      return {[self](locate_shard) { return caf::actor_cast<shard_actor>(caf::actor{self}); },
              [this, self](locate_tenant) {
                ++located;
                return caf::actor_cast<tenant_actor>(caf::actor{self});
              },
              [this, self](const get_tenant_context&) -> caf::result<tenant_context> {
                ++handled;
                if (holds) {
                  held.push_back(self->make_response_promise<tenant_context>());
                  return held.back();
                }
                if (handed_back < hands_back) {
                  ++handed_back;
                  return caf::make_error(caf::sec::request_receiver_down);
                }
                return tenant_context{true, "UTC", {}, {}};
              }};
    };
    house = system.spawn(live, 0);
    router = std::make_unique<tenant_router>(system, caf::actor_cast<node_actor>(house), 1, limits);
  }
  void TearDown() override {
    router.reset();
    caf::anon_send_exit(house, caf::exit_reason::kill);
    house = {};
  }
  std::future<result<tenant_context>> ask(const std::string& tenant) {
    const auto promise = std::make_shared<std::promise<result<tenant_context>>>();
    dotmac::ask(*router, {tenant, std::chrono::steady_clock::now() + 1h, {}}, get_tenant_context{},
                std::function<void(result<tenant_context>)>{[promise](result<tenant_context> outcome) { promise->set_value(std::move(outcome)); }});
    return promise->get_future();
  }

  wire_configuration configured;
  caf::actor_system system{configured};
  caf::actor house;
  std::unique_ptr<tenant_router> router;
  std::atomic<int> handled{0};
  std::atomic<int> located{0};
  std::atomic<bool> holds{false};
  int hands_back = 0;
  int handed_back = 0; ///< the house's
  std::vector<caf::typed_response_promise<tenant_context>> held;
};

TEST_F(tenant_router_test, sends_a_call_that_nobody_handled_again_and_gives_up_after_three_times) {
  hands_back = 3;
  start();
  EXPECT_TRUE(ask("acme").get());
  EXPECT_EQ(handled, 4);
  hands_back = 100;
  const auto refused = ask("acme").get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::actor_unavailable);
  EXPECT_EQ(handled, 8);
  EXPECT_EQ(router->calls_waiting(), 0u);
}

TEST_F(tenant_router_test, refuses_calls_beyond_its_limit_and_takes_them_again_when_others_are_answered) {
  holds = true;
  start({.calls_waiting_max = 3});
  std::vector<std::future<result<tenant_context>>> waiting;
  for (int i = 0; i < 3; ++i)
    waiting.push_back(ask("acme"));
  const auto refused = ask("zeta").get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::too_many_requests);
  EXPECT_NE(refused.error().message.find("3 calls"), std::string::npos);
  router->stop(); // what waits is answered, not forgotten
  for (auto& each : waiting)
    EXPECT_EQ(each.get().error().code, error_code::actor_unavailable);
  EXPECT_EQ(router->calls_waiting(), 0u);
  EXPECT_EQ(ask("acme").get().error().code, error_code::draining);
}

TEST_F(tenant_router_test, keeps_as_many_addresses_as_its_limit_says_and_finds_the_others_again) {
  start({.addresses_max = 10});
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 10; ++i)
      EXPECT_TRUE(ask("t" + std::to_string(i)).get());
  EXPECT_EQ(located, 10) << "kept";
  EXPECT_TRUE(ask("one-more").get());
  EXPECT_TRUE(ask("t0").get());
  EXPECT_EQ(located, 12) << "the kept ones made room";
}

} // namespace
} // namespace dotmac
