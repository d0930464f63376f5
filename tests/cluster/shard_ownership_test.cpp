#include "cluster/shard_ownership.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace std::chrono_literals;
using acts = std::vector<shard_act>;

/// A node that serves shard 7.
class shard_ownership_test : public testing::Test {
protected:
  static constexpr shard_claim claim{shard_id{7}, ownership_epoch{3}};

  void SetUp() override {
    ownership.become({"a", 1});
    ownership.note_claimed(10s, std::vector{claim});
    ASSERT_EQ(ownership.take_acts(), (acts{{shard_act::kind::start, claim}}));
  }
  acts seen(steady_time at, const std::string& wanted) {
    cluster_view view;
    view.shards.push_back({claim.shard, owner_text({"a", 1}), claim.epoch, false, wanted, {}, 0});
    ownership.note_view(at, view);
    return ownership.take_acts();
  }

  shard_ownership ownership{{}};
};

TEST_F(shard_ownership_test, serves_on_until_a_shard_is_prepared_to_be_left) {
  EXPECT_EQ(seen(11s, "b"), (acts{{shard_act::kind::prepare, claim}}));
  EXPECT_EQ(seen(12s, "b"), acts{}) << "once";
  EXPECT_TRUE(ownership.admits(claim.shard, 12s));
  ownership.note_prepared({claim.shard, ownership_epoch{2}});
  EXPECT_EQ(ownership.take_acts(), acts{}) << "that was an earlier life of it";
  ownership.note_prepared(claim);
  EXPECT_EQ(ownership.take_acts(), (acts{{shard_act::kind::stop, claim}}));
  EXPECT_FALSE(ownership.admits(claim.shard, 12s));
  EXPECT_TRUE(ownership.holds(claim.shard, 12s));
  ownership.note_prepared(claim);
  EXPECT_EQ(ownership.take_acts(), acts{});
}

TEST_F(shard_ownership_test, leaves_a_shard_as_it_is_that_is_not_prepared_in_time) {
  seen(11s, "b");
  EXPECT_EQ(seen(15'999ms, "b"), acts{});
  EXPECT_EQ(seen(16s, "b"), (acts{{shard_act::kind::stop, claim}}));
}

TEST_F(shard_ownership_test, keeps_a_shard_that_shall_stay_after_all) {
  seen(11s, "b");
  EXPECT_EQ(seen(12s, "a"), acts{});
  ownership.note_prepared(claim);
  EXPECT_EQ(ownership.take_acts(), acts{});
  EXPECT_TRUE(ownership.admits(claim.shard, 12s));
  EXPECT_EQ(seen(13s, "b"), (acts{{shard_act::kind::prepare, claim}})) << "anew";
}

TEST_F(shard_ownership_test, prepares_nothing_where_nobody_takes_over) {
  seen(11s, "b");
  ownership.leave_all();
  EXPECT_EQ(ownership.take_acts(), (acts{{shard_act::kind::stop, claim}}));
}

TEST_F(shard_ownership_test, drops_a_shard_that_is_lost_while_it_is_prepared) {
  seen(11s, "b");
  ownership.note_renewed(12s, std::vector{claim}, {});
  EXPECT_EQ(ownership.take_acts(), (acts{{shard_act::kind::drop, claim}}));
  ownership.note_prepared(claim);
  EXPECT_EQ(ownership.take_acts(), acts{});
}

} // namespace
} // namespace dotmac
