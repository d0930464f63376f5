#include "core/admission/admission.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace dotmac {
namespace {

const admission_limits small{.tenant_bytes_max = 100, .tenant_calls_max = 50, .node_bytes_max = 200, .node_calls_max = 60, .reserve_percent = 25};

TEST(admission, refuses_a_tenant_beyond_its_own_bytes_and_names_the_limit) {
  admission subject{small};
  ASSERT_TRUE(subject.admit("a", 100));
  const auto outcome = subject.admit("a", 1);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, error_code::too_many_requests);
  EXPECT_NE(outcome.error().message.find("100 bytes"), std::string::npos);
  EXPECT_TRUE(subject.admit("b", 100)) << "another tenant is not touched";
  subject.release("a", 100);
  EXPECT_TRUE(subject.admit("a", 1));
}

TEST(admission, lets_the_refusals_of_a_full_node_fall_on_who_floods) {
  admission subject{small};
  std::size_t flood = 0;
  while (subject.admit("flood", 1))
    ++flood;
  EXPECT_EQ(flood, small.tenant_calls_max);
  ASSERT_TRUE(subject.admit("second", 1));
  for (int i = 0; i < 9; ++i)
    ASSERT_TRUE(subject.admit("second", 1));
  // 60 calls: the node is full. The flooding tenant gets nothing, who is below the share does.
  EXPECT_FALSE(subject.admit("flood", 1));
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(subject.admit("quiet", 1)) << i;
}

TEST(admission, lets_calls_grow_by_the_same_rules_and_give_part_of_it_back) {
  admission subject{small};
  ASSERT_TRUE(subject.admit("a", 10));
  EXPECT_TRUE(subject.grow("a", 200)) << "the only call may be larger than the limit: a body has its own";
  subject.shrink("a", 160);
  ASSERT_TRUE(subject.admit("a", 0));
  EXPECT_TRUE(subject.grow("a", 50));
  const auto outcome = subject.grow("a", 1);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, error_code::too_many_requests);
  EXPECT_NE(outcome.error().message.find("100 bytes"), std::string::npos);
  EXPECT_EQ(subject.bytes_in_flight(), 100u) << "what was refused is not held";
  // The node: of 200 bytes "b" may have half, its share, then only what the reserve allows to who is below it.
  ASSERT_TRUE(subject.admit("b", 0));
  EXPECT_TRUE(subject.grow("b", 100));
  ASSERT_TRUE(subject.admit("c", 0));
  EXPECT_TRUE(subject.grow("c", 50));
  EXPECT_FALSE(subject.grow("c", 1)) << "the reserve of 25 % is used up";
  subject.release("a", 50);
  subject.release("a", 50);
  EXPECT_TRUE(subject.grow("c", 1));
}

TEST(admission, never_holds_more_than_the_node_and_its_reserve_and_forgets_idle_tenants) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  admission subject{small};
  std::vector<std::pair<std::string, std::size_t>> in_flight;
  for (int i = 0; i < 20'000; ++i) {
    if (!in_flight.empty() && random() % 4 == 0) {
      auto& [tenant, held] = in_flight[random() % in_flight.size()];
      const std::size_t bytes = random() % 20;
      if (random() % 2 == 0 && held >= bytes)
        subject.shrink(tenant, bytes), held -= bytes;
      else if (in_flight.size() > 1 && subject.grow(tenant, bytes))
        held += bytes;
    } else if (in_flight.empty() || random() % 2) {
      const auto tenant = "t" + std::to_string(random() % 7);
      const std::size_t bytes = random() % 20;
      if (subject.admit(tenant, bytes))
        in_flight.emplace_back(tenant, bytes);
    } else {
      const auto at = random() % in_flight.size();
      subject.release(in_flight[at].first, in_flight[at].second);
      in_flight.erase(in_flight.begin() + static_cast<std::ptrdiff_t>(at));
    }
    std::map<std::string, std::size_t> bytes_of;
    std::size_t bytes = 0;
    for (const auto& [tenant, size] : in_flight)
      bytes += size, bytes_of[tenant] += size;
    ASSERT_EQ(subject.bytes_in_flight(), bytes);
    ASSERT_EQ(subject.calls_in_flight(), in_flight.size());
    ASSERT_EQ(subject.active_tenants(), bytes_of.size());
    ASSERT_LE(bytes, small.node_bytes_max * 5 / 4);
    ASSERT_LE(in_flight.size(), small.node_calls_max * 5 / 4);
  }
}

} // namespace
} // namespace dotmac
