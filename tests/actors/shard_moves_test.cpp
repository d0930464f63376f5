// Shards that come to a node and leave it while it runs.

#include "tests/actors/actors_fixture.hpp"

namespace dotmac {
namespace {

class shard_moves_test : public actors_fixture {
protected:
  const std::uint16_t shard_ = to_number(shard_of_tenant("acme"));
  std::uint64_t epoch() const { return to_number(claims[shard_].epoch); }
  bool leave(std::uint64_t of_epoch) {
    bool is_done = false;
    caf::scoped_actor asker{system};
    asker->request(guardian, 20s, leave_shard{shard_, of_epoch}).receive([&](const done&) { is_done = true; }, [](const caf::error&) {});
    return is_done;
  }
  bool serve(std::uint64_t in_epoch) {
    bool is_done = false;
    caf::scoped_actor asker{system};
    asker->request(guardian, 20s, serve_shard{shard_, in_epoch}).receive([&](const done&) { is_done = true; }, [](const caf::error&) {});
    return is_done;
  }
  /// To another owner and back: two epochs on.
  std::uint64_t come_back() {
    auto session = *factory->open();
    EXPECT_TRUE(session->leases().release_shards("me", {&claims[shard_], 1}));
    const shard_id wanted[] = {shard_id{shard_}};
    const auto others = *session->leases().claim_shards("other", wanted, 1h);
    EXPECT_TRUE(session->leases().release_shards("other", others));
    claims[shard_] = session->leases().claim_shards("me", wanted, 1h)->at(0);
    return epoch();
  }
};

TEST_F(shard_moves_test, a_shard_that_was_left_is_refused_and_its_actors_are_gone) {
  start();
  ASSERT_TRUE(append("1"));
  std::string neighbour = "b";
  while (to_number(shard_of_tenant(neighbour)) == shard_)
    neighbour += "b";
  ASSERT_TRUE(append("1", neighbour));
  ASSERT_EQ(running("events"), 2u);
  ASSERT_TRUE(leave(epoch()));
  // They have nothing left to do when the answer comes; on their threads they may still be ending.
  EXPECT_TRUE(comes_true([&] { return running("events") == 1u && running("tenant") == 1u; }));
  const auto refused = append("2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::ownership_lost);
  EXPECT_TRUE(append("2", neighbour));
  EXPECT_TRUE(leave(epoch())) << "again: there is nothing left to do";
  EXPECT_TRUE(stop());
}

TEST_F(shard_moves_test, a_shard_that_comes_back_has_all_that_was_acknowledged) {
  start();
  ASSERT_TRUE(append("1"));
  make_metric("load");
  ASSERT_TRUE(leave(epoch()));
  ASSERT_TRUE(serve(come_back()));
  EXPECT_EQ(count(), 1u);
  ASSERT_TRUE(append("2"));
  ASSERT_TRUE(append("1")) << "known already";
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(ask(list_metrics{})->metrics.size(), 1u);
}

TEST_F(shard_moves_test, nothing_acknowledged_is_lost_and_nobody_waits_for_ever_while_it_leaves) {
  start();
  ASSERT_TRUE(append("1"));
  std::atomic<std::uint64_t> answered{0}, acknowledged{1};
  constexpr std::uint64_t calls = 2'000;
  for (std::uint64_t i = 0; i < calls; ++i) {
    dotmac::ask(*router, {"acme", std::chrono::steady_clock::now() + 1h, {}}, append_events{one_event("x" + std::to_string(i)), false},
                std::function<void(result<events_appended>)>{[&](const result<events_appended>& outcome) {
                  acknowledged += outcome.has_value();
                  if (!outcome) {
                    EXPECT_TRUE(describe(outcome.error().code).retryable) << outcome.error().message;
                  }
                  ++answered;
                }});
    if (i == calls / 2) {
      ASSERT_TRUE(leave(epoch()));
    }
  }
  ASSERT_TRUE(comes_true([&] { return answered == calls; })) << answered;
  EXPECT_LT(acknowledged, calls);
  ASSERT_TRUE(serve(come_back()));
  EXPECT_EQ(count(), acknowledged);
}

TEST_F(shard_moves_test, an_answer_that_comes_late_takes_no_later_epoch_away) {
  start();
  const auto earlier = epoch();
  ASSERT_TRUE(leave(earlier));
  ASSERT_TRUE(serve(come_back()));
  ASSERT_TRUE(append("1"));
  ASSERT_TRUE(leave(earlier));
  EXPECT_TRUE(append("2"));
  EXPECT_EQ(count(), 2u);
}

} // namespace
} // namespace dotmac
