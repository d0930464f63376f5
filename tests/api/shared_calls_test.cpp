#include "api/shared_calls.hpp"
#include "tests/api/fake_tenant_service.hpp"

#include <gtest/gtest.h>

#include <future>

namespace dotmac {
namespace {

using waits = shared_calls<await_events>;

/// Answers a wait with one row more than was known.
result<tenant_answer> one_more(const fake_tenant_service::asked& asked) { return tenant_answer{events_awaited{std::get<await_events>(asked.call).known_rows + 1}}; }

call_options of(const std::string& tenant, cancellation_flag flag = nullptr) { return {tenant, std::chrono::steady_clock::now() + std::chrono::seconds{60}, std::move(flag)}; }

std::future<std::uint64_t> ask(waits& subject, const call_options& options, const await_events& question) {
  const auto told = std::make_shared<std::promise<std::uint64_t>>();
  subject.ask(options, question, [told](const result<events_awaited>& answer) { told->set_value(answer ? answer->row_count : 0); });
  return told->get_future();
}

TEST(shared_calls, asks_once_for_all_who_want_the_same_and_answers_each) {
  fake_tenant_service tenants{one_more};
  waits subject{tenants};
  tenants.hold(true);
  std::vector<std::future<std::uint64_t>> same;
  for (int i = 0; i < 5; ++i)
    same.push_back(ask(subject, of("acme"), {7, 1'000}));
  auto behind = ask(subject, of("acme"), {6, 1'000});
  auto other = ask(subject, of("globex"), {7, 1'000});
  tenants.hold(false);
  for (auto& each : same)
    EXPECT_EQ(each.get(), 8u);
  EXPECT_EQ(behind.get(), 7u);
  EXPECT_EQ(other.get(), 8u);
  EXPECT_EQ(tenants.calls().size(), 3u);
  EXPECT_EQ(ask(subject, of("acme"), {7, 1'000}).get(), 8u);
  EXPECT_EQ(tenants.calls().size(), 4u) << "an answer that was given is not given again";
}

TEST(shared_calls, is_not_cancelled_for_all_where_one_hangs_up) {
  fake_tenant_service tenants{one_more};
  waits subject{tenants};
  tenants.hold(true);
  const auto flag = std::make_shared<std::atomic<bool>>(false);
  auto first = ask(subject, of("acme", flag), {1, 1'000});
  auto second = ask(subject, of("acme"), {1, 1'000});
  *flag = true;
  tenants.hold(false);
  EXPECT_EQ(second.get(), 2u);
  EXPECT_EQ(first.get(), 2u);
  EXPECT_EQ(tenants.calls().at(0).cancellation, nullptr);
}

TEST(shared_calls, tells_everybody_of_a_failure_and_of_a_service_that_throws) {
  bool does_throw = false;
  fake_tenant_service tenants{[](const auto&) -> result<tenant_answer> { return failure{error_code::too_many_requests, {}, {}}; }, [&] {
                                if (does_throw)
                                  throw std::runtime_error{"no memory"};
                              }};
  waits subject{tenants};
  tenants.hold(true);
  auto first = ask(subject, of("acme"), {1, 1'000});
  auto second = ask(subject, of("acme"), {1, 1'000});
  tenants.hold(false);
  EXPECT_EQ(first.get(), 0u);
  EXPECT_EQ(second.get(), 0u);
  does_throw = true;
  error_code code = error_code::none;
  subject.ask(of("acme"), {2, 1'000}, [&](const result<events_awaited>& answer) { code = answer.error().code; });
  EXPECT_EQ(code, error_code::internal_error);
  does_throw = false;
  EXPECT_EQ(ask(subject, of("acme"), {2, 1'000}).get(), 0u) << "it can be asked again";
}

} // namespace
} // namespace dotmac
