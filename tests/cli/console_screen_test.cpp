#include "cli/console/text_cells.hpp"
#include "console_driver.hpp"

#include <gtest/gtest.h>

namespace dotmac::console {
namespace {

void expect_fits(const console_driver& console, const std::string& what) {
  const auto size = console.state.size();
  const auto lines = console.lines();
  EXPECT_EQ(lines.size(), size.lines) << what;
  for (const auto& each : lines)
    EXPECT_LE(cells_of(each), size.columns) << what << ": " << each;
}

TEST(console_screen, shows_actors_in_80_columns) {
  console_driver console;
  console.open_tenant();
  const auto other = console.node;
  console.node = [&](const call& each) -> std::pair<int, json> {
    if (each.path.starts_with("/admin/actors?node=a&parent=node%2Fshard-17%2Facme&"))
      return {200, page_of({actor_as_json("events", "node/shard-17/acme/events/0", 60, 800)}, 1)};
    return other(each);
  };
  console.wait(1'000);
  console.settle();
  const auto lines = console.lines();
  EXPECT_EQ(lines[0], " DotMac Analytics  http://127.0.0.1:8000                                   live ");
  EXPECT_EQ(lines[1], "cluster main > a > shard-17 > acme                                      1 actors");
  EXPECT_EQ(lines[2], "actor                 msg/s  mbox  wait  fail  rest memory t/msg journal    snap");
  EXPECT_EQ(lines[3], "events/0               50.0     4     5     0     0   2.0K  12us      77      70");
  EXPECT_EQ(lines[22], "");
  EXPECT_EQ(lines[23], "? help  q quit  Enter open  Bksp back  / filter  s sort  p passivate  x restart");
  expect_fits(console, "actors");
}

TEST(console_screen, shows_shards_with_what_the_cluster_knows_of_them) {
  console_driver console;
  console.settle();
  console.press(key::enter);
  console.settle();
  const auto lines = console.lines();
  EXPECT_EQ(lines[2], "shard      below  load msg/s  mbox  wait  fail  rest memory t/msg pinned      up");
  EXPECT_EQ(lines[3], "shard-3        3     -     -     4     5     0     0   2.0K  20us -          90s");
  EXPECT_EQ(lines[4], "shard-17       3  4321     -     4     5     0     0   2.0K  20us a          90s");
}

TEST(console_screen, uses_the_room_that_there_is) {
  console_driver console{{132, 50}};
  console.open_tenant();
  EXPECT_NE(console.lines()[2].find("scans"), std::string::npos);
  expect_fits(console, "wide");
  console.state.resize({80, 24});
  EXPECT_EQ(console.lines()[2].find("scans"), std::string::npos);
}

TEST(console_screen, fits_whatever_the_size_and_whatever_is_shown) {
  for (const screen_size size : {screen_size{80, 24}, {200, 60}, {40, 10}, {20, 6}, {5, 3}, {1, 1}}) {
    console_driver console{size};
    const auto what = std::to_string(size.columns) + "x" + std::to_string(size.lines);
    expect_fits(console, what + " asking");
    console.open_tenant();
    expect_fits(console, what + " list");
    console.press("p");
    expect_fits(console, what + " question");
    console.press("n/events");
    expect_fits(console, what + " filter");
    console.press(key::enter);
    console.press("?");
    expect_fits(console, what + " help");
    console.press(key::end);
    expect_fits(console, what + " end of the help");
    console.press(key::escape);
    console.press("d");
    console.settle();
    expect_fits(console, what + " details");
    console.press(key::end);
    console.press(key::escape);
    console.wait(1'000);
    console.fail(console.take_call(lane::list), std::string(300, 'x'));
    expect_fits(console, what + " trouble");
  }
}

TEST(console_screen, has_nothing_of_a_node_that_moves_the_cursor) {
  console_driver console;
  bool is_odd = true; // the path of the shard too: then it has no number, and cannot be moved
  console.node = [&](const call& each) -> std::pair<int, json> {
    const std::string evil = "\033[2J\u202e\u009b1m\r\n";
    if (each.path == "/admin/cluster") {
      auto cluster = cluster_as_json({"a", "b"});
      cluster["name"] = evil;
      for (const auto* name : {"id", "state", "role", "version", "http_address"})
        cluster["nodes"][0][name] = evil;
      return {200, cluster};
    }
    auto actor = actor_as_json("shard", "node/shard-1" + (is_odd ? evil : ""));
    actor["state"] = {{evil, evil}};
    actor["kind"] = actor["tenant"] = actor["pinned"] = evil;
    actor["last_failures"] = json::array({json{{"at", evil}, {"code", evil}, {"message", evil}}});
    actor["snapshots"] = json::array({json{{"sequence", evil}, {"version", evil}, {"bytes", 1}, {"written_at", evil}}});
    if (each.path.starts_with("/admin/actors/details"))
      return {200, actor};
    return each.method == "GET" ? std::pair{200, page_of({actor}, 1)} : std::pair{409, json{{"detail", evil}}};
  };
  std::string all;
  const auto look = [&] {
    console.settle();
    for (const auto& each : console.lines())
      all += each;
  };
  look();
  console.press("d");
  look();
  console.press(key::escape);
  console.press("Dy");
  look();
  console.press("D");
  look();
  console.press("n");
  console.press(key::enter);
  look();
  console.press("d");
  look();
  console.press(key::escape);
  console.press("m");
  look();
  is_odd = false;
  console.wait(1'000);
  look();
  console.press("m");
  look();
  EXPECT_NE(console.line_with("to which node?"), "");
  EXPECT_GT(all.size(), 2'000u);
  for (const auto* each : {"\033", "\u202e", "\u009b", "\r", "\n"})
    EXPECT_EQ(all.find(each), all.npos);
}

TEST(console_screen, shows_the_details_of_an_actor) {
  console_driver console{{80, 40}};
  const auto other = console.node;
  auto told = actor_as_json("events", "node/shard-17/acme/events/0", 30, 600);
  told["state"] = {{"rows", 1'234}, {"oldest", "2026-01-01T00:00:00Z"}};
  told["last_failures"] = json::array({json{{"at", "2026-01-01T10:00:00Z"}, {"code", "storage_unavailable"}, {"message", "the disk is full"}}});
  told["snapshots"] = json::array({json{{"sequence", 70}, {"version", 3}, {"bytes", 1'536}, {"written_at", nullptr}}});
  console.node = [&](const call& each) -> std::pair<int, json> { return each.path.starts_with("/admin/actors/details") ? std::pair{200, told} : other(each); };
  console.open_tenant();
  console.press(key::enter);
  console.wait(500);
  console.settle();
  EXPECT_EQ(console.asked.back().path, "/admin/actors/details?node=a&path=node%2Fshard-17%2Facme%2Fevents%2F0");
  EXPECT_NE(console.line_with("events node/shard-17/acme/events/0 on a"), "");
  EXPECT_EQ(console.line_with("msg/s"), "  msg/s         40.0        messages handled a second, since the look before");
  EXPECT_EQ(console.line_with("rows"), "  rows                         1234");
  EXPECT_EQ(console.line_with("disk"), "  2026-01-01T10:00:00Z  storage_unavailable  the disk is full");
  EXPECT_EQ(console.line_with("1.5K"), "  entry 70  form 3  1.5K bytes  written -");
  EXPECT_EQ(console.line_with("longer"), "  to 100us: 9   longer: 1");
  told["messages"] = 130;
  console.wait(1'000);
  console.settle();
  EXPECT_NE(console.line_with("msg/s").find("100"), std::string::npos) << "they are live";
  told.erase("last_failures");
  console.wait(1'000);
  console.settle();
  EXPECT_NE(console.line_with("the node does not tell them"), "");
  console.press("p");
  EXPECT_NE(console.line_with("Passivate node/shard-17/acme/events/0 on a?"), "") << "acts are at hand";
  console.press("n");
  EXPECT_NE(console.line_with("2 actors"), "");
}

TEST(console_screen, shows_what_lists_know_where_a_node_tells_no_details) {
  console_driver console{{80, 40}};
  bool is_there = true;
  const auto other = console.node;
  console.node = [&](const call& each) -> std::pair<int, json> {
    if (each.path.find("&limit=1") != std::string::npos && each.path.ends_with("&limit=1"))
      return {200, is_there ? page_of({actor_as_json("metric", "node/shard-17/acme/m_1", 7'000)}, 1) : page_of(json::array(), 0)};
    return other(each);
  };
  console.open_tenant();
  console.press(key::end);
  console.press("d");
  console.settle();
  EXPECT_NE(console.line_with("No details: there is no such path"), "");
  EXPECT_NE(console.line_with("t/msg"), "");
  EXPECT_EQ(console.line_with("last failures"), "");
  is_there = false;
  console.wait(1'000);
  console.settle();
  EXPECT_NE(console.line_with("it does not run at present"), "");
  const auto calls = console.asked.size();
  console.wait(1'000);
  console.settle();
  EXPECT_LE(console.asked.size() - calls, 3u) << "a node without the route is not asked again and again";
}

TEST(console_screen, shows_no_more_lines_of_details_than_its_limit) {
  console_driver console;
  const auto other = console.node;
  console.node = [&](const call& each) -> std::pair<int, json> {
    if (!each.path.starts_with("/admin/actors/details"))
      return other(each);
    auto told = actor_as_json("events", "node/shard-17/acme/events/0");
    for (std::size_t i = 0; i < detail_lines_max + 100; ++i)
      told["state"]["member-" + std::to_string(i)] = i;
    return {200, told};
  };
  console.open_tenant();
  console.press(key::enter);
  console.settle();
  console.press(key::end);
  EXPECT_NE(console.line_with("... more is not shown"), "");
  expect_fits(console, "long details");
  console.press(key::home);
  EXPECT_EQ(console.line_with("... more is not shown"), "");
}

TEST(console_screen, helps_with_keys_acts_and_columns) {
  console_driver console;
  console.settle();
  console.press("?");
  EXPECT_NE(console.line_with("Enter, Right"), "");
  console.press(key::end);
  EXPECT_NE(console.line_with("where it takes calls"), "");
  console.press(key::escape);
  EXPECT_NE(console.line_with("2 nodes"), "");
}

TEST(console_screen, tells_by_what_a_list_is_sorted) {
  console_driver console;
  console.open_tenant();
  console.press("s");
  EXPECT_NE(console.line_with("2 actors, by msg/s down"), "");
  console.press("r");
  EXPECT_NE(console.line_with("2 actors, by msg/s up"), "");
  for (int i = 0; i < 9; ++i)
    console.press("s");
  EXPECT_EQ(console.line_with(", by "), "") << "behind the last column it is the name again";
}

} // namespace
} // namespace dotmac::console
