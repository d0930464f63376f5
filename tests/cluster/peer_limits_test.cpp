// What may wait between nodes is bounded: calls without an owner, and calls on their way to a node that does not answer.

#include "actors/protocol/wire_types.hpp"
#include "runtime/peers/cluster_router.hpp"
#include "runtime/peers/peer_network.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

#include <future>

namespace dotmac {
namespace {

using namespace std::chrono_literals;

struct limits_configuration : caf::actor_system_config {
  limits_configuration() {
    add_message_types<caf::id_block::dotmac_wire>();
    configure_peer_network(*this, 2s);
    set("scheduler.max-threads", 2u);
  }
};

/// Takes calls, and answers none.
struct silent_tenants : tenant_service {
  void ask(call_options, tenant_call, std::function<void(result<tenant_answer>)> on_answer) override {
    const std::lock_guard lock{mutex};
    kept.push_back(std::move(on_answer));
  }
  std::mutex mutex;
  std::vector<std::function<void(result<tenant_answer>)>> kept;
};

call_options of_acme(std::chrono::milliseconds within) { return {"acme", std::chrono::steady_clock::now() + within, nullptr}; }

class peer_limits_test : public ::testing::Test {
protected:
  ~peer_limits_test() override {
    links.stop();
    caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
    door = peer_door_actor{};
  }
  /// Links of "me" to "far", which keeps silent.
  void connect() {
    node_row far;
    far.card = {"far", "somewhere:1", "", "test", true};
    far.incarnation = 1;
    far.is_present = true;
    links.note_members({far});
    for (int i = 0; i < 2'000 && !links.is_connected("far#1"); ++i)
      std::this_thread::sleep_for(5ms);
    ASSERT_TRUE(links.is_connected("far#1"));
  }
  std::future<std::pair<peer_outcome, error_code>> ask(const tenant_call& call) {
    const auto told = std::make_shared<std::promise<std::pair<peer_outcome, error_code>>>();
    links.ask("far#1", of_acme(60s), call, [told](peer_outcome outcome, const result<tenant_answer>& answer) { told->set_value({outcome, answer ? error_code::none : answer.error().code}); });
    return told->get_future();
  }

  peer_limits small{.calls_under_way_max = 3, .bytes_under_way_max = 10'000};
  silent_tenants tenants;
  limits_configuration configuration;
  caf::actor_system system{configuration};
  peer_door_actor door = spawn_peer_door(system, {"test", [] { return std::string{"far#1"}; }}, {tenants, [](const std::string&, const auto&) {}, [] {}, nullptr});
  peer_links links{system, {"test", [] { return std::string{"me#1"}; }}, [this](const std::string&) -> result<peer_door_actor> { return door; }, small, [](const std::string&) {}};
};

TEST_F(peer_limits_test, calls_beyond_the_number_that_may_be_under_way_to_a_node_are_refused_and_not_sent) {
  connect();
  std::vector<std::future<std::pair<peer_outcome, error_code>>> waiting;
  for (int i = 0; i < 3; ++i)
    waiting.push_back(ask(get_metric{"m"}));
  EXPECT_EQ(ask(get_metric{"m"}).get(), (std::pair{peer_outcome::not_sent, error_code::too_many_requests}));
  for (auto& each : waiting)
    EXPECT_EQ(each.wait_for(0s), std::future_status::timeout);
  links.stop();
  for (auto& each : waiting)
    EXPECT_NE(each.get().first, peer_outcome::answered);
}

TEST_F(peer_limits_test, calls_beyond_the_bytes_that_may_be_under_way_to_a_node_are_refused) {
  connect();
  const auto first = ask(append_events{bytes(10'000, 'x'), false});
  EXPECT_EQ(ask(get_metric{"m"}).get(), (std::pair{peer_outcome::not_sent, error_code::too_many_requests}));
}

TEST_F(peer_limits_test, calls_wait_for_an_owner_within_their_limit_and_not_for_ever) {
  cluster_router router{nullptr, {[](shard_id) { return false; }, [](shard_id) { return false; }}, links, [] { return std::string{"me#1"}; },
                        {.waiting_calls_max = 2, .route_within = 500ms, .try_again_after = 5ms}};
  std::vector<std::future<error_code>> answers;
  for (int i = 0; i < 3; ++i) {
    const auto told = std::make_shared<std::promise<error_code>>();
    answers.push_back(told->get_future());
    router.ask(of_acme(60s), get_metric{"m"}, [told](const result<tenant_answer>& answer) { told->set_value(answer ? error_code::none : answer.error().code); });
  }
  EXPECT_EQ(answers[2].get(), error_code::too_many_requests);
  for (int i = 0; i < 2; ++i) {
    const auto code = answers[static_cast<std::size_t>(i)].get();
    EXPECT_NE(code, error_code::none);
    EXPECT_NE(code, error_code::too_many_requests);
    EXPECT_TRUE(describe(code).retryable);
  }
  router.stop();
}

} // namespace
} // namespace dotmac
