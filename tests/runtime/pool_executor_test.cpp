// Free threads of the question workers, lent to one question.

#include "runtime/actor/pool_executor.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

namespace dotmac {
namespace {

TEST(pool_executor, lends_free_threads_each_with_a_number_of_its_own) {
  worker_pool pool{2, 10, {}};
  pool_executor executor{&pool};
  ASSERT_EQ(executor.width(), 3u);
  std::mutex mutex;
  std::set<std::size_t> numbers;
  std::set<std::thread::id> threads;
  std::promise<void> all_are_here;
  auto opened = all_are_here.get_future().share();
  executor.run(100, [&](std::size_t number) {
    {
      const std::lock_guard lock{mutex};
      numbers.insert(number);
      threads.insert(std::this_thread::get_id());
      if (numbers.size() == 3) // the caller's and those of both workers
        all_are_here.set_value();
    }
    opened.wait();
  });
  EXPECT_EQ(numbers, (std::set<std::size_t>{0, 1, 2}));
  EXPECT_EQ(threads.size(), 3u);
}

TEST(pool_executor, uses_no_more_threads_than_there_is_to_do_and_waits_for_none_that_has_not_begun) {
  worker_pool pool{2, 10, {}};
  std::promise<void> gate;
  const auto opened = gate.get_future().share();
  std::atomic<int> busy{0};
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(pool.submit("another", {[&busy, opened](std::size_t) {
                                          ++busy;
                                          opened.wait();
                                        }, {}}));
  while (busy < 2)
    std::this_thread::yield();
  pool_executor executor{&pool};
  std::atomic<int> calls{0};
  executor.run(2, [&](std::size_t) { ++calls; });
  executor.run(1, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 2) << "the callers' own";
  gate.set_value();
}

TEST(pool_executor, has_the_callers_thread_alone_where_there_are_no_helpers) {
  pool_executor alone{nullptr};
  EXPECT_EQ(alone.width(), 1u);
  int calls = 0;
  alone.run(8, [&](std::size_t number) { calls += number == 0; });
  EXPECT_EQ(calls, 1);
}

/// A thread that sleeps has no core either: it stands for one that is not let run.
TEST(pool_executor, wants_a_thread_elsewhere_that_hardly_runs) {
  worker_pool pool{1, 10, worker_pool::threads_of{"helpers", 0, true}};
  pool_executor executor{&pool};
  std::promise<void> helper_looked;
  std::atomic<bool> left{false};
  executor.run(2, [&](std::size_t number) {
    if (number == 0)
      return helper_looked.get_future().wait();
    EXPECT_FALSE(executor.is_wanted_elsewhere()) << "it has only begun";
    std::this_thread::sleep_for(4 * core_share::looked_at_least_apart);
    left = executor.is_wanted_elsewhere();
    helper_looked.set_value();
  });
  EXPECT_TRUE(left);
}

TEST(core_share, is_small_below_a_quarter_of_the_time_since_the_last_look) {
  using namespace std::chrono_literals;
  core_share share;
  share.start(1'000ms, 50ms);
  EXPECT_TRUE(share.is_too_soon(1'009ms));
  EXPECT_FALSE(share.is_too_soon(1'010ms));
  EXPECT_FALSE(share.is_small(1'020ms, 55ms));
  EXPECT_TRUE(share.is_small(1'040ms, 59ms)) << "what came before does not count";
  EXPECT_FALSE(share.is_small(1'050ms, 69ms));
}

TEST(pool_executor, waits_for_those_that_began_also_when_the_callers_own_part_throws) {
  worker_pool pool{2, 10, {}};
  pool_executor executor{&pool};
  std::atomic<bool> helper_ended{false};
  std::promise<void> helper_began;
  EXPECT_THROW(executor.run(2, [&](std::size_t number) {
    if (number == 0) {
      helper_began.get_future().wait();
      throw std::runtime_error{"thrown by the test"};
    }
    helper_began.set_value();
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    helper_ended = true;
  }), std::runtime_error);
  EXPECT_TRUE(helper_ended);
}

} // namespace
} // namespace dotmac
