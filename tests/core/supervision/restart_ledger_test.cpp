#include "core/supervision/restart_ledger.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using std::chrono::milliseconds;
const restart_policy three{.restarts_max = 3, .window = milliseconds{1'000}, .first_delay = milliseconds{100}, .longest_delay = milliseconds{250}};

TEST(restart_ledger, doubles_the_delay_up_to_the_longest_and_then_gives_up) {
  restart_ledger subject;
  const restart_ledger::time_point now{};
  EXPECT_EQ(subject.child_failed(three, now, 0), milliseconds{100});
  EXPECT_EQ(subject.child_failed(three, now, 0), milliseconds{200});
  EXPECT_EQ(subject.child_failed(three, now, 0), milliseconds{250});
  EXPECT_EQ(subject.child_failed(three, now, 0), std::nullopt);
}

TEST(restart_ledger, forgets_what_is_older_than_the_window) {
  restart_ledger subject;
  restart_ledger::time_point now{};
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(subject.child_failed(three, now, 0)) << i;
    now += milliseconds{400};
  }
}

TEST(restart_ledger, takes_off_at_most_half_of_the_delay_by_chance) {
  for (std::uint64_t random = 0; random < 1'000; ++random) {
    restart_ledger subject;
    const auto delay = subject.child_failed(three, {}, random);
    ASSERT_TRUE(delay);
    ASSERT_GT(*delay, milliseconds{50});
    ASSERT_LE(*delay, milliseconds{100});
  }
}

} // namespace
} // namespace dotmac
