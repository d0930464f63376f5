#include "actors/protocol/call_frames.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

TEST(protocols, that_both_know_are_agreed_on_from_either_side) {
  const protocol_range first{1, 1}, second{1, 2}, third{2, 3}, fourth{3, 4};
  const auto agreed = [](const protocol_range& one, const protocol_range& other) {
    const auto here = agree_on_protocol(one, other), there = agree_on_protocol(other, one);
    EXPECT_EQ(here.has_value(), there.has_value());
    if (here && there) {
      EXPECT_EQ(*here, *there);
    } else {
      EXPECT_EQ(here.error().code, error_code::upgrade_required);
      EXPECT_NE(here.error().message.find("no more than one release"), std::string::npos);
    }
    return here ? *here : 0;
  };
  EXPECT_EQ(agreed(first, first), 1);
  EXPECT_EQ(agreed(first, second), 1);
  EXPECT_EQ(agreed(second, second), 2);
  EXPECT_EQ(agreed(second, third), 2);
  EXPECT_EQ(agreed(third, fourth), 3);
  EXPECT_EQ(agreed(first, third), 0);
  EXPECT_EQ(agreed(second, fourth), 0);
}

TEST(protocols, of_this_program_are_a_range) {
  EXPECT_GE(spoken_protocols().oldest, first_protocol);
  EXPECT_LE(spoken_protocols().oldest, spoken_protocols().newest);
}

TEST(protocols, that_do_not_have_a_call_are_told_so_and_nothing_is_written) {
  bytes batch = "before";
  const auto written = write_call(batch, 1, std::chrono::milliseconds{5}, "acme", summarize_events{}, 0);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, error_code::older_release);
  EXPECT_TRUE(describe(written.error().code).retryable);
  EXPECT_EQ(batch, "before");
}

} // namespace
} // namespace dotmac
