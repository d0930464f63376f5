#include "runtime/node/shard_load_meter.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using std::chrono::milliseconds;

class shard_load_meter_test : public testing::Test {
protected:
  /// A second passes, in which shard 7 has so many microseconds of work.
  std::optional<std::uint64_t> second(std::uint64_t work) {
    now_ += milliseconds{1'000};
    work_[7] += work;
    std::optional<std::uint64_t> told;
    for (const auto& each : meter_.measure(now_, work_, memory_, [this](shard_id shard) { return to_number(shard) == 7 && is_served_; }))
      told = each.load;
    return told;
  }
  /// What was told last in so many seconds.
  std::optional<std::uint64_t> seconds(int count, std::uint64_t work) {
    std::optional<std::uint64_t> last;
    for (int i = 0; i < count; ++i)
      if (const auto told = second(work))
        last = told;
    return last;
  }

  shard_load_meter meter_;
  work_of_shards work_{};
  std::array<std::uint64_t, shard_count> memory_{};
  milliseconds now_{0};
  bool is_served_ = true;
};

TEST_F(shard_load_meter_test, says_nothing_before_it_has_measured_for_a_while_and_then_the_truth) {
  second(0);
  EXPECT_FALSE(seconds(14, 50'000));
  const auto told = second(50'000);
  ASSERT_TRUE(told);
  EXPECT_NEAR(static_cast<double>(*told), 50'000, 500);
  EXPECT_FALSE(seconds(60, 50'000)) << "nothing has changed";
}

TEST_F(shard_load_meter_test, follows_a_change_within_minutes_in_few_steps) {
  seconds(60, 50'000);
  int steps = 0;
  std::uint64_t last = 0;
  for (int i = 0; i < 180; ++i)
    if (const auto told = second(200'000)) {
      ++steps;
      EXPECT_GT(*told, last);
      last = *told;
    }
  EXPECT_GT(last, 180'000u);
  EXPECT_LT(steps, 20);
}

TEST_F(shard_load_meter_test, weighs_memory) {
  memory_[7] = 300u << 20;
  const auto told = seconds(20, 0);
  ASSERT_TRUE(told);
  EXPECT_EQ(*told, 300u << 10);
}

TEST_F(shard_load_meter_test, begins_anew_when_a_shard_comes_back) {
  seconds(60, 80'000);
  is_served_ = false;
  EXPECT_FALSE(seconds(5, 80'000));
  is_served_ = true;
  EXPECT_FALSE(seconds(15, 0));
  EXPECT_EQ(second(0), 0u) << "the store may know another number from another node";
  EXPECT_FALSE(seconds(60, 0));
}

TEST_F(shard_load_meter_test, keeps_quiet_about_little) {
  EXPECT_EQ(seconds(16, 0), 0u);
  EXPECT_FALSE(seconds(100, 900));
}

} // namespace
} // namespace dotmac
