#include "core/describe/json.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

enum class colour : std::uint8_t { red, green };

struct part {
  std::string name;
  std::int64_t count = 1;
};
struct whole {
  std::vector<part> parts;
  std::optional<double> weight;
  std::map<std::string, std::string> tags;
  colour paint = colour::red;
  timestamp at;
};

} // namespace

template <> struct enumeration<colour> {
  static constexpr std::array<std::string_view, 2> names{"red", "green"};
};
template <> struct description<part> {
  static constexpr auto fields = std::tuple{field{"name", &part::name, "what it is called", bounds{1, 8}, presence::required},
                                            field{"count", &part::count, "how many", bounds{1, 100}}};
};
template <> struct description<whole> {
  static constexpr auto fields
      = std::tuple{field{"parts", &whole::parts, "at least one", bounds{1, 3}, presence::required},
                   field{"weight", &whole::weight, "in kg", bounds{0, 10}}, field{"tags", &whole::tags, "any", bounds{0, 2}},
                   field{"paint", &whole::paint, "colour"}, field{"at", &whole::at, "when"}};
};

namespace {

std::vector<std::string> complaints_about(const char* text) {
  json_reader in;
  whole record;
  in.read(json::parse(text), record);
  std::vector<std::string> told;
  for (const auto& each : in.complaints())
    told.push_back(each.type + " " + json(each.loc).dump());
  return told;
}

TEST(json_reader, reads_what_was_written) {
  whole sent{{{"bolt", 3}, {"nut", 1}}, 2.5, {{"k", "v"}}, colour::green, {1'700'000'000'123}};
  whole read;
  json_reader in;
  ASSERT_TRUE(in.read(write_json(sent), read)) << to_json(in.complaints());
  EXPECT_EQ(write_json(read), write_json(sent));
}

TEST(json_reader, tells_every_fault_with_its_place) {
  EXPECT_EQ(complaints_about(R"({"parts":[{"count":101},{"name":"","x":1}],"weight":"heavy","tags":{"a":1},"paint":"blue","at":"noon"})"),
            (std::vector<std::string>{
                R"(missing ["body","parts",0,"name"])", R"(out_of_bounds ["body","parts",0,"count"])",
                R"(string_length ["body","parts",1,"name"])", R"(extra_forbidden ["body","parts",1,"x"])",
                R"(float_type ["body","weight"])", R"(string_type ["body","tags","a"])", R"(enum ["body","paint"])",
                R"(datetime_parsing ["body","at"])"}));
  EXPECT_EQ(complaints_about(R"({"parts":[]})"), (std::vector<std::string>{R"(list_length ["body","parts"])"}));
  EXPECT_EQ(complaints_about(R"([])"), (std::vector<std::string>{R"(object_type ["body"])"}));
  EXPECT_EQ(complaints_about(R"({"parts":[{"name":"a","count":18446744073709551615}]})"),
            (std::vector<std::string>{R"(out_of_bounds ["body","parts",0,"count"])"}));
}

TEST(json_reader, names_the_limit_and_stops_at_the_most_complaints) {
  json_reader in;
  whole record;
  json tags = json::object();
  for (int i = 0; i < 3; ++i)
    tags[std::to_string(i)] = "x";
  in.read(json{{"parts", {{{"name", "toolongname"}}}}, {"tags", tags}}, record);
  ASSERT_EQ(in.complaints().size(), 2u);
  EXPECT_EQ(in.complaints()[0].msg, "must have 1 to 8 bytes");
  EXPECT_EQ(in.complaints()[1].msg, "must have 0 to 2 entries");
  json_reader many;
  json unknown = json::object();
  for (int i = 0; i < 100; ++i)
    unknown["f" + std::to_string(i)] = i;
  many.read(unknown, record);
  EXPECT_EQ(many.complaints().size(), complaints_max);
}

TEST(json_schema, says_what_is_required_and_allowed) {
  const auto schema = json_schema<whole>();
  EXPECT_EQ(schema["required"], json::array({"parts"}));
  EXPECT_EQ(schema["properties"]["parts"]["maxItems"], 3);
  EXPECT_EQ(schema["properties"]["parts"]["items"]["properties"]["name"]["maxLength"], 8);
  EXPECT_EQ(schema["properties"]["paint"]["enum"], (json{"red", "green"}));
}

} // namespace
} // namespace dotmac
