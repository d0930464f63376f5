#include "core/text/pattern.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dotmac {
namespace {

TEST(pattern, is_looked_for_anywhere_in_a_text) {
  const auto digits = pattern::compile("[0-9]{3}");
  ASSERT_TRUE(digits);
  EXPECT_TRUE(digits->is_in("ab123cd"));
  EXPECT_FALSE(digits->is_in("ab12cd"));
  EXPECT_TRUE(digits->is_in(std::string(100'000, 'x') + "123")) << "however far behind";
  EXPECT_TRUE(pattern::compile("^.$")->is_in("ö")) << "one code point";
}

TEST(pattern, is_refused_where_it_cannot_be_used) {
  for (const auto* text : {"(", "[z-a]", "(ab)\\1", "(?=a)", "a{1001}", "*"}) {
    const auto compiled = pattern::compile(text);
    ASSERT_FALSE(compiled) << text;
    EXPECT_EQ(compiled.error().code, error_code::validation_failed);
    EXPECT_NE(compiled.error().message.find(text), std::string::npos) << compiled.error().message;
  }
  EXPECT_TRUE(pattern::compile(std::string(pattern_size_max, 'a')));
  EXPECT_FALSE(pattern::compile(std::string(pattern_size_max + 1, 'a')));
  EXPECT_FALSE(pattern::compile("((((\\pL{100}){100}){100}){100})")) << "more memory than pattern_memory_max";
}

TEST(pattern, takes_no_longer_on_texts_made_to_be_slow) {
  // With backtracking each of these would take longer than the age of the universe, or the whole stack.
  EXPECT_FALSE(pattern::compile("^(a+)+$")->is_in(std::string(60'000, 'a') + "!"));
  EXPECT_TRUE(pattern::compile("^(a|b)*$")->is_in(std::string(1'000'000, 'a')));
}

} // namespace
} // namespace dotmac
