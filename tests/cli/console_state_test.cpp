#include "console_driver.hpp"

#include <gtest/gtest.h>

namespace dotmac::console {
namespace {

TEST(console, goes_down_the_tree_and_back) {
  console_driver console;
  console.open_tenant();
  EXPECT_NE(console.line_with("cluster main > a > shard-17 > acme"), "");
  EXPECT_NE(console.line_with("events/0"), "");
  EXPECT_NE(console.line_with("2 actors"), "");
  console.press(key::left);
  EXPECT_NE(console.line_with("cluster main > a > shard-17 "), "") << "what was seen is shown at once";
  EXPECT_NE(console.line_with("1 tenants"), "");
  EXPECT_TRUE(console.has_call(lane::list)) << "and is looked at again";
  console.press(key::backspace);
  console.press(key::escape);
  console.press(key::escape);
  EXPECT_EQ(console.state.levels().size(), 1u);
  EXPECT_FALSE(console.state.has_quit());
  console.press("q");
  EXPECT_TRUE(console.state.has_quit());
}

TEST(console, looks_again_after_the_interval_and_asks_for_nothing_twice) {
  console_driver console;
  console.settle();
  EXPECT_EQ(console.asked.size(), 1u);
  console.wait(999);
  EXPECT_TRUE(console.calls.empty());
  console.wait(1);
  ASSERT_EQ(console.calls.size(), 1u);
  console.wait(5'000);
  EXPECT_EQ(console.calls.size(), 1u) << "the answer is not there yet";
  const auto asked = console.asked.size();
  console.settle();
  EXPECT_EQ(console.asked.size(), asked + 2) << "it came late: the next look is due at once";
}

TEST(console, does_not_take_the_answer_to_a_list_that_is_left) {
  console_driver console;
  console.settle();
  console.press(key::enter);
  const auto late = console.take_call(lane::list);
  console.press(key::escape);
  console.press(key::down);
  console.press(key::enter);
  EXPECT_NE(console.take_call(lane::list).path.find("node=b"), std::string::npos) << "nor waits for it";
  console.answer(late, page_of({actor_as_json("shard", "node/shard-9")}, 1));
  EXPECT_EQ(console.line_with("shard-9"), "");
}

TEST(console, pages_through_a_long_list_and_says_what_is_not_shown) {
  console_driver console;
  std::size_t pages = 0;
  const auto other = console.node;
  console.node = [&](const call& each) -> std::pair<int, json> {
    if (!each.path.starts_with("/admin/actors?node=a&parent=node%2Fshard-17%2Facme&"))
      return other(each);
    ++pages;
    const auto at = each.path.find("&cursor=");
    const auto first = at == std::string::npos ? 0u : std::stoul(each.path.substr(at + 8));
    json actors = json::array();
    for (auto i = first; i < first + page_rows; ++i)
      actors.push_back(actor_as_json("metric", "node/shard-17/acme/m_" + std::to_string(100'000 + i)));
    return {200, page_of(actors, 31'000, std::to_string(first + page_rows))};
  };
  console.open_tenant();
  EXPECT_EQ(pages, pages_max) << "at once when it is opened, up to the limit";
  EXPECT_NE(console.line_with("first 10,000 of 31,000 actors"), "");
  console.wait(1'000);
  console.settle();
  EXPECT_EQ(pages, pages_max + 1) << "then one page with each look";
  console.press(key::end);
  EXPECT_NE(console.line_with("m_109999"), "");
  console.press("/^m_1299");
  EXPECT_TRUE(console.calls.empty()) << "the node is asked when it is complete";
  console.press(key::enter);
  EXPECT_NE(console.take_call(lane::list).path.find("&path=node%2Fshard-17%2Facme%2Fm_1299"), std::string::npos);
  EXPECT_NE(console.line_with("match ^m_1299"), "");
}

TEST(console, filters_while_one_types) {
  console_driver console;
  console.open_tenant();
  console.press("/Event");
  EXPECT_NE(console.line_with("filter: Event_"), "");
  EXPECT_NE(console.line_with("1 of 2 actors match Event"), "");
  EXPECT_EQ(console.line_with("m_1"), "");
  console.press(key::backspace);
  console.press("q");
  EXPECT_FALSE(console.state.has_quit()) << "it is a letter here";
  console.press(key::enter);
  EXPECT_NE(console.line_with("nothing matches Evenq"), "");
  console.press(key::escape);
  EXPECT_NE(console.line_with("2 actors"), "");
  EXPECT_EQ(console.state.levels().size(), 4u) << "the filter went, the list stayed";
  console.press("/" + std::string(filter_bytes_max + 50, 'x'));
  console.press(key::enter);
  EXPECT_EQ(console.state.top().rows.filter().size(), filter_bytes_max);
}

TEST(console, acts_only_after_a_yes_and_once) {
  console_driver console;
  console.open_tenant();
  console.press("p");
  EXPECT_NE(console.line_with("Passivate node/shard-17/acme/events/0 on a?"), "");
  EXPECT_FALSE(console.has_call(lane::act));
  console.press("x ");
  console.press(key::enter);
  EXPECT_FALSE(console.has_call(lane::act)) << "no other key is a yes";
  console.press("n");
  EXPECT_NE(console.line_with("not done"), "");
  console.press("y");
  EXPECT_FALSE(console.has_call(lane::act));
  console.press("py");
  const auto act = console.take_call(lane::act);
  EXPECT_EQ(act.method + " " + act.path + " " + act.body.dump(), R"(POST /admin/actors/acts {"act":"passivate","node":"a","path":"node/shard-17/acme/events/0"})");
  EXPECT_NE(console.line_with("passivate node/shard-17/acme/events/0: under way"), "");
  EXPECT_EQ(console.state.act_under_way(), "passivate node/shard-17/acme/events/0");
  console.press("x");
  EXPECT_NE(console.line_with("wait: passivate"), "") << "one at a time";
  console.answer(act, {{"status", "requested"}});
  EXPECT_NE(console.line_with("passivate node/shard-17/acme/events/0: requested"), "");
  EXPECT_EQ(console.state.act_under_way(), "");
  EXPECT_TRUE(console.has_call(lane::list)) << "what it changed is looked at";
  console.answer(act, {{"status", "again"}});
  EXPECT_EQ(console.line_with("again"), "");
}

TEST(console, tells_why_an_act_was_refused_or_has_no_answer) {
  console_driver console;
  console.open_tenant();
  console.press("xy");
  console.answer(console.take_call(lane::act), {{"detail", "no actor runs at it"}, {"code", "not_found"}, {"field", "path"}}, 404);
  EXPECT_NE(console.line_with("restart node/shard-17/acme/events/0: path: no actor runs at it"), "");
  console.press("xy");
  console.fail(console.take_call(lane::act), "\033[31mcut off");
  EXPECT_NE(console.line_with("events/0: no answer, it may have been done: ?[31mcut"), "");
  EXPECT_EQ(console.lines()[22], "off") << "what is long goes over several lines";
}

TEST(console, has_an_act_for_each_thing_that_can_be_done) {
  const auto asked = [](console_driver& console, const std::string& keys) {
    console.press(keys + "y");
    const auto act = console.take_call(lane::act);
    console.answer(act, json::object());
    return act.method + " " + act.path + " " + act.body.dump();
  };
  console_driver console;
  console.settle();
  EXPECT_EQ(asked(console, "D"), R"(PUT /admin/cluster/nodes/a {"scheduling":"drain"})");
  EXPECT_EQ(asked(console, "C"), R"(PUT /admin/cluster/nodes/a {"scheduling":"cordon"})");
  EXPECT_EQ(asked(console, "U"), R"(PUT /admin/cluster/nodes/a {"scheduling":"serve"})");
  EXPECT_EQ(asked(console, "B"), R"(POST /admin/cluster/rebalance {})");
  console.settle();
  console.press(key::enter);
  console.settle();
  EXPECT_EQ(asked(console, "R"), R"(PUT /admin/cluster/shards/3 {"node":null})");
  console.press("m");
  EXPECT_NE(console.line_with("Move shard 3 from a to which node?"), "");
  console.press(key::down);
  console.press(key::enter);
  EXPECT_NE(console.line_with("Move shard 3 from a to b?"), "");
  EXPECT_EQ(asked(console, ""), R"(PUT /admin/cluster/shards/3 {"node":"b"})");
  console.settle();
  console.press(key::end);
  console.press(key::enter);
  console.settle();
  EXPECT_EQ(asked(console, "x"), R"(POST /admin/actors/acts {"act":"restart","node":"a","path":"node/shard-17/acme"})");
}

TEST(console, shows_dead_letters_and_ends_them) {
  console_driver console;
  const auto other = console.node;
  json letters = json::array({json{{"id", 12}, {"tenant", "acme"}, {"actor", "acme/events/0"}, {"recorded_at", "2026-01-01T10:00:00Z"}, {"message_type", "append_events"}, {"reason", "too \033[2J wide"}, {"payload_bytes", 9}}});
  console.node = [&](const call& each) -> std::pair<int, json> {
    return each.path.starts_with("/admin/dead-letters") ? std::pair{200, json{{"dead_letters", letters}, {"count", letters.size()}}} : other(each);
  };
  console.open_tenant();
  console.press("L");
  console.settle();
  EXPECT_EQ(console.asked.back().path, "/admin/dead-letters?limit=500&tenant=acme") << "of the tenant that one is in";
  EXPECT_NE(console.line_with("dead letters of acme"), "");
  EXPECT_NE(console.line_with("too ?[2J wide"), "");
  console.press("p");
  EXPECT_NE(console.line_with("Replay the dead letter 12 to acme/events/0?"), "");
  console.press("y");
  auto act = console.take_call(lane::act);
  EXPECT_EQ(act.method + " " + act.path, "POST /admin/dead-letters/12/replay");
  console.answer(act, {{"id", 12}, {"status", "replayed"}});
  EXPECT_NE(console.line_with("replay letter 12: replayed"), "");
  console.press("xy");
  act = console.take_call(lane::act);
  EXPECT_EQ(act.method + " " + act.path, "DELETE /admin/dead-letters/12");
  letters = json::array();
  console.answer(act, {{"id", 12}, {"status", "discarded"}});
  console.settle();
  EXPECT_NE(console.line_with("no dead letters"), "");
}

TEST(console, says_since_when_figures_are_old_and_tries_again) {
  console_driver console;
  console.settle();
  EXPECT_NE(console.line_with("live"), "");
  console.wait(1'000);
  console.fail(console.take_call(lane::cluster), "http://127.0.0.1:8000 does not answer");
  console.wait(500);
  EXPECT_NE(console.line_with("figures are 1s old"), "");
  EXPECT_NE(console.line_with("no answer since 10:00:01Z, for 0s; figures are of 10:00:00Z; next try in 1s"), "");
  EXPECT_NE(console.line_with("http://127.0.0.1:8000 does not answer"), "");
  EXPECT_NE(console.line_with("serving"), "") << "they are still shown";
  EXPECT_EQ(console.lines().size(), 24u);
  EXPECT_FALSE(console.has_call(lane::cluster));
  console.wait(500);
  console.settle();
  EXPECT_EQ(console.line_with("no answer since"), "");
  EXPECT_NE(console.line_with("live"), "");
}

TEST(console, says_that_a_call_takes_long_before_it_has_failed) {
  console_driver console;
  console.settle();
  console.wait(1'000);
  console.wait(6'000);
  EXPECT_NE(console.line_with("figures are 7s old"), "");
}

TEST(console, says_that_a_credential_is_refused_and_what_else_is_no_figure) {
  console_driver console;
  console.answer(console.take_call(lane::cluster), {{"detail", "no valid credential was given"}, {"code", "unauthorized"}}, 401);
  EXPECT_NE(console.line_with("the credential is refused: no valid credential was given"), "");
  EXPECT_NE(console.line_with("no figures"), "");
  for (const auto& body : {json(nullptr), json::array(), json("text"), json{{"node", "a"}}}) {
    console.wait(retry_ms_max);
    console.answer(console.take_call(lane::cluster), body);
    EXPECT_NE(console.line_with("does not answer like a node"), "") << body;
  }
}

TEST(console, takes_lists_of_anything_without_harm) {
  console_driver console;
  console.settle();
  console.press(key::enter);
  console.answer(console.take_call(lane::list), page_of({1, "x", nullptr, json::object(), {{"path", 7}}, {{"path", "node/shard-1"}, {"messages", "many"}, {"children", -1}}}, 6));
  EXPECT_NE(console.line_with("shard-1 "), "");
  EXPECT_EQ(console.state.top().rows.size(), 1u);
}

TEST(console, tells_a_node_that_answers_without_end_that_it_is_enough) {
  console_driver console;
  console.settle();
  console.press(key::enter);
  std::size_t calls = 0;
  while (console.has_call(lane::list) && calls < 10 * pages_max) {
    ++calls;
    console.answer(console.take_call(lane::list), page_of({actor_as_json("shard", "node/shard-1")}, 1, "again"));
  }
  EXPECT_EQ(calls, pages_max);
}

} // namespace
} // namespace dotmac::console
