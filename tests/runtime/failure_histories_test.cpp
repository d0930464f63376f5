#include "runtime/actor/failure_histories.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace std::chrono_literals;
using time_point = failure_histories::time_point;

failure because(const std::string& message) { return {error_code::validation_failed, message, {}}; }

TEST(failure_histories, tells_the_newest_first_and_counts_the_same_one_in_a_row) {
  failure_histories subject;
  EXPECT_TRUE(subject.of("a").empty());
  subject.note("a", because("one"), time_point{1s});
  subject.note("a", because("two"), time_point{2s});
  subject.note("a", because("two"), time_point{3s});
  subject.note("b", because("other"), time_point{4s});
  const auto known = subject.of("a");
  ASSERT_EQ(known.size(), 2u);
  EXPECT_EQ(known[0].message, "two");
  EXPECT_EQ(known[0].times, 2u);
  EXPECT_EQ(known[0].at, time_point{3s});
  EXPECT_EQ(known[1].message, "one");
  EXPECT_EQ(known[1].times, 1u);
}

TEST(failure_histories, keeps_within_its_limits) {
  failure_histories subject;
  for (std::size_t i = 0; i < failures_kept_max + 3; ++i)
    subject.note("a", because(std::to_string(i) + std::string(2 * failure_message_size_max, 'x')), time_point{1s * i});
  const auto known = subject.of("a");
  ASSERT_EQ(known.size(), failures_kept_max);
  EXPECT_EQ(known.back().message.substr(0, 2), "3x");
  EXPECT_EQ(known.front().message.size(), failure_message_size_max);

  subject.note("quiet", because("long ago"), time_point{0s});
  for (std::size_t i = 2; i <= actors_with_failures_max; ++i)
    subject.note("actor " + std::to_string(i), because("now"), time_point{1'000s});
  EXPECT_TRUE(subject.of("quiet").empty());
  EXPECT_EQ(subject.of("a").size(), failures_kept_max);
}

} // namespace
} // namespace dotmac
