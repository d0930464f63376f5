#include "cli/import/row_mapping.hpp"
#include "cli/json_member.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include <unistd.h>

namespace dotmac {
namespace {

class row_mapping_test : public ::testing::Test {
protected:
  row_mapping_test() {
    char name[] = "/tmp/dotmac-mapping-XXXXXX";
    folder_ = ::mkdtemp(name);
    options.import_id = "imp";
  }
  ~row_mapping_test() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream{folder_ + "/" + name} << text;
    return folder_ + "/" + name;
  }
  /// Every row of a file, mapped; an error of the whole as a row's fault.
  std::vector<mapped_row> map_all(const std::string& name, const std::string& text) {
    source_options from{write(name, text), name.ends_with(".csv"), ',', conditions, joins};
    auto source = row_source::open(from);
    if (!source)
      return {{{}, source.error().message}};
    const auto mapping = row_mapping::make(options, *source);
    if (!mapping)
      return {{{}, mapping.error().message}};
    std::vector<mapped_row> out;
    while (auto row = source->next())
      out.push_back(mapping->map(*row));
    return out;
  }

  mapping_options options;
  std::vector<row_condition> conditions;
  std::vector<join_request> joins;
  std::string folder_;
};

TEST_F(row_mapping_test, makes_events_of_columns_and_leaves_the_rest_as_properties) {
  options.fields = {{"event_type", "call"}, {"event_name", "{kind}"}, {"user_id", "{who}"}, {"timestamp", "{day} {time}"}};
  options.time_format_text = "%m/%d/%y %H:%M";
  options.texts = {"zip"};
  const auto rows = map_all("f.csv", "kind,who,day,time,seconds,zip,note\nvoice,7,1/2/18,08:05,12.50,01234,\n");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].items[0], json::parse(R"({"event_type":"call","event_name":"voice","user_id":"7","timestamp":"2018-01-02T08:05:00Z",
                                              "properties":{"seconds":12.5,"zip":"01234"},"event_id":"imp-2"})"))
      << rows[0].items[0];
}

TEST_F(row_mapping_test, refuses_rows_that_lack_what_they_must_have) {
  options.fields = {{"event_type", "x"}, {"event_name", "x"}, {"event_id", "{id}"}, {"user_id", "{who}"}, {"timestamp", "{at}"}};
  options.required = {"user_id"};
  const auto rows = map_all("f.csv", "id,who,at\n,u,2020-01-01\n1,,2020-01-01\n2,u,\n3,u,yesterday\n4,u\n5,u,2020-01-01\n");
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_EQ(rows[0].fault, "event_id: the row has none");
  EXPECT_EQ(rows[1].fault, "user_id: the row has none");
  EXPECT_EQ(rows[2].fault, "timestamp: the row has none");
  EXPECT_TRUE(rows[3].fault.starts_with("timestamp: ")) << rows[3].fault;
  EXPECT_EQ(rows[4].fault, "has 2 fields, and the first line names 3");
  EXPECT_EQ(rows[5].fault, "");
}

TEST_F(row_mapping_test, makes_a_value_per_metric_that_has_one) {
  options.is_values = true;
  options.metrics = {{"rtt", "{rtt}"}, {"lost", "{lost}"}};
  options.dimensions = {{"site", "{site}"}};
  const auto rows = map_all("f.csv", "rtt,lost,site\n1.5,0,a\n,2,\nslow,1,b\n");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(json(rows[0].items), json::parse(R"([{"metric_id":"lost","value":0,"dimensions":{"site":"a"},"value_id":"imp-2"},
                                                 {"metric_id":"rtt","value":1.5,"dimensions":{"site":"a"},"value_id":"imp-2"}])"));
  EXPECT_EQ(json(rows[1].items), json::parse(R"([{"metric_id":"lost","value":2,"value_id":"imp-3"}])"));
  EXPECT_EQ(rows[2].fault, "rtt: \"slow\" is no number");
}

TEST_F(row_mapping_test, takes_the_names_of_metrics_from_a_column) {
  options.is_values = true;
  options.metrics = {{"net.{kind}", "{amount}"}};
  const auto rows = map_all("f.csv", "kind,amount\nbytes,5\n,6\nbytes,\n");
  EXPECT_EQ(json(rows[0].items), json::parse(R"([{"metric_id":"net.bytes","value":5,"value_id":"imp-2"}])"));
  EXPECT_TRUE(rows[1].items.empty() && rows[1].fault.empty());
  EXPECT_TRUE(rows[2].items.empty() && rows[2].fault.empty());
  options.metrics = {{"{colour}", "{amount}"}};
  EXPECT_NE(map_all("f.csv", "kind,amount\n")[0].fault.find("no column \"colour\""), std::string::npos);
}

TEST_F(row_mapping_test, takes_native_events_from_lines_of_json) {
  const auto rows = map_all("f.ndjson", "{\"event_type\":\"a\",\"event_name\":\"b\",\"properties\":{\"n\":[1]}}\n\nnonsense\n[1]\n");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].items[0]["properties"]["n"][0], 1);
  EXPECT_EQ(rows[0].items[0]["event_id"], "imp-1");
  EXPECT_EQ(rows[1].fault, "is no valid JSON");
  EXPECT_EQ(rows[2].fault, "is no JSON object");
}

TEST_F(row_mapping_test, takes_blank_members_of_native_events_for_absent) {
  const auto rows = map_all("f.ndjson", "{\"event_type\":\"a\",\"event_name\":\"b\",\"event_id\":null,\"user_id\":\"\"}\n{\"event_id\":\"\",\"source\":\"s\"}\n");
  EXPECT_EQ(rows[0].items[0], json::parse(R"({"event_type":"a","event_name":"b","event_id":"imp-1"})"));
  EXPECT_EQ(rows[1].items[0], json::parse(R"({"source":"s","event_id":"imp-2"})"));
  EXPECT_EQ(map_all("f.csv", "event_type,event_id,user_id\na,,\n")[0].items[0], json::parse(R"({"event_type":"a","event_id":"imp-2"})"));
}

TEST_F(row_mapping_test, gives_columns_of_one_name_names_of_their_own) {
  joins = {*parse_join(write("j.csv", "n,n_2,k,,x\n7,8,key,9,10\n") + ":k=n")};
  options.fields = {{"event_type", "x"}, {"event_name", "{n}"}};
  const auto rows = map_all("f.csv", "n,n,n_2,,x\nkey,2,3,4,5\n");
  EXPECT_EQ(rows[0].items[0]["properties"], json::parse(R"({"n_2":2,"n_2_2":3,"column_4":4,"x":5,"n_3":7,"n_2_3":8,"column_4_2":9,"x_2":10})")) << rows[0].items[0];
}

TEST_F(row_mapping_test, refuses_a_file_of_more_columns_than_the_limit) {
  options.fields = {{"event_type", "x"}, {"event_name", "x"}};
  const auto columns = [](std::size_t count) {
    std::string text = "c1";
    for (std::size_t i = 2; i <= count; ++i)
      text += ",c" + std::to_string(i);
    return text + "\n";
  };
  EXPECT_TRUE(map_all("f.csv", columns(import_columns_max)).empty());
  EXPECT_TRUE(map_all("f.csv", columns(import_columns_max + 1))[0].fault.ends_with("10001 columns; the limit is 10000"));
}

TEST_F(row_mapping_test, refuses_lines_too_long_or_too_deep_and_goes_on) {
  const auto nested = [](std::size_t depth) { return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}"; };
  const auto rows = map_all("f.ndjson", "\xef\xbb\xbf" + nested(parsed_depth_max) + "\n" + nested(parsed_depth_max + 1) + "\n" + nested(400'000) + "\n{\"a\":\""
                                            + std::string(import_record_bytes_max, 'x') + "\"}\n{\"a\":\"[[\\\"[[\"}\n");
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[0].fault, "");
  for (const std::size_t deep : {1u, 2u})
    EXPECT_EQ(rows[deep].fault, "has lists and objects nested deeper than 100");
  EXPECT_EQ(rows[3].fault, "longer than 1048576 bytes");
  EXPECT_EQ(rows[4].fault, "");
}

TEST_F(row_mapping_test, joins_a_second_file_and_leaves_rows_out) {
  joins = {*parse_join(write("plans.csv", "plan,price\nfiber,50\n") + ":plan")};
  conditions = {*parse_condition("user!=b")};
  options.fields = {{"event_type", "x"}, {"event_name", "x"}, {"user_id", "{user}"}};
  const auto rows = map_all("f.csv", "user,plan\na,fiber\nb,fiber\nc,dsl\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].items[0]["properties"], json::parse(R"({"plan":"fiber","price":50})"));
  EXPECT_EQ(rows[1].items[0]["properties"], json::parse(R"({"plan":"dsl"})"));
}

TEST_F(row_mapping_test, names_what_is_wrong_with_the_whole) {
  const std::string file = "a,b\n1,2\n";
  options.fields = {{"event_type", "x"}};
  EXPECT_EQ(map_all("f.csv", file)[0].fault, "events need --map event_type=... and --map event_name=...");
  options.fields = {{"event_type", "x"}, {"event_name", "{c}"}};
  EXPECT_EQ(map_all("f.csv", file)[0].fault, "there is no column \"c\"; there are: a, b");
  options.fields = {{"event_type", "x"}, {"event_name", "{c"}};
  EXPECT_NE(map_all("f.csv", file)[0].fault.find("open brace"), std::string::npos);
  options.fields = {{"colour", "x"}};
  EXPECT_TRUE(map_all("f.csv", file)[0].fault.starts_with("--map colour: events have event_type"));
  options.fields.clear();
  options.is_values = true;
  EXPECT_EQ(map_all("f.csv", file)[0].fault, "values need at least one --metric NAME={column}");
  options.time_format_text = "%Q";
  EXPECT_TRUE(map_all("f.csv", file)[0].fault.starts_with("the time format \"%Q\""));
  joins = {{"/nowhere", "k", "k"}};
  EXPECT_EQ(map_all("f.csv", file)[0].fault, "the file /nowhere cannot be opened");
}

TEST(is_json_number, takes_numbers_that_lose_nothing) {
  for (const auto* good : {"0", "-1", "12.50", "1e3", "1.5E-10", "123456789012345"})
    EXPECT_TRUE(is_json_number(good)) << good;
  for (const auto* bad : {"", "-", "01", "+1", "1.", ".5", "1e", "0x1", "1,000", " 1", "1234567890123456", "NaN", "inf"})
    EXPECT_FALSE(is_json_number(bad)) << bad;
}

} // namespace
} // namespace dotmac
