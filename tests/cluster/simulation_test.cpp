#include "tests/cluster/simulated_cluster.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace dotmac {
namespace {

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

TEST(cluster_simulation, keeps_its_promises_in_every_schedule) {
  const auto seed = number_in("DOTMAC_TEST_SEED", std::random_device{}());
  const auto cases = number_in("DOTMAC_TEST_CASES", 300);
  std::uint64_t acknowledged = 0;
  std::size_t starts = 0;
  for (std::uint64_t i = 0; i < cases; ++i) {
    simulated_cluster world{seed + i, planted_bug::none};
    world.run();
    acknowledged += world.acknowledged();
    starts += world.starts_seen();
    ASSERT_TRUE(world.violations().empty()) << testing::PrintToString(world.violations());
  }
  EXPECT_GT(acknowledged, cases * 500); // it was no desert
  EXPECT_GT(starts, cases * 256);
}

TEST(cluster_simulation, is_the_same_again_with_the_same_seed) {
  simulated_cluster once{7, planted_bug::none}, again{7, planted_bug::none};
  once.run();
  again.run();
  EXPECT_EQ(once.acknowledged(), again.acknowledged());
  EXPECT_EQ(once.starts_seen(), again.starts_seen());
}

class planted_bugs : public testing::TestWithParam<planted_bug> {};

TEST_P(planted_bugs, are_found) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    simulated_cluster world{seed, GetParam()};
    world.run();
    if (!world.violations().empty()) {
      std::printf("[ found    ] after %llu schedules: %s\n", static_cast<unsigned long long>(seed), world.violations().front().c_str());
      return;
    }
  }
  FAIL() << "no schedule of 200 showed it";
}

INSTANTIATE_TEST_SUITE_P(all, planted_bugs,
                         testing::Values(planted_bug::lease_counted_from_its_answer, planted_bug::commits_not_fenced, planted_bug::answers_without_a_lease,
                                         planted_bug::loaded_before_the_claim));

} // namespace
} // namespace dotmac
