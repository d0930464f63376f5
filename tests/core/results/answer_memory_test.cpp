// Answers by key within a bound: what goes, what stays, and that a hash alone never finds one.

#include "core/results/answer_key.hpp"
#include "core/results/answer_memory.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace dotmac {
namespace {

std::shared_ptr<const bytes> some(std::size_t size, char with = 'a') { return std::make_shared<const bytes>(size, with); }

struct asked {
  std::string what;
  std::int64_t limit = 0;
};

} // namespace

template <> struct description<asked> {
  static constexpr auto fields = std::tuple{field{"what", &asked::what, ""}, field{"limit", &asked::limit, ""}};
};

namespace {

TEST(answer_key, differs_in_everything_an_answer_depends_on) {
  const answer_version version{"acme/events/0", 7, 11, 100, 5'000};
  const asked question{"clicks", 10};
  std::set<bytes> keys{answer_key(version, "count", question)};
  const auto expect_new = [&](const bytes& key) { EXPECT_TRUE(keys.insert(key).second) << keys.size(); };
  for (const auto& other : {answer_version{"acme/events/1", 7, 11, 100, 5'000}, answer_version{"acme/events/0", 8, 11, 100, 5'000}, answer_version{"acme/events/0", 7, 12, 100, 5'000},
                            answer_version{"acme/events/0", 7, 11, 101, 5'000}, answer_version{"acme/events/0", 7, 11, 100, 5'001}})
    expect_new(answer_key(other, "count", question));
  expect_new(answer_key(version, "find", question));
  expect_new(answer_key(version, "count", asked{"clicks", 11}));
  expect_new(answer_key(version, "count", asked{"click", 10}));
  expect_new(answer_key(version, "countc", asked{"licks", 10})); // no two fields run into each other
  EXPECT_FALSE(keys.insert(answer_key(version, "count", question)).second);
}

TEST(answer_memory, gives_what_was_kept_and_lets_the_least_recently_used_go_at_its_bound) {
  const std::size_t size = 1'000, entry = size + 1 + answer_overhead_bytes, fit = 20;
  answer_memory held{fit * entry};
  for (char name = 'a'; name < static_cast<char>('a' + fit); ++name)
    EXPECT_TRUE(held.keep(bytes(1, name), some(size, name)));
  EXPECT_EQ(held.count(), fit);
  EXPECT_EQ(held.bytes_held(), fit * entry);
  const auto in_use = held.find("a"); // now "b" is the one used least recently
  EXPECT_TRUE(held.keep("z", some(size, 'z')));
  EXPECT_EQ(held.count(), fit);
  EXPECT_EQ(held.evicted(), 1u);
  EXPECT_EQ(held.find("b"), nullptr);
  ASSERT_NE(held.find("a"), nullptr);
  EXPECT_EQ(*held.find("z"), bytes(size, 'z'));
  for (int i = 0; i < 100; ++i)
    held.keep("more " + std::to_string(i), some(size));
  EXPECT_EQ(held.find("a"), nullptr);
  EXPECT_EQ(*in_use, bytes(size, 'a')) << "who holds an answer keeps it";
}

TEST(answer_memory, does_not_keep_what_would_cost_many_others_their_place) {
  answer_memory small{160'000};
  EXPECT_EQ(small.size_max(), 10'000u);
  EXPECT_TRUE(small.keep("k", some(9'999)));
  EXPECT_FALSE(small.keep("l", some(10'000)));
  EXPECT_EQ(small.find("l"), nullptr);
  EXPECT_EQ(small.count(), 1u);
  answer_memory large{std::size_t{1} << 32};
  EXPECT_EQ(large.size_max(), answer_bytes_max);
  EXPECT_FALSE(large.keep("k", some(answer_bytes_max)));
  EXPECT_TRUE(large.keep("k", some(answer_bytes_max - 1)));
  answer_memory none{0};
  EXPECT_FALSE(none.keep("", some(0)) && none.count() > 0);
  EXPECT_EQ(none.bytes_held(), 0u);
}

TEST(answer_memory, takes_another_key_of_the_same_hash_for_no_hit) {
  answer_memory held{1u << 20, [](bytes_view) { return answer_hash{1, 1}; }};
  ASSERT_TRUE(held.keep("one", some(10, '1')));
  EXPECT_EQ(held.find("two"), nullptr);
  ASSERT_TRUE(held.keep("two", some(10, '2')));
  EXPECT_EQ(held.find("one"), nullptr) << "one place for both";
  EXPECT_EQ(*held.find("two"), bytes(10, '2'));
  EXPECT_EQ(held.count(), 1u);
  EXPECT_EQ(held.bytes_held(), 13 + answer_overhead_bytes);
}

TEST(answer_memory, never_mixes_up_answers_whatever_is_kept_and_forgotten) {
  const auto seed = std::random_device{}();
  std::mt19937 chance{seed};
  const auto few_hashes = [](bytes_view key) { return answer_hash{key.size() % 3, static_cast<unsigned char>(key.back()) % 5u}; };
  const auto answer_of = [](const bytes& key) { return key + bytes(std::stoul(key) * 5, key.back()); };
  answer_memory held{16'000, few_hashes};
  std::size_t hits = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const bytes key = std::to_string(chance() % 250);
    if (chance() % 2 == 0) {
      refused += !held.keep(key, std::make_shared<const bytes>(answer_of(key)));
    } else if (const auto found = held.find(key)) {
      ++hits;
      ASSERT_EQ(*found, answer_of(key)) << "seed " << seed;
    }
    ASSERT_LE(held.bytes_held(), 16'000u) << "seed " << seed;
  }
  EXPECT_GT(hits, 100u) << "seed " << seed;
  EXPECT_GT(refused, 100u) << "seed " << seed;
}

} // namespace
} // namespace dotmac
