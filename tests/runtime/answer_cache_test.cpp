// Answers computed once per question and version, over any number of threads.

#include "runtime/actor/answer_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace dotmac {

struct cached_question {
  std::int64_t number = 0;
};
template <> struct description<cached_question> {
  static constexpr auto fields = std::tuple{field{"number", &cached_question::number, ""}};
};
struct cached_answer {
  std::string text;
  double value = 0;
};
template <> struct description<cached_answer> {
  static constexpr auto fields = std::tuple{field{"text", &cached_answer::text, ""}, field{"value", &cached_answer::value, ""}};
};

namespace {

answer_version version(std::uint64_t sequence, const std::string& entity = "acme/events/0") { return {entity, sequence, 1, sequence, 0}; }

TEST(answer_cache, computes_once_per_question_and_version) {
  answer_cache cache{1u << 20};
  int computed = 0;
  const auto ask = [&](const answer_version& of, std::int64_t number) {
    auto answer = answer_once<cached_answer>(cache, of, "question", cached_question{number}, [&]() -> result<cached_answer> {
      ++computed;
      return cached_answer{of.entity + std::to_string(of.sequence) + "/" + std::to_string(number), 0.1};
    });
    EXPECT_EQ(answer->text, of.entity + std::to_string(of.sequence) + "/" + std::to_string(number));
    EXPECT_EQ(answer->value, 0.1);
  };
  for (int i = 0; i < 3; ++i) {
    ask(version(1), 1);
    ask(version(1), 2);
    ask(version(2), 1);
    ask(version(1, "zeta/events/0"), 1);
  }
  EXPECT_EQ(computed, 4);
  const auto counted = cache.read_figures();
  EXPECT_EQ(counted.hits, 8u);
  EXPECT_EQ(counted.misses, 4u);
  EXPECT_EQ(counted.answers, 4u);
  EXPECT_GT(counted.bytes, 4 * answer_overhead_bytes);
}

TEST(answer_cache, keeps_no_failure_and_nothing_where_it_is_off) {
  answer_cache cache{1u << 20};
  answer_cache off{0};
  int computed = 0;
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(answer_once<cached_answer>(cache, version(1), "question", cached_question{}, [&]() -> result<cached_answer> {
      ++computed;
      return failure{error_code::cancelled, {}, {}};
    }));
    EXPECT_TRUE(answer_once<cached_answer>(off, version(1), "question", cached_question{}, [&]() -> result<cached_answer> {
      ++computed;
      return cached_answer{};
    }));
  }
  EXPECT_EQ(computed, 4);
  EXPECT_EQ(cache.read_figures().answers, 0u);
  EXPECT_EQ(off.read_figures().misses, 0u);
}

TEST(answer_cache, computes_anew_what_does_not_read_as_an_answer) {
  answer_cache cache{1u << 20};
  cache.keep(answer_key(version(1), "question", cached_question{}), "no answer");
  const auto answer = answer_once<cached_answer>(cache, version(1), "question", cached_question{}, []() -> result<cached_answer> { return cached_answer{"computed", 1}; });
  EXPECT_EQ(answer->text, "computed");
}

TEST(answer_cache, counts_what_is_too_large) {
  answer_cache cache{1u << 20};
  cache.keep("key", bytes(1u << 20, 'a'));
  EXPECT_EQ(cache.find("key"), nullptr);
  EXPECT_EQ(cache.read_figures().too_large, 1u);
}

TEST(answer_cache, gives_every_thread_its_own_answer_at_its_bound) {
  answer_cache cache{64u << 10};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 5'000; ++i) {
        const auto number = static_cast<std::int64_t>((i * (t + 1)) % 300);
        const auto wanted = std::string(static_cast<std::size_t>(number), 'x') + std::to_string(i / 1'000);
        const auto answer = answer_once<cached_answer>(cache, version(i / 1'000), "question", cached_question{number}, [&]() -> result<cached_answer> { return cached_answer{wanted, 0}; });
        wrong += answer->text != wanted;
      }
    });
  for (auto& each : threads)
    each.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(cache.read_figures().bytes, 64u << 10);
  EXPECT_GT(cache.read_figures().evicted, 0u);
}

} // namespace
} // namespace dotmac
