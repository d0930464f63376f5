#include "core/events/hash_runs.hpp"
#include "tests/core/events/random_cases.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace dotmac {
namespace {

using number_set = std::multiset<std::uint32_t>;

number_set found_in(const hash_runs& runs, std::uint64_t hash) {
  number_set out;
  runs.visit(hash, [&](std::uint32_t number) {
    out.insert(number);
    return false;
  });
  return out;
}

/// Evenly spread ones, and those that somebody chose: all at one end, few different ones, neighbours.
std::uint64_t draw_hash(std::mt19937_64& random, int form) {
  switch (form) {
  case 0: return random();
  case 1: return random() % 2'000;
  case 2: return ~std::uint64_t{0} - random() % 10'000;
  case 3: return random() % 2 == 0 ? random() % 5'000 : ~std::uint64_t{0} - random() % 5'000;
  default: return (random() % 8) << 61 | (random() % 300) << 31;
  }
}

TEST(hash_runs, have_what_was_added_and_nothing_else_whatever_the_hashes) {
  std::mt19937_64 random{plain::from_environment("DOTMAC_TEST_SEED", 11)};
  for (int round = 0; round < 30; ++round) {
    hash_runs runs;
    std::map<std::uint64_t, number_set> plain;
    std::uint32_t next = 1;
    const int form = round % 5;
    for (int part = 0; part < 12; ++part) {
      std::vector<hashed_number> entries(random() % 3'000);
      for (auto& each : entries) {
        each = {draw_hash(random, form), next++};
        plain[each.hash].insert(each.number);
      }
      sort_by_hash(entries);
      runs.add(entries, [](std::uint32_t) { return false; });
    }
    EXPECT_LT(runs.run_count(), 12u) << "none were merged";
    for (const auto& [hash, wanted] : plain)
      ASSERT_EQ(found_in(runs, hash), wanted);
    for (int i = 0; i < 5'000; ++i) {
      const auto hash = draw_hash(random, form);
      ASSERT_EQ(found_in(runs, hash), plain.contains(hash) ? plain[hash] : number_set{});
    }
  }
}

TEST(hash_runs, a_visitor_that_found_it_is_not_asked_again) {
  hash_runs runs;
  const std::vector<hashed_number> entries{{7, 1}, {7, 2}, {9, 3}};
  runs.add(entries, [](std::uint32_t) { return false; });
  int asked = 0;
  EXPECT_TRUE(runs.visit(7, [&](std::uint32_t) { return ++asked == 1; }));
  EXPECT_EQ(asked, 1);
  EXPECT_FALSE(runs.visit(8, [&](std::uint32_t) { return true; }));
}

TEST(hash_runs, what_is_dropped_goes_where_runs_are_merged_and_runs_that_are_all_below_go_at_once) {
  std::mt19937_64 random{plain::from_environment("DOTMAC_TEST_SEED", 11)};
  hash_runs runs;
  std::vector<hashed_number> left;
  std::vector<hashed_number> right;
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    left.push_back({random(), i});
    right.push_back({random(), 1'000 + i});
  }
  const auto all = left;
  sort_by_hash(left);
  sort_by_hash(right);
  runs.add(left, [](std::uint32_t) { return false; });
  runs.add(right, [](std::uint32_t number) { return number < 500; });
  EXPECT_EQ(runs.run_count(), 1u);
  for (const auto& each : all)
    EXPECT_EQ(found_in(runs, each.hash).contains(each.number), each.number >= 500) << each.number;
  runs.drop_below(1'999);
  EXPECT_EQ(runs.run_count(), 1u) << "one number is not less";
  runs.drop_below(2'000);
  EXPECT_EQ(runs.run_count(), 0u);
  EXPECT_EQ(runs.memory_bytes(), 0u);
}

TEST(block_filter, knows_all_of_its_own_and_few_others) {
  std::mt19937_64 random{plain::from_environment("DOTMAC_TEST_SEED", 11)};
  constexpr std::size_t count = 200'000;
  block_filter filter{count};
  std::vector<std::uint64_t> added(count);
  for (auto& each : added)
    filter.add(each = random());
  for (const auto each : added)
    ASSERT_TRUE(filter.may_have(each));
  std::size_t passed = 0;
  for (std::size_t i = 0; i < count; ++i)
    passed += filter.may_have(random());
  EXPECT_LT(passed, count / 300);
  EXPECT_LE(filter.memory_bytes(), count * 2 + 32);
}

} // namespace
} // namespace dotmac
