// Records that got fields in later protocols, written for and read from nodes that do not know them.

#include "core/describe/binary.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

struct part {
  std::int32_t old = 1;
  std::vector<std::string> later;
  std::int32_t last = 7;
};

struct whole {
  std::optional<part> one;
  std::vector<part> many;
  std::map<std::string, part> named;
  std::variant<std::monostate, part> chosen;
  std::string late = "usual";
};

} // namespace

template <> struct description<part> {
  static constexpr auto fields = std::tuple{field{"old", &part::old, ""}, field{"later", &part::later, ""}.added_in(2), field{"last", &part::last, ""}.added_in(3)};
};
template <> struct description<whole> {
  static constexpr auto fields = std::tuple{field{"one", &whole::one, ""}, field{"many", &whole::many, ""}, field{"named", &whole::named, ""}, field{"chosen", &whole::chosen, ""},
                                            field{"late", &whole::late, ""}.added_in(3)};
};

namespace {

whole some() {
  const part each{5, {"a", "b"}, 9};
  return {each, {each, each}, {{"x", each}}, each, "special"};
}

whole written_and_read(const whole& value, std::uint16_t protocol) {
  bytes content;
  binary::form as{protocol};
  binary::write(content, value, as);
  whole read;
  binary::reader in{content, protocol};
  EXPECT_TRUE(in.read(read) && in.at_end());
  return read;
}

bool is_whole(const whole& value, std::uint16_t protocol) {
  bytes content;
  binary::form as{protocol};
  binary::write(content, value, as);
  return as.is_whole;
}

TEST(binary_protocol, leaves_out_what_came_later_wherever_it_stands) {
  for (const std::uint16_t protocol : {1, 2, 3}) {
    const auto read = written_and_read(some(), protocol);
    ASSERT_EQ(read.many.size(), 2u);
    for (const auto& each : {*read.one, read.many[1], read.named.at("x"), std::get<part>(read.chosen)}) {
      EXPECT_EQ(each.old, 5);
      EXPECT_EQ(each.later.size(), protocol >= 2 ? 2u : 0u);
      EXPECT_EQ(each.last, protocol >= 3 ? 9 : 7);
    }
    EXPECT_EQ(read.late, protocol >= 3 ? "special" : "usual");
  }
}

TEST(binary_protocol, says_when_something_was_left_out_that_is_not_its_default) {
  EXPECT_TRUE(is_whole(some(), 3));
  EXPECT_FALSE(is_whole(some(), 2));
  whole plain;
  EXPECT_TRUE(is_whole(plain, 1));
  plain.many.push_back({5, {}, 7});
  EXPECT_TRUE(is_whole(plain, 1));
  plain.many.push_back({5, {"a"}, 7});
  EXPECT_FALSE(is_whole(plain, 1));
  EXPECT_TRUE(is_whole(plain, 2));
  plain.many.back().last = 8;
  EXPECT_FALSE(is_whole(plain, 2));
}

TEST(binary_protocol, is_every_field_where_nothing_else_is_said) {
  const auto read = from_bytes<whole>(to_bytes(some()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->late, "special");
  EXPECT_EQ(read->one->last, 9);
}

TEST(binary_protocol, of_another_number_than_the_writers_is_refused) {
  bytes content;
  binary::form as{1};
  binary::write(content, some(), as);
  whole read;
  binary::reader in{content, 3};
  EXPECT_FALSE(in.read(read) && in.at_end());
}

} // namespace
} // namespace dotmac
