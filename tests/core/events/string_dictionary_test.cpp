#include "core/events/string_dictionary.hpp"
#include "tests/core/events/random_cases.hpp"

#include <gtest/gtest.h>

#include <map>

namespace dotmac {
namespace {

class counting_memory final : public std::pmr::memory_resource {
public:
  std::map<void*, std::size_t> given;
  std::size_t smallest = ~std::size_t{0};

private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    void* const start = std::pmr::new_delete_resource()->allocate(bytes, alignment);
    given[start] = bytes;
    smallest = std::min(smallest, bytes);
    return start;
  }
  void do_deallocate(void* start, std::size_t bytes, std::size_t alignment) override {
    ASSERT_EQ(given.at(start), bytes);
    given.erase(start);
    std::pmr::new_delete_resource()->deallocate(start, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

std::string session_text(std::uint32_t number) { return "session-" + std::to_string(number * 2'654'435'761u) + "-" + std::to_string(number); }

constexpr std::uint32_t recent_max = 1 << 18;
/// Some more than the index in ordinary memory takes, three times.
constexpr std::uint32_t many_texts = 3 * recent_max + recent_max / 2;

TEST(string_dictionary, with_more_texts_than_its_newest_index_takes_knows_each_of_them) {
  counting_memory memory;
  {
    string_dictionary texts{recent_max};
    texts.use_for_large(&memory);
    for (std::uint32_t i = 1; i <= many_texts; ++i) {
      ASSERT_EQ(texts.insert(session_text(i)), i);
      if (i % 1'000 == 0)
        texts.settle();
    }
    std::mt19937_64 random{plain::from_environment("DOTMAC_TEST_SEED", 11)};
    for (int i = 0; i < 200'000; ++i) {
      const auto number = static_cast<std::uint32_t>(random() % many_texts) + 1;
      ASSERT_EQ(texts.find(session_text(number)), number);
      ASSERT_EQ(texts.insert(session_text(number)), number);
      ASSERT_EQ(texts.text(number), session_text(number));
      ASSERT_EQ(texts.find(session_text(number + many_texts)), 0u);
    }
    EXPECT_EQ(texts.size(), many_texts);
    EXPECT_GE(memory.smallest, std::size_t{1} << 20) << "only what is large goes there";
    std::size_t large = 0;
    for (const auto& [start, size] : memory.given)
      large += size;
    EXPECT_LT(texts.memory_bytes() - large, many_texts * 2ull + 32 * recent_max) << "of ordinary memory";
  }
  EXPECT_TRUE(memory.given.empty());
}

TEST(string_dictionary, takes_many_at_once_as_one_by_one) {
  std::mt19937_64 random{plain::from_environment("DOTMAC_TEST_SEED", 11)};
  string_dictionary one_by_one{recent_max};
  string_dictionary at_once{recent_max};
  const std::uint32_t different = recent_max + recent_max / 4;
  while (one_by_one.size() < different - 1'000) {
    std::vector<std::string> texts(random() % 5'000);
    std::vector<std::string_view> asked;
    for (auto& each : texts)
      asked.push_back(each = session_text(static_cast<std::uint32_t>(random() % different)));
    std::vector<std::uint32_t> wanted;
    std::vector<std::uint32_t> codes(asked.size());
    for (const auto each : asked)
      wanted.push_back(one_by_one.insert(each));
    at_once.insert(asked, codes);
    ASSERT_EQ(codes, wanted);
    if (random() % 16 == 0)
      at_once.settle();
  }
}

TEST(string_dictionary, truncates_behind_what_is_settled_and_takes_the_codes_again) {
  string_dictionary texts{recent_max};
  for (std::uint32_t i = 1; i <= recent_max; ++i)
    texts.insert(session_text(i));
  texts.settle();
  for (std::uint32_t i = 1; i <= 1'000; ++i)
    EXPECT_EQ(texts.insert(session_text(recent_max + i)), recent_max + i);
  texts.truncate(recent_max + 10);
  EXPECT_EQ(texts.find(session_text(recent_max + 10)), recent_max + 10);
  EXPECT_EQ(texts.find(session_text(recent_max + 11)), 0u);
  texts.truncate(recent_max);
  EXPECT_EQ(texts.insert("another"), recent_max + 1);
  EXPECT_EQ(texts.find(session_text(77)), 77u);
}

TEST(string_dictionary, forgets_also_what_is_settled) {
  string_dictionary texts{recent_max};
  for (std::uint32_t i = 1; i <= recent_max; ++i)
    texts.insert(session_text(i));
  texts.settle();
  texts.forget(5);
  EXPECT_EQ(texts.find(session_text(5)), 0u);
  EXPECT_EQ(texts.text(5), session_text(5)) << "for those who read";
  const auto again = texts.insert(session_text(5));
  EXPECT_EQ(again, recent_max + 1);
  for (std::uint32_t i = 1; i <= recent_max; ++i)
    texts.insert(session_text(recent_max + i)); // runs are merged
  texts.settle();
  EXPECT_EQ(texts.find(session_text(5)), again);
  EXPECT_EQ(texts.find(session_text(6)), 6u);
}

TEST(string_dictionary, indexes_many_that_were_appended_and_finds_one_that_is_there_twice) {
  for (const std::uint32_t repeated : {0u, 3u, many_texts - 1}) {
    string_dictionary texts{recent_max};
    for (std::uint32_t i = 1; i < many_texts; ++i)
      texts.append(session_text(i));
    texts.append(session_text(repeated == 0 ? many_texts : repeated));
    ASSERT_EQ(texts.index(), repeated == 0) << repeated;
    if (repeated != 0)
      continue;
    for (std::uint32_t i = 1; i <= many_texts; i += 97)
      ASSERT_EQ(texts.find(session_text(i)), i);
    ASSERT_EQ(texts.find(session_text(many_texts + 1)), 0u);
    ASSERT_EQ(texts.insert(session_text(many_texts + 1)), many_texts + 1);
  }
  string_dictionary texts{recent_max}; // both in one of the sorted parts
  for (std::uint32_t i = 1; i <= recent_max; ++i)
    texts.append(session_text(i % (recent_max - 1)));
  EXPECT_FALSE(texts.index());
}

} // namespace
} // namespace dotmac
