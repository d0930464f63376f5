#include "cluster/placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace dotmac {
namespace {

/// Plans and carries out until nothing is planned any more.
class world {
public:
  explicit world(std::vector<placement_node> given) : nodes{std::move(given)} {
    for (std::uint16_t i = 0; i < shard_count; ++i)
      shards.push_back({shard_id{i}, {}, {}, 0, false});
  }

  std::vector<shard_assignment> plan_once() {
    auto planned = plan_placement(nodes, shards, limits, is_evening_loads);
    is_evening_loads = planned.is_evening_loads;
    for (const auto& each : planned.assignments)
      shards[to_number(each.shard)].node = each.node;
    return planned.assignments;
  }
  /// How many moves it took.
  std::size_t settle() {
    std::size_t moves = 0;
    for (int round = 0; round < 200; ++round) {
      const auto planned = plan_once();
      if (planned.empty())
        return moves;
      moves += planned.size();
    }
    ADD_FAILURE() << "shards move without end";
    return moves;
  }
  std::map<std::string, std::size_t> counts() const {
    std::map<std::string, std::size_t> found;
    for (const auto& each : shards)
      ++found[each.node];
    return found;
  }
  double load_of(const std::string& node) const {
    double sum = 0;
    for (const auto& each : shards)
      sum += each.node == node ? static_cast<double>(each.load) : 0;
    return sum;
  }
  double busiest_to_mean() const {
    double most = 0, all = 0;
    for (const auto& node : nodes) {
      most = std::max(most, load_of(node.id));
      all += load_of(node.id);
    }
    return most * static_cast<double>(nodes.size()) / all;
  }

  std::vector<placement_node> nodes;
  std::vector<placement_shard> shards;
  placement_limits limits;
  bool is_evening_loads = false;
};

TEST(placement, gives_every_shard_a_node_at_once_and_even_shares) {
  world w{{{"a"}, {"b"}, {"c"}}};
  EXPECT_EQ(w.plan_once().size(), shard_count);
  for (const auto& [node, count] : w.counts())
    EXPECT_TRUE(count == 85 || count == 86) << node;
  EXPECT_TRUE(w.plan_once().empty());
}

TEST(placement, moves_no_more_than_a_new_node_needs_and_a_few_at_a_time) {
  world w{{{"a"}, {"b"}, {"c"}}};
  w.settle();
  w.nodes.push_back({"d"});
  EXPECT_EQ(w.plan_once().size(), w.limits.moves_max);
  EXPECT_EQ(w.settle() + w.limits.moves_max, 64u);
  EXPECT_EQ(w.counts()["d"], 64u);
}

TEST(placement, keeps_a_pinned_shard_where_it_is_wanted_and_the_shares_even) {
  world w{{{"a"}, {"b"}, {"c"}}};
  w.settle();
  for (std::uint16_t i = 0; i < 20; ++i)
    w.shards[i].pinned = "c";
  w.settle();
  for (std::uint16_t i = 0; i < 20; ++i)
    EXPECT_EQ(w.shards[i].node, "c");
  for (const auto& [node, count] : w.counts())
    EXPECT_TRUE(count == 85 || count == 86) << node;
  w.nodes[2].may_keep = w.nodes[2].may_receive = false; // drained
  w.settle();
  EXPECT_EQ(w.counts().count("c"), 0u);
  w.nodes[2].may_keep = true; // cordoned: what is pinned there goes there all the same
  w.settle();
  EXPECT_EQ(w.counts()["c"], 20u);
}

TEST(placement, evens_out_the_others_where_one_node_has_more_than_its_share_pinned) {
  world w{{{"a"}, {"b"}, {"c"}}};
  for (std::uint16_t i = 0; i < 200; ++i)
    w.shards[i].pinned = "a";
  w.nodes[2].may_receive = false;
  w.settle();
  w.nodes[2].may_receive = true;
  w.settle();
  EXPECT_EQ(w.counts()["a"], 200u);
  EXPECT_EQ(w.counts()["b"], 28u);
  EXPECT_EQ(w.counts()["c"], 28u);
}

TEST(placement, pays_no_heed_to_differences_of_load_that_are_not_worth_a_move) {
  world w{{{"a"}, {"b"}}};
  w.settle();
  for (auto& each : w.shards)
    if (each.node == "a")
      each.load = 100; // 12.8 ms a second beside none
  EXPECT_TRUE(w.plan_once().empty());
  w.is_evening_loads = true; // it was asked for
  EXPECT_FALSE(w.plan_once().empty());
  w.settle();
  EXPECT_LT(w.busiest_to_mean(), 1.1);
}

TEST(placement, evens_out_random_loads_without_end_of_moves_and_keeps_counts_even) {
  std::mt19937_64 random{std::random_device{}()};
  for (int round = 0; round < 50; ++round) {
    std::vector<placement_node> nodes;
    for (std::size_t i = 0, count = 2 + random() % 7; i < count; ++i)
      nodes.push_back({"n" + std::to_string(i)});
    world w{nodes};
    w.settle();
    double all = 0;
    std::uint64_t heaviest = 0;
    for (auto& each : w.shards) {
      each.load = random() % 10 == 0 ? random() % 100'000 : random() % 5'000;
      heaviest = std::max(heaviest, each.load);
      all += static_cast<double>(each.load);
    }
    w.settle();
    EXPECT_LE(w.busiest_to_mean(), std::max(w.limits.uneven_above, 2 * static_cast<double>(heaviest) * static_cast<double>(nodes.size()) / all)) << nodes.size() << " nodes";
    const auto counts = w.counts();
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    EXPECT_LE(most->second, least->second + 1);
  }
}

TEST(placement, assigns_nothing_where_nobody_may_have_shards) {
  world w{{{"a", false, false}}};
  EXPECT_TRUE(w.plan_once().empty());
  w.nodes.clear();
  EXPECT_TRUE(w.plan_once().empty());
}

} // namespace
} // namespace dotmac
