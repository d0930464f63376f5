#include "api/event_batcher.hpp"
#include "tests/api/gateway_fixture.hpp"

#include <atomic>
#include <thread>

namespace dotmac {
namespace {

TEST_F(gateway_test, answers_every_event_of_every_tenant_once_whatever_threads_they_come_on) {
  constexpr int threads = 4;
  constexpr int tenants_count = 5;
  constexpr int rounds = 2'000;
  event_batcher batcher{tenants, std::chrono::milliseconds{30'000}};
  std::atomic<int> tracked{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> senders;
  for (int thread = 0; thread < threads; ++thread)
    senders.emplace_back([&, thread] {
      for (int i = 0; i < rounds; ++i)
        refused += batcher.track("t" + std::to_string((i + thread) % tenants_count), std::string{i % 10 == 0 ? std::string_view{"{"} : one_event}, test_now, nullptr,
                      [&](result<tracked_event> outcome) { outcome ? ++tracked : ++refused; })
                       .has_value();
    });
  for (auto& each : senders)
    each.join();
  constexpr int all = threads * rounds;
  while (tracked + refused < all)
    std::this_thread::yield();
  EXPECT_EQ(refused, all / 10);
  std::size_t rows = 0;
  for (const auto& each : asked_for<append_events>())
    rows += rows_of(each.block);
  EXPECT_EQ(rows, static_cast<std::size_t>(tracked)) << "each event is in one message";
}

} // namespace
} // namespace dotmac
