#include "api/event_parser.hpp"
#include "api/event_writer.hpp"
#include "api/json_grammar.hpp"
#include "api/json_number.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <random>

namespace dotmac {
namespace {

std::string random_digits(std::mt19937_64& random, std::size_t count) {
  std::string digits;
  for (std::size_t i = 0; i < count; ++i)
    digits += static_cast<char>('0' + random() % 10);
  return digits;
}

std::string random_decimal(std::mt19937_64& random) {
  if (random() % 4 == 0) // few digits, as most have
    return std::string{random() % 2 ? "-" : ""} + std::to_string(random() % 100'000'000) + "." + random_digits(random, random() % 12 + 1);
  std::string text = random() % 2 ? "-" : "";
  text += random() % 3 == 0 ? "0" : std::to_string(random() % 9 + 1) + random_digits(random, random() % 25);
  text += "." + random_digits(random, random() % 40 + 1);
  if (random() % 2)
    text += std::string{random() % 2 ? "e" : "E"} + (random() % 3 == 0 ? "+" : random() % 2 ? "-" : "") + std::to_string(random() % 340);
  return text;
}

TEST(json_number, equals_strtod_bit_by_bit_for_random_decimals) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  std::size_t too_large = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto text = random_decimal(random);
    const auto wanted = std::strtod(text.c_str(), nullptr);
    const auto read = read_json_number(text);
    if (std::isinf(wanted)) {
      ++too_large;
      ASSERT_EQ(read.kind, number_kind::too_large) << text;
    } else {
      ASSERT_EQ(read.kind, number_kind::real) << text;
      ASSERT_EQ(std::bit_cast<std::uint64_t>(read.real), std::bit_cast<std::uint64_t>(wanted)) << text;
    }
  }
  EXPECT_GT(too_large, 100u);
}

TEST(json_number, takes_the_grammar_of_json_and_nothing_else) {
  for (const auto* wrong : {"", "-", "+1", "01", "-01", "00", ".5", "5.", "-.5", "1e", "1e+", "1.e5", "0x10", "1_000", "NaN", "Infinity", "1 ", " 1", "1.5.5", "--1"})
    EXPECT_EQ(read_json_number(wrong).kind, number_kind::none) << wrong;
  EXPECT_EQ(read_json_number("9223372036854775807").integer, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read_json_number("-9223372036854775808").integer, std::numeric_limits<std::int64_t>::min());
  for (const auto* whole : {"9223372036854775808", "-9223372036854775809", "18446744073709551615", "123456789012345678901234567890"})
    EXPECT_EQ(read_json_number(whole).kind, number_kind::whole) << whole;
  for (const auto* large : {"1e309", "-1.8e308", "1e99999999999999999999", "0.0001e400"})
    EXPECT_EQ(read_json_number(large).kind, number_kind::too_large) << large;
  for (const auto* small : {"1e-400", "0e99999999999999999999", "0.000001e-99999999999999999999", "1000e-500"}) {
    EXPECT_EQ(read_json_number(small).kind, number_kind::real) << small;
    EXPECT_EQ(read_json_number(small).real, 0.0) << small;
  }
  EXPECT_TRUE(std::signbit(read_json_number("-1e-400").real));
}

TEST(check_json, agrees_with_another_parser_on_broken_documents) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  const std::string sound = R"({"a":[1,-2.5e-3,{"b":null,"c":[]},"x\u00e9\ud83d\ude00\n"],"d":{"e":true,"f":false}, "g" : 0 })";
  std::size_t taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    auto text = sound;
    for (auto n = random() % 3; n > 0; --n)
      switch (random() % 3) {
      case 0: text[random() % text.size()] = static_cast<char>(random() % 127 + 1); break; // the other parser takes a zero byte for the end
      case 1: text.erase(random() % text.size(), 1); break;
      default: text.insert(random() % text.size(), 1, "{}[]\",:0\\e-.tu"[random() % 14]);
      }
    const auto wrong = check_json(text, 64);
    const bool twice = wrong && wrong->find("is given twice") != wrong->npos;
    const auto read = json::parse(text, nullptr, false);
    const bool overflows = !wrong && read.is_discarded() && text.find_first_of("eE") != text.npos; // the other parser has a range
    taken += !wrong;
    ASSERT_TRUE(twice || overflows || wrong.has_value() == read.is_discarded()) << text << ": " << wrong.value_or("taken");
  }
  EXPECT_GT(taken, 30'000u);
}

TEST(check_json, names_a_key_given_twice_however_it_is_escaped_and_however_many_there_are) {
  for (const std::string text : {R"({"a":1,"b":2,"a":3})", R"([{"x":{"a":1,"\u0061":3}}])", R"({"a\/b":1,"a/b":3})", R"({"\ud83d\ude00":1,"😀":3})"}) {
    const auto wrong = check_json(text, 64);
    ASSERT_TRUE(wrong) << text;
    EXPECT_NE(wrong->find("is given twice"), wrong->npos) << *wrong;
  }
  EXPECT_FALSE(check_json(R"({"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1}})", 64));
  std::string many = "{";
  for (int i = 0; i < 1'000; ++i)
    many += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_FALSE(check_json(many + "\"k1000\":0}", 64));
  const auto wrong = check_json(many + "\"k517\":0}", 64);
  ASSERT_TRUE(wrong);
  EXPECT_NE(wrong->find("\"k517\""), wrong->npos) << *wrong;
}

TEST(check_json, ends_at_its_limit_of_depth) {
  EXPECT_FALSE(check_json(std::string(64, '[') + std::string(64, ']'), 64));
  const auto wrong = check_json(std::string(65, '[') + std::string(65, ']'), 64);
  ASSERT_TRUE(wrong);
  EXPECT_NE(wrong->find("64"), wrong->npos);
  EXPECT_TRUE(check_json(std::string(10'000'000, '['), 64));
}

TEST(event_writer, writes_doubles_that_read_back_equal_and_as_doubles) {
  std::mt19937_64 random{std::random_device{}()};
  for (int i = 0; i < 20'000; ++i) {
    auto value = i % 3 == 0 ? static_cast<double>(random()) : std::bit_cast<double>(random());
    if (!std::isfinite(value))
      continue;
    found_event each;
    each.properties.push_back({property_scope::properties, "k", value, {}});
    std::string text;
    append_event_as_json(text, each);
    const auto read = json::parse(text)["properties"]["k"];
    ASSERT_TRUE(read.is_number_float()) << text;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(read.get<double>()), std::bit_cast<std::uint64_t>(value)) << text;
  }
}

class event_parsing : public testing::Test {
protected:
  /// The faults of a batch by position; a refused batch is one with the position -1.
  std::map<int, std::string> faults_of(std::string body, bool is_lines = false) {
    auto batch = is_lines ? parser.parse_lines(body, {1}, builder) : parser.parse_batch(body, {1}, builder);
    block = builder.finish();
    if (!batch)
      return {{-1, batch.error().field + ": " + batch.error().message}};
    std::map<int, std::string> found;
    for (const auto& each : batch->faults)
      found[static_cast<int>(each.index)] = each.detail;
    const auto rows = check_event_block(block);
    EXPECT_TRUE(rows && *rows == batch->positions.size());
    return found;
  }
  static std::string event(const std::string& more) { return R"({"event_type":"a","event_name":"b")" + more + "}"; }

  event_parser parser;
  event_block_builder builder;
  bytes block;
};

TEST_F(event_parsing, leaves_out_a_line_on_which_something_follows_the_event) {
  const auto one = event("");
  for (const auto& more : {one, std::string{"x"}, std::string{"}"}, std::string{",1"}})
    EXPECT_EQ(faults_of(one + "\n" + one + " " + more + "\n" + one + " \r\n", true).size(), 1u) << more;
  EXPECT_TRUE(faults_of(one + "\n" + one, true).empty());
}

TEST_F(event_parsing, tells_of_every_member_given_twice) {
  const std::vector<std::string> twice{R"(,"timestamp":"2026-01-01","timestamp":"2026-01-02")", R"(,"timestamp":null,"timestamp":"2026-01-02")", R"(,"properties":{},"properties":{})",
                                       R"(,"context":{"a":1},"context":{"b":1})", R"(,"user_id":null,"user_id":"u")", R"(,"properties":{"a":{"b":1,"b":2}})",
                                       R"(,"properties":{"a":1,"\u0061":2})", R"(,"context":{"a":[{"b":[],"\u0062":2}]})", R"(,"event_type":"a")"};
  std::string body = "[" + event("");
  for (const auto& each : twice)
    body += "," + event(each);
  const auto found = faults_of(body + "]");
  EXPECT_EQ(found.size(), twice.size());
  for (const auto& [position, detail] : found)
    EXPECT_NE(detail.find("given twice"), detail.npos) << position << ": " << detail;
  EXPECT_EQ(faults_of(R"({"source":"a","events":[)" + event("") + R"(],"source":"b"})"), (std::map<int, std::string>{{-1, "source: is given twice"}}));
}

TEST_F(event_parsing, refuses_one_event_for_a_wrong_escape_and_reads_on) {
  const auto found = faults_of("[" + event("") + "," + R"({"\ud800":1},)" + event(R"(,"\ud800":{"x":[1,2]},"user_id":"u")") + "," + event(R"(,"user_id":"\udc00")") + ","
                               + event(R"(,"properties":{"\udc00":1})") + "," + event(R"(,"properties":{"x":"\udc00"})") + "," + event(R"(,"\udc00":1)") + "," + event("") + "]");
  std::vector<int> positions;
  for (const auto& [position, detail] : found)
    positions.push_back(position);
  EXPECT_EQ(positions, (std::vector{1, 2, 3, 4, 5, 6}));
}

TEST_F(event_parsing, counts_characters_of_types_and_names_and_bytes_of_ids) {
  const auto repeated = [](std::string_view text, std::size_t count) {
    std::string all;
    while (count-- > 0)
      all += text;
    return all;
  };
  const auto named = [](const std::string& type, const std::string& name, const std::string& user) {
    return R"({"event_type":")" + type + R"(","event_name":")" + name + R"(","user_id":")" + user + "\"}";
  };
  EXPECT_TRUE(faults_of("[" + named(repeated("😀", 50), repeated("é", 200), repeated("é", 128)) + "]").empty());
  EXPECT_EQ(faults_of("[" + named(repeated("😀", 51), "n", "u") + "]"), (std::map<int, std::string>{{0, "event_type: has 51 characters; the limit is 50"}}));
  EXPECT_EQ(faults_of("[" + named("t", repeated("é", 201), "u") + "]"), (std::map<int, std::string>{{0, "event_name: has 201 characters; the limit is 200"}}));
  EXPECT_EQ(faults_of("[" + named("t", "n", repeated("é", 129)) + "]"), (std::map<int, std::string>{{0, "user_id: has 258 bytes; the limit is 256"}}));
}

TEST_F(event_parsing, passes_over_a_byte_order_mark) {
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_TRUE(faults_of(mark + event("") + "\n" + event(""), true).empty());
  EXPECT_TRUE(faults_of(mark + "[" + event("") + "]").empty());
  EXPECT_EQ(faults_of(event("") + "\n" + mark + event(""), true).size(), 1u) << "only at the beginning";
  std::vector<complaint> faults;
  auto body = mark + event("");
  EXPECT_TRUE(parser.parse_event(body, {1}, builder, nullptr, faults));
}

} // namespace
} // namespace dotmac
