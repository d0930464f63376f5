#include "runtime/actor/worker_pool.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

namespace dotmac {
namespace {

TEST(worker_pool, tells_of_a_task_that_throws_and_goes_on) {
  worker_pool pool{1, 10};
  std::promise<std::string> failed;
  ASSERT_TRUE(pool.submit({[](std::size_t) { throw std::runtime_error{"thrown by the test"}; }, {}, [&](const std::string& what) { failed.set_value(what); }}));
  EXPECT_EQ(failed.get_future().get(), "thrown by the test");
  ASSERT_TRUE(pool.submit({[](std::size_t) { throw std::runtime_error{"nobody asks why"}; }, {}}));
  std::promise<void> after;
  ASSERT_TRUE(pool.submit({[&](std::size_t) { after.set_value(); }, {}}));
  after.get_future().wait();
}

} // namespace
} // namespace dotmac
