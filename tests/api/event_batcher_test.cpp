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

TEST_F(gateway_test, an_event_that_waits_to_be_sent_keeps_its_own_deadline) {
  const std::chrono::milliseconds timeout{30'000};
  event_batcher batcher{tenants, timeout};
  std::atomic<std::size_t> answered{0};
  const auto track = [&] {
    const auto refused = batcher.track("acme", std::string{one_event}, test_now, nullptr, [&](const result<tracked_event>&) { ++answered; });
    ASSERT_FALSE(refused);
  };
  tenants.hold(true);
  for (std::size_t i = 0; i < event_batcher::appends_max; ++i)
    track();
  const auto before = std::chrono::steady_clock::now();
  track();
  const auto after = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  track();
  tenants.hold(false);
  while (answered < event_batcher::appends_max + 2)
    std::this_thread::yield();
  const auto last = tenants.calls().back();
  EXPECT_EQ(rows_of(std::get<append_events>(last.call).block), 2u) << "what waited goes together";
  EXPECT_GE(last.deadline, before + timeout);
  EXPECT_LE(last.deadline, after + timeout) << "of the one that waited longest";
}

TEST_F(gateway_test, refuses_the_event_that_would_wait_behind_too_many) {
  event_batcher batcher{tenants, std::chrono::milliseconds{30'000}};
  std::atomic<std::size_t> answered{0};
  const auto track = [&](const std::string& tenant) {
    return batcher.track(tenant, std::string{one_event}, test_now, nullptr, [&](const result<tracked_event>& outcome) { answered += outcome.has_value(); });
  };
  tenants.hold(true);
  const auto taken = event_batcher::appends_max + event_batcher::waiting_max;
  for (std::size_t i = 0; i < taken; ++i)
    ASSERT_FALSE(track("acme")) << i;
  const auto refused = track("acme");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->why.code, error_code::too_many_requests);
  EXPECT_NE(refused->why.message.find("20000"), std::string::npos) << refused->why.message;
  EXPECT_FALSE(track("globex")) << "another tenant's";
  tenants.hold(false);
  while (answered < taken + 1)
    std::this_thread::yield();
}

} // namespace
} // namespace dotmac
