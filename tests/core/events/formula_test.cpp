#include "core/events/trends/formula.hpp"

#include <gtest/gtest.h>

#include <array>

namespace dotmac {
namespace {

const std::array<std::string, 3> names{"A", "B", "per_user2"};

std::optional<double> value_of(std::string_view text, std::array<std::optional<double>, 3> values = {6.0, 4.0, 0.5}) {
  const auto parsed = formula::parse(text, names);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? parsed->value(values) : std::nullopt;
}

TEST(formula, follows_the_order_of_arithmetic) {
  EXPECT_EQ(value_of("A"), 6);
  EXPECT_EQ(value_of(" A+B * 2 "), 14);
  EXPECT_EQ(value_of("(A+B)*2"), 20);
  EXPECT_EQ(value_of("A - B - 1"), 1);
  EXPECT_EQ(value_of("A / B / 3"), 0.5);
  EXPECT_EQ(value_of("-A + -(-B)"), -2);
  EXPECT_EQ(value_of("100 * per_user2"), 50);
  EXPECT_EQ(value_of("1.5e1 - .5"), 14.5);
}

TEST(formula, has_no_value_where_arithmetic_has_none) {
  EXPECT_EQ(value_of("A / (B - 4)"), std::nullopt);
  EXPECT_EQ(value_of("A + B", {6.0, std::nullopt, 0.5}), std::nullopt);
  EXPECT_EQ(value_of("A", {6.0, std::nullopt, 0.5}), 6);
  EXPECT_EQ(value_of("A * 1e308 * 10"), std::nullopt);
}

TEST(formula, says_where_it_is_wrong) {
  for (const auto& [text, place, what] : {std::tuple{"", "1", "number or the name"}, {"A +", "4", "number or the name"}, {"A B", "3", "an operator or the end"}, {"(A", "3", "closing bracket"},
                                          {"A + C", "5", "no series C"}, {"A)", "2", "an operator or the end"}, {"nan", "1", "no series nan"}, {"A * +2", "5", "number or the name"},
                                          {"1e999", "1", "number or the name"}, {"0x10", "2", "an operator or the end"}}) {
    const auto parsed = formula::parse(text, names);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, error_code::validation_failed);
    EXPECT_NE(parsed.error().message.find("character " + std::string{place} + ":"), std::string::npos) << text << ": " << parsed.error().message;
    EXPECT_NE(parsed.error().message.find(what), std::string::npos) << text << ": " << parsed.error().message;
  }
}

TEST(formula, is_bounded) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '(') + "A" + std::string(depth, ')'); };
  EXPECT_TRUE(formula::parse(nested(formula_depth_max - 1), names));
  EXPECT_FALSE(formula::parse(nested(formula_depth_max), names));
  EXPECT_FALSE(formula::parse(std::string(formula_depth_max, '-') + "A", names));
  EXPECT_FALSE(formula::parse(std::string(formula_size_max, ' ') + "A", names));
  EXPECT_TRUE(formula::parse(std::string(formula_size_max - 1, ' ') + "A", names));
}

TEST(formula, knows_the_names_it_uses) {
  EXPECT_EQ(formula::parse("B / A + B", names)->names(), (std::vector<std::size_t>{1, 0}));
  EXPECT_TRUE(is_formula_name("conversion_rate"));
  for (const auto* wrong : {"", "2a", "a b", "a-b", "é"})
    EXPECT_FALSE(is_formula_name(wrong)) << wrong;
}

} // namespace
} // namespace dotmac
