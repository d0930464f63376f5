// A message that only a later release has, sent to a node of this one.

#include "actors/protocol/wire_types.hpp"
#include "runtime/peers/peer_network.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

namespace dotmac {

struct message_of_a_later_release {
  std::string text;
};
template <> struct description<message_of_a_later_release> {
  static constexpr auto fields = std::tuple{field{"text", &message_of_a_later_release::text, "whatever"}};
};

} // namespace dotmac

CAF_BEGIN_TYPE_ID_BLOCK(dotmac_later, caf::first_custom_type_id + 2'000)
  CAF_ADD_TYPE_ID(dotmac_later, (dotmac::message_of_a_later_release))
CAF_END_TYPE_ID_BLOCK(dotmac_later)

namespace dotmac {
namespace {

using namespace std::chrono_literals;

struct present_configuration : caf::actor_system_config {
  present_configuration() {
    add_message_types<caf::id_block::dotmac_wire>();
    configure_peer_network(*this, 2s);
  }
};
struct later_configuration : present_configuration {
  later_configuration() { add_message_types<caf::id_block::dotmac_later>(); }
};

struct nobody : tenant_service {
  void ask(call_options, tenant_call, std::function<void(result<tenant_answer>)> on_answer) override { on_answer(failure{error_code::not_found, "nobody lives here", {}, {}}); }
};

TEST(unknown_messages, harm_neither_the_node_nor_the_connection_and_are_not_waited_for_without_end) {
  present_configuration present;
  later_configuration later;
  nobody tenants;
  caf::actor_system here{present}, there{later};
  const auto log = [](const std::string&) {};
  peer_network network{here, std::nullopt, 1s, log}, other{there, std::nullopt, 1s, log};
  const auto port = network.let_in(spawn_peer_door(here, {"test", [] { return std::string{"a#1"}; }}, {tenants, [](const std::string&, const std::function<void(result<std::string>)>& answer) { answer(std::string{"{}"}); }, [] {}, nullptr}), "127.0.0.1", 0);
  ASSERT_TRUE(port);
  const auto address = "127.0.0.1:" + std::to_string(*port);
  const auto door = other.finder()(address);
  ASSERT_TRUE(door) << door.error().message;
  const auto untyped = caf::actor_cast<caf::actor>(*door);
  for (int round = 0; round < 3; ++round) {
    caf::anon_send(untyped, message_of_a_later_release{"nobody knows me"});
    caf::scoped_actor asker{there};
    bool is_refused = false;
    asker->request(untyped, 1s, message_of_a_later_release{"nor me"}).receive([] {}, [&](const caf::error&) { is_refused = true; });
    EXPECT_TRUE(is_refused);
    const auto known = introduce(there, {"test", [] { return std::string{"b#1"}; }}, other.finder(), address, 1s);
    EXPECT_TRUE(known) << known.error().message;
  }
}

} // namespace
} // namespace dotmac
