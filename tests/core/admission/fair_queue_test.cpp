#include "core/admission/fair_queue.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace dotmac {
namespace {

TEST(fair_queue, lets_tenants_take_turns_and_keeps_the_order_of_each) {
  fair_queue<char> queue;
  for (const char each : {'a', 'b', 'c', 'd'})
    queue.push("flood", each);
  queue.push("modest", 'X');
  queue.push("modest", 'Y');
  EXPECT_EQ(queue.front(), 'a');
  const auto all = queue.take_all();
  EXPECT_EQ(std::string(all.begin(), all.end()), "aXbYcd");
  EXPECT_TRUE(queue.empty());
}

TEST(fair_queue, refuses_who_fills_it_and_keeps_room_for_who_does_not) {
  fair_queue<int> queue;
  constexpr std::size_t max = 8;
  while (queue.has_room_for("flood", max))
    queue.push("flood", 0);
  EXPECT_EQ(queue.size(), max);
  EXPECT_TRUE(queue.has_room_for("modest", max));
  queue.push("modest", 1);
  EXPECT_FALSE(queue.has_room_for("flood", max));
  EXPECT_TRUE(queue.has_room_for("modest", max));
  queue.push("modest", 2);
  EXPECT_FALSE(queue.has_room_for("third", max)) << "a quarter beyond the limit is the end for everybody";
  queue.pop();
  EXPECT_TRUE(queue.has_room_for("third", max));
}

TEST(fair_queue, gives_each_item_once_and_never_makes_a_tenant_wait_two_turns_of_another) {
  std::mt19937 random{7};
  fair_queue<std::pair<int, int>> queue;
  std::map<int, int> pushed;
  std::map<int, int> popped;
  std::map<int, std::map<int, int>> since_last; // how often each other tenant came since this one, while it waited
  for (int step = 0; step < 20'000; ++step) {
    const int tenant = static_cast<int>(random() % 5);
    if (queue.empty() || random() % 2 == 0) {
      if (pushed[tenant] == popped[tenant])
        since_last[tenant].clear();
      queue.push(std::to_string(tenant), {tenant, pushed[tenant]++});
      continue;
    }
    const auto [whose, number] = queue.pop();
    EXPECT_EQ(number, popped[whose]++);
    since_last[whose].clear();
    for (auto& [other, counts] : since_last)
      if (other != whose && pushed[other] > popped[other]) {
        EXPECT_LE(++counts[whose], 1) << other << " waits for " << whose;
      }
  }
  while (!queue.empty())
    ++popped[queue.pop().first];
  EXPECT_EQ(pushed, popped);
}

} // namespace
} // namespace dotmac
