#include "api/fair_workers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace dotmac {
namespace {

TEST(fair_workers, let_tenants_take_turns_and_keep_the_order_of_each) {
  std::promise<void> began;
  std::promise<void> gate;
  std::mutex mutex;
  std::string order;
  std::promise<void> last;
  fair_workers workers{1};
  workers.submit("flood", [&, opened = gate.get_future().share()] {
    began.set_value();
    opened.wait();
  });
  began.get_future().wait();
  const auto note = [&](char what) {
    return [&, what] {
      const std::lock_guard lock{mutex};
      order.push_back(what);
      if (order.size() == 6)
        last.set_value();
    };
  };
  for (const char each : {'a', 'b', 'c', 'd'})
    workers.submit("flood", note(each));
  workers.submit("modest", note('X'));
  workers.submit("modest", note('Y'));
  gate.set_value();
  last.get_future().wait();
  EXPECT_EQ(order, "aXbYcd");
}

TEST(fair_workers, go_on_after_a_task_that_throws_and_destroy_it) {
  const auto held = std::make_shared<int>(1);
  std::promise<void> after;
  fair_workers workers{1};
  workers.submit("a", [held] { throw std::runtime_error{"thrown by the test"}; });
  workers.submit("a", [&] { after.set_value(); });
  after.get_future().wait();
  EXPECT_EQ(held.use_count(), 1);
}

TEST(fair_workers, destroy_what_waits_when_they_stop) {
  const auto held = std::make_shared<int>(1);
  std::promise<void> began;
  std::promise<void> gate;
  fair_workers workers{1};
  workers.submit("a", [&, opened = gate.get_future().share()] {
    began.set_value();
    opened.wait();
  });
  began.get_future().wait();
  std::atomic<bool> ran{false};
  workers.submit("a", [&ran, held] { ran = true; });
  EXPECT_EQ(held.use_count(), 2);
  std::thread stopping{[&] { workers.stop(); }};
  while (held.use_count() == 2 && !ran)
    std::this_thread::yield();
  gate.set_value();
  stopping.join();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(ran);
  workers.submit("a", [&ran] { ran = true; });
  EXPECT_FALSE(ran);
}

} // namespace
} // namespace dotmac
