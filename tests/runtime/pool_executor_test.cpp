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
  worker_pool pool{3, 10, {}};
  pool_executor executor{pool};
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
      if (numbers.size() == 3) // the caller's and two of the three workers': no more than the width
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
  pool_executor executor{pool};
  std::atomic<int> calls{0};
  executor.run(2, [&](std::size_t) { ++calls; });
  executor.run(1, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 2) << "the callers' own";
  gate.set_value();
}

TEST(pool_executor, is_wanted_elsewhere_while_a_question_waits_and_lent_work_takes_no_place_in_the_queue) {
  worker_pool pool{1, 1, {}};
  std::promise<void> began;
  std::promise<void> gate;
  ASSERT_TRUE(pool.submit("a", {[&, opened = gate.get_future().share()](std::size_t) {
                                  began.set_value();
                                  opened.wait();
                                }, {}}));
  began.get_future().wait();
  pool_executor executor{pool};
  const auto lent = std::make_shared<std::function<void()>>([] {});
  pool.lend(lent, 5);
  EXPECT_FALSE(executor.is_wanted_elsewhere());
  std::promise<void> answered;
  ASSERT_TRUE(pool.submit("b", {[&](std::size_t) { answered.set_value(); }, {}})) << "what is lent does not fill the queue";
  EXPECT_TRUE(executor.is_wanted_elsewhere());
  pool.take_back(lent);
  gate.set_value();
  answered.get_future().wait();
}

TEST(pool_executor, waits_for_those_that_began_also_when_the_callers_own_part_throws) {
  worker_pool pool{2, 10, {}};
  pool_executor executor{pool};
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
