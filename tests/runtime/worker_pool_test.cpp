#include "runtime/actor/worker_pool.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

namespace dotmac {
namespace {

TEST(worker_pool, tells_of_a_task_that_throws_and_goes_on) {
  worker_pool pool{1, 10, {}};
  std::promise<std::string> failed;
  ASSERT_TRUE(pool.submit("acme", {[](std::size_t) { throw std::runtime_error{"thrown by the test"}; }, {}, [&](const std::string& what) { failed.set_value(what); }}));
  EXPECT_EQ(failed.get_future().get(), "thrown by the test");
  ASSERT_TRUE(pool.submit("acme", {[](std::size_t) { throw std::runtime_error{"nobody asks why"}; }, {}}));
  std::promise<void> after;
  ASSERT_TRUE(pool.submit("acme", {[&](std::size_t) { after.set_value(); }, {}}));
  after.get_future().wait();
}

TEST(worker_pool, lets_tenants_take_turns_and_refuses_the_one_that_fills_it) {
  std::promise<void> began;
  std::promise<void> gate;
  std::string order;
  worker_pool pool{1, 4, {}};
  ASSERT_TRUE(pool.submit("flood", {[&, opened = gate.get_future().share()](std::size_t) {
                                      began.set_value();
                                      opened.wait();
                                    }, {}}));
  began.get_future().wait();
  std::promise<void> last;
  const auto note = [&](char what) {
    return worker_pool::task{[&, what](std::size_t) {
                               order.push_back(what);
                               if (order.size() == 5)
                                 last.set_value();
                             }, {}};
  };
  for (const char each : {'a', 'b', 'c', 'd'})
    EXPECT_TRUE(pool.submit("flood", note(each)));
  EXPECT_FALSE(pool.submit("flood", note('e')));
  EXPECT_TRUE(pool.submit("modest", note('X')));
  EXPECT_FALSE(pool.submit("third", note('Y'))) << "a quarter beyond the limit is the end";
  EXPECT_EQ(pool.waiting(), 5u);
  gate.set_value();
  last.get_future().wait();
  EXPECT_EQ(order, "aXbcd");
}

} // namespace
} // namespace dotmac
