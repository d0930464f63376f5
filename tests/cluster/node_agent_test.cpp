#include "cluster/node_agent.hpp"
#include "persistence/memory/memory_store.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace std::chrono_literals;

/// An agent over a store in memory, whose clock stands still while it asks.
class node_agent_test : public ::testing::TestWithParam<bool> {
protected:
  /// Until it has nothing to ask; false where that does not come.
  bool ask_all() {
    for (int i = 0; i < 1'000; ++i) {
      const auto request = agent.next(now);
      if (!request)
        return true;
      if (agent.name()) {
        EXPECT_TRUE(session->leases().announce(owner_text(*agent.name())));
      }
      agent.note_answer(now, now, *request, carry_out(*request, session->leases(), *session->cluster(), 6s, {}));
      for (const auto& act : agent.take_acts())
        if (act.what == shard_act::kind::prepare)
          agent.note_prepared(act.claim);
        else if (act.what != shard_act::kind::start)
          agent.note_stopped(act.claim);
    }
    return false;
  }

  std::shared_ptr<memory_database> database = std::make_shared<memory_database>();
  std::unique_ptr<store> session = *make_memory_store_factory(database)->open();
  steady_time now{1'000s};
  node_agent agent{node_card{"a", "somewhere:1", "", "test", GetParam()}, agent_limits{}};
};

TEST_P(node_agent_test, sleeps_until_something_is_due_and_not_less) {
  ASSERT_TRUE(ask_all());
  for (int i = 0; i < 50; ++i) {
    const auto wake = agent.wake_at();
    ASSERT_GT(wake, now) << "it would ask its thread to run at once, again and again, with nothing to do";
    ASSERT_LE(wake, now + 500ms);
    now = wake;
    EXPECT_TRUE(agent.next(now)) << "it woke for nothing";
    ASSERT_TRUE(ask_all());
  }
  EXPECT_EQ(agent.is_coordinator(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(owner_and_gateway, node_agent_test, ::testing::Bool());

} // namespace
} // namespace dotmac
