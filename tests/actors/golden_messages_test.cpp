// What nodes send each other beside calls: greetings and the other messages of runtime/peers/peer_protocol.hpp as CAF serializes them, and questions about nodes.

#include "tests/actors/golden_file.hpp"

#include "persistence/memory/memory_store.hpp"
#include "runtime/node/node_questions.hpp"
#include "runtime/peers/peer_network.hpp"
#include "tests/core/events/peak_memory.hpp"
#include "tests/support/filled_record.hpp"
#include "tests/support/record_text.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <random>

namespace dotmac {
namespace {

struct peer_configuration : caf::actor_system_config {
  peer_configuration() { add_message_types<caf::id_block::dotmac_peers>(); }
};

class golden_messages_test : public testing::Test {
protected:
  template <class... Parts> bytes content_of(const Parts&... parts) {
    std::vector<char> content;
    caf::binary_serializer out{system_, content};
    const auto message = caf::make_message(parts...);
    EXPECT_FALSE(out(message));
    return {content.begin(), content.end()};
  }
  /// None: it cannot be read, or is something else.
  template <class Message> std::optional<Message> message_in(const bytes& content) {
    caf::message message;
    caf::binary_deserializer in{system_, content.data(), content.size()};
    if (in(message) || !message.match_elements<Message>())
      return std::nullopt;
    return message.get_as<Message>(0);
  }

  /// Calls `each` with the name of every message between nodes, and one of them with something in all fields.
  template <class Each> static void for_each_message(Each each) {
    each("greet_peer", filled<greet_peer>());
    each("introduce_peer", filled<introduce_peer>());
    each("welcome_peer", filled<welcome_peer>());
    each("call_batch", filled<call_batch>());
    each("answer_batch", filled<answer_batch>());
    each("cancel_calls", filled<cancel_calls>());
    each("tables_changed", filled<tables_changed>());
    each("node_question", filled<node_question>());
    each("node_answer", filled<node_answer>());
  }

  peer_configuration configuration_;
  caf::actor_system system_{configuration_};
};

struct nobodys_tenants : tenant_service {
  void ask(call_options, tenant_call, std::function<void(result<tenant_answer>)>) override { ADD_FAILURE() << "nobody is to be asked"; }
};

actor_list_question all_asked() { return {{"events", "acme", "node/shard-1", "node"}, "node/shard-1/acme", 17, 3}; }
const auto told_actors = R"({"actors":[{"path":"node/shard-1/acme"}],"last_path":"node/shard-1/acme","total":20})";

TEST_F(golden_messages_test, are_written_for_a_new_protocol) {
  if (!golden_files_are_wanted())
    GTEST_SKIP() << "DOTMAC_WRITE_GOLDEN is not set";
  golden_entries messages, questions;
  for_each_message([&](const char* name, const auto& message) { messages.push_back({name, record_text::write(message), content_of(message)}); });
  questions.push_back({"actors", nlohmann::json::parse(text_of(all_asked())), {}});
  questions.push_back({"passivate", nlohmann::json::parse(text_of(actor_act{"", "node/shard-1/acme", actor_act_kind::passivate})), {}});
  questions.push_back({"restart", nlohmann::json::parse(text_of(actor_act{"", "node/shard-1/acme", actor_act_kind::restart})), {}});
  questions.push_back({"actor", nlohmann::json::parse(text_of_actor_details("node/shard-1/acme")), {}});
  questions.push_back({"replay", nlohmann::json::parse(text_of_replay(17)), {}});
  questions.push_back({"actors answered", nlohmann::json::parse(told_actors), {}});
  write_golden_file(golden_path(spoken_protocols().newest, "messages"), messages);
  write_golden_file(golden_path(spoken_protocols().newest, "questions"), questions);
}

TEST_F(golden_messages_test, of_every_protocol_are_read_as_what_they_said_and_written_as_they_were) {
  for (auto protocol = spoken_protocols().oldest; protocol <= spoken_protocols().newest; ++protocol) {
    std::map<std::string, golden_entry> golden;
    for (auto& each : read_golden_file(golden_path(protocol, "messages")))
      golden.emplace(each.name, each);
    for_each_message([&]<class Message>(const char* name, const Message&) {
      SCOPED_TRACE(std::string{name} + " of protocol " + std::to_string(protocol));
      const auto found = golden.find(name);
      if (found == golden.end())
        return; // a later protocol's
      Message said;
      record_text::read(found->second.says, said);
      const auto read = message_in<Message>(found->second.content);
      ASSERT_TRUE(read);
      EXPECT_EQ(record_text::write(*read), record_text::write(said));
      if (!is_greeting<Message> || protocol == spoken_protocols().newest) {
        EXPECT_EQ(hex_of(content_of(said), 64), hex_of(found->second.content, 64)) << "a message between nodes never changes: add a new one (runtime/peers/peer_protocol.hpp)";
      }
      golden.erase(found);
    });
    EXPECT_TRUE(golden.empty()) << golden.begin()->first << " is sent no more, and the release before waits for it";
  }
}

/// As a later release may send it.
template <class Greeting> bytes with_more_fields(const Greeting& greeting) { return to_bytes(greeting) + to_bytes(std::string{"release"}) + to_bytes(std::uint64_t{7}); }

TEST_F(golden_messages_test, greetings_with_fields_of_later_releases_and_without_later_fields_are_understood) {
  const auto greeting = filled<greet_peer>();
  const auto longer = with_more_fields(greeting);
  greet_peer read;
  binary::reader in{longer};
  ASSERT_TRUE(read_message(in, read));
  EXPECT_EQ(record_text::write(read), record_text::write(greeting));
  const auto whole = to_bytes(greeting);
  const auto shorter = whole.substr(0, whole.size() - to_bytes(greeting.wanted).size());
  greet_peer without;
  binary::reader from_older{shorter};
  ASSERT_TRUE(read_message(from_older, without));
  EXPECT_EQ(without.node, greeting.node);
  EXPECT_EQ(without.wanted, "");
  call_batch batch;
  const auto too_long = with_more_fields(filled<call_batch>());
  binary::reader of_batch{too_long};
  EXPECT_FALSE(read_message(of_batch, batch)) << "all others never change";
}

TEST_F(golden_messages_test, questions_about_nodes_are_understood) {
  const auto stores = std::make_shared<store_pool>(std::shared_ptr<store_factory>{make_memory_store_factory(std::make_shared<memory_database>())}, 1, 10);
  nobodys_tenants tenants;
  const questioned_node node{std::make_shared<figures_registry>(), {stores, std::make_shared<shared_poison_ledger>(), tenants, [] { return timestamp{}; }}};
  const auto answer_node_question = [&](const questioned_node& asked, const std::string& text) {
    std::promise<result<std::string>> told;
    dotmac::answer_node_question(asked, text, [&](const result<std::string>& answer) { told.set_value(answer); });
    return told.get_future().get();
  };
  for (auto protocol = spoken_protocols().oldest; protocol <= spoken_protocols().newest; ++protocol) {
    std::map<std::string, nlohmann::json> golden;
    for (const auto& each : read_golden_file(golden_path(protocol, "questions")))
      golden[each.name] = each.says;
    EXPECT_EQ(text_of(all_asked()), golden.at("actors").dump());
    EXPECT_EQ(text_of(actor_act{"", "node/shard-1/acme", actor_act_kind::passivate}), golden.at("passivate").dump());
    EXPECT_EQ(text_of(actor_act{"", "node/shard-1/acme", actor_act_kind::restart}), golden.at("restart").dump());
    const auto told = answer_node_question(node, golden.at("actors").dump());
    ASSERT_TRUE(told) << told.error().message;
    EXPECT_TRUE(actor_list_in(*told));
    for (const auto* act : {"passivate", "restart"}) {
      const auto acted = answer_node_question(node, golden.at(act).dump());
      ASSERT_FALSE(acted);
      EXPECT_EQ(acted.error().code, error_code::not_found) << "there is no such actor here; the question is understood";
    }
    EXPECT_EQ(text_of_actor_details("node/shard-1/acme"), golden.at("actor").dump());
    EXPECT_EQ(text_of_replay(17), golden.at("replay").dump());
    const auto details = answer_node_question(node, golden.at("actor").dump());
    ASSERT_TRUE(details) << details.error().message;
    EXPECT_EQ(object_in(*details)->at("running"), false);
    const auto replayed = answer_node_question(node, golden.at("replay").dump());
    ASSERT_FALSE(replayed);
    EXPECT_EQ(replayed.error().code, error_code::not_found) << "there is no such letter here; the question is understood";
    auto answer = golden.at("actors answered");
    answer["of_a_later_release"] = 1;
    const auto listed = actor_list_in(answer.dump());
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->total, 20u);
    EXPECT_EQ(listed->last_path, "node/shard-1/acme");
  }
  const auto unknown = answer_node_question(node, R"({"ask":"weather"})");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, error_code::validation_failed);
  for (const auto* text : {"", "[]", "{\"ask\":7}", "{\"ask\":\"actors\",\"limit\":\"many\"}", "\xFF"})
    EXPECT_FALSE(answer_node_question(node, text)) << text;
  EXPECT_FALSE(actor_list_in("{}"));
}

TEST_F(golden_messages_test, damaged_ones_do_no_harm) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const auto golden = read_golden_file(golden_path(spoken_protocols().newest, "messages"));
  std::size_t refused = 0;
  const auto peak = peak_of([&] {
    for (int round = 0; round < 30'000; ++round) {
      auto content = golden[random() % golden.size()].content;
      if (random() % 2)
        content.resize(random() % content.size());
      else
        content[random() % content.size()] = static_cast<char>(random());
      for_each_message([&]<class Message>(const char*, const Message&) { refused += message_in<Message>(content) ? 0 : 1; });
    }
  });
  EXPECT_GT(refused, 30'000u);
  EXPECT_LT(peak, 64u << 20);
}

} // namespace
} // namespace dotmac
