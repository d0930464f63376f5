#include "tests/persistence/store_contract.hpp"

#include <algorithm>
#include <set>
#include <thread>

namespace dotmac {
namespace {

using milliseconds = std::chrono::milliseconds;
constexpr milliseconds lease{60'000};
constexpr shard_id first{3};
constexpr shard_id second{200};

node_card card_of(const std::string& id, const std::string& address = {}) {
  return {id, address.empty() ? id + ":9000" : address, id + ":8000", "0.1.0", true};
}

class cluster_contract : public store_contract {
protected:
  void SetUp() override {
    store_contract::SetUp();
    ASSERT_NE(store_->cluster(), nullptr);
  }
  cluster_table& cluster() { return *store_->cluster(); }
  node_name join(const std::string& id) {
    auto joined = cluster().join(card_of(id));
    EXPECT_TRUE(succeeded(joined));
    return *joined;
  }
  /// A session of the node's own, which others see.
  std::unique_ptr<store> be_present(const node_name& name) {
    auto session = open();
    EXPECT_TRUE(succeeded(session->leases().announce(owner_text(name))));
    return session;
  }
  std::vector<shard_claim> take(const node_name& name, std::vector<shard_id> shards) { return *store_->leases().claim_shards(owner_text(name), shards, lease); }
  shard_row row(shard_id shard) { return cluster().read_view()->shards.at(to_number(shard)); }
  std::vector<std::string> members() {
    std::vector<std::string> found;
    const auto view = cluster().read_view();
    for (const auto& node : view->nodes)
      found.push_back(owner_text(node.name()));
    return found;
  }
};
INSTANTIATE_TEST_SUITE_P(vendors, cluster_contract, testing::Values("memory", "postgresql"), [](const auto& vendor) { return vendor.param; });

TEST_P(cluster_contract, begins_with_nobody) {
  const auto view = cluster().read_view();
  ASSERT_OK(view);
  EXPECT_TRUE(view->nodes.empty());
  EXPECT_EQ(view->coordinator, "");
  EXPECT_TRUE(view->is_coordinator_expired);
  ASSERT_EQ(view->shards.size(), shard_count);
  for (std::uint16_t i = 0; i < shard_count; ++i) {
    EXPECT_EQ(to_number(view->shards[i].shard), i);
    EXPECT_EQ(view->shards[i].wanted, "");
    EXPECT_EQ(view->shards[i].is_expired, shard_id{i} != acme_.shard);
  }
}

TEST_P(cluster_contract, shows_what_members_say_of_themselves) {
  node_card gateway{"b.gate-1", "10.0.0.2:1", "h\xc3\xb6st:2", "9.9", false};
  const node_card worker{"c", "10.0.0.3:1", "h:2", "9.9", true, false};
  ASSERT_OK(cluster().join(worker));
  const auto b = cluster().join(gateway);
  ASSERT_OK(b);
  const auto a = join("a");
  const auto session = be_present(a);
  ASSERT_TRUE(*cluster().beat(a, true, {}));
  const auto nodes = cluster().read_view()->nodes;
  ASSERT_EQ(nodes.size(), 3u);
  EXPECT_EQ(nodes[2].card, worker);
  EXPECT_EQ(nodes[0].card, card_of("a"));
  EXPECT_EQ(nodes[0].name(), a);
  EXPECT_TRUE(nodes[0].is_leaving);
  EXPECT_TRUE(nodes[0].is_present);
  EXPECT_LT(nodes[0].since_heartbeat, milliseconds{60'000});
  EXPECT_EQ(nodes[1].card, gateway);
  EXPECT_EQ(nodes[1].name(), *b);
  EXPECT_FALSE(nodes[1].is_leaving);
  EXPECT_FALSE(nodes[1].is_present);
}

TEST_P(cluster_contract, counts_incarnations_upwards_also_after_a_node_has_left) {
  const auto once = join("a");
  ASSERT_OK(cluster().leave(once));
  EXPECT_TRUE(members().empty());
  const auto again = join("a");
  EXPECT_GT(again.incarnation, once.incarnation);
  EXPECT_GT(join("b").incarnation, again.incarnation);
}

TEST_P(cluster_contract, refuses_an_id_whose_process_is_there) {
  const auto name = join("a");
  auto session = be_present(name);
  const auto second_one = cluster().join(card_of("a"));
  EXPECT_EQ(code_of(second_one), error_code::ownership_lost);
  EXPECT_EQ(second_one.error().field, "id");
  EXPECT_EQ(members(), std::vector<std::string>{owner_text(name)});
  session.reset();
  result<node_name> joined = second_one;
  for (int i = 0; i < 500 && !joined; ++i) { // PostgreSQL sees the end of a session a moment later
    joined = cluster().join(card_of("a"));
    std::this_thread::sleep_for(milliseconds{10});
  }
  ASSERT_OK(joined);
  EXPECT_EQ(members(), std::vector<std::string>{owner_text(*joined)});
}

TEST_P(cluster_contract, frees_the_shards_of_an_earlier_life_at_the_same_address_only) {
  const auto once = join("a");
  const auto claims = take(once, {first, second});
  const auto again = join("a");
  EXPECT_EQ(row(first).owner, "");
  EXPECT_EQ(row(first).epoch, claims[0].epoch);
  EXPECT_TRUE(row(second).is_expired);
  take(again, {first});
  ASSERT_OK(cluster().join(card_of("a", "elsewhere:1")));
  EXPECT_EQ(row(first).owner, owner_text(again));
  EXPECT_FALSE(row(first).is_expired);
  database_->pass_time(lease + milliseconds{1});
  EXPECT_TRUE(row(first).is_expired);
}

TEST_P(cluster_contract, tells_a_member_from_one_that_was_replaced) {
  const auto once = join("a");
  const auto again = join("a");
  EXPECT_FALSE(*cluster().beat(once, false, {}));
  EXPECT_TRUE(*cluster().beat(again, false, {}));
  EXPECT_FALSE(*cluster().beat({"nobody", 1}, false, {}));
}

TEST_P(cluster_contract, keeps_the_loads_of_shards_that_the_member_owns) {
  const auto a = join("a"), b = join("b");
  take(a, {first});
  take(b, {second});
  const shard_load loads[] = {{first, 12'345'678}, {second, 7}};
  ASSERT_TRUE(*cluster().beat(a, false, loads));
  EXPECT_EQ(row(first).load, 12'345'678u);
  EXPECT_EQ(row(second).load, 0u);
}

TEST_P(cluster_contract, gives_a_shard_to_its_heir_with_the_next_epoch) {
  const auto a = join("a"), b = join("b");
  const auto claims = take(a, {first, second});
  const shard_transfer given[] = {{first, claims[0].epoch, owner_text(b)}};
  ASSERT_OK(cluster().transfer_shards(a, given, lease));
  EXPECT_EQ(row(first).owner, owner_text(b));
  EXPECT_EQ(to_number(row(first).epoch), to_number(claims[0].epoch) + 1);
  EXPECT_FALSE(row(first).is_expired);
  EXPECT_EQ(row(second).owner, owner_text(a));
  EXPECT_EQ(store_->leases().renew_leases(owner_text(a), claims, lease)->size(), 1u);
  EXPECT_EQ(take(b, {first}), (std::vector<shard_claim>{{first, ownership_epoch{to_number(claims[0].epoch) + 1}}}));
  ASSERT_OK(cluster().transfer_shards(a, given, lease)); // again: it is not its own any more
  EXPECT_EQ(to_number(row(first).epoch), to_number(claims[0].epoch) + 1);
}

TEST_P(cluster_contract, frees_a_shard_whose_heir_is_no_member) {
  const auto a = join("a");
  const auto claims = take(a, {first, second});
  const shard_transfer given[] = {{first, claims[0].epoch, "b#99"}, {second, claims[1].epoch, ""}};
  ASSERT_OK(cluster().transfer_shards(a, given, lease));
  for (const auto shard : {first, second}) {
    EXPECT_EQ(row(shard).owner, "");
    EXPECT_TRUE(row(shard).is_expired);
  }
  EXPECT_EQ(row(first).epoch, claims[0].epoch);
}

TEST_P(cluster_contract, refuses_transfers_beyond_the_limits) {
  const auto a = join("a");
  const shard_transfer outside[] = {{shard_id{256}, {}, ""}};
  EXPECT_EQ(code_of(cluster().transfer_shards(a, outside, lease)), error_code::validation_failed);
  const shard_transfer long_named[] = {{first, {}, std::string(lease_owner_bytes_max + 1, 'x')}};
  EXPECT_EQ(code_of(cluster().transfer_shards(a, long_named, lease)), error_code::validation_failed);
}

TEST_P(cluster_contract, frees_what_a_member_that_leaves_still_has) {
  const auto a = join("a");
  take(a, {first, second});
  const auto epoch = *cluster().coordinate(a, lease, "");
  ASSERT_TRUE(epoch);
  ASSERT_OK(cluster().leave(a));
  EXPECT_EQ(row(first).owner, "");
  EXPECT_EQ(cluster().read_view()->coordinator, "");
  EXPECT_TRUE(members().empty());
  ASSERT_OK(cluster().leave(a));
}

TEST_P(cluster_contract, has_one_coordinator_at_a_time) {
  const auto a = join("a"), b = join("b");
  const auto of_a = *cluster().coordinate(a, lease, "");
  ASSERT_TRUE(of_a);
  EXPECT_EQ(cluster().read_view()->coordinator, owner_text(a));
  EXPECT_FALSE(cluster().read_view()->is_coordinator_expired);
  EXPECT_FALSE(*cluster().coordinate(b, lease, ""));
  EXPECT_FALSE(*cluster().coordinate(b, lease, "c#1"));
  EXPECT_EQ(*cluster().coordinate(a, lease, ""), of_a);
  const auto of_b = *cluster().coordinate(b, lease, owner_text(a));
  ASSERT_TRUE(of_b);
  EXPECT_EQ(to_number(*of_b), to_number(*of_a) + 1);
  EXPECT_FALSE(*cluster().coordinate(a, lease, ""));
  database_->pass_time(lease + milliseconds{1});
  EXPECT_TRUE(cluster().read_view()->is_coordinator_expired);
  EXPECT_GE(cluster().read_view()->nodes.at(0).since_heartbeat, lease);
  EXPECT_FALSE(*cluster().coordinate({"nobody", 1}, lease, owner_text(b)));
}

TEST_P(cluster_contract, lets_only_the_coordinator_of_the_epoch_assign_and_bury) {
  const auto a = join("a"), b = join("b");
  const auto old = **cluster().coordinate(a, lease, "");
  const auto now = **cluster().coordinate(b, lease, owner_text(a));
  const shard_assignment assignments[] = {{first, "a"}, {second, "b"}};
  const burial dead[] = {{a, true}};
  EXPECT_FALSE(*cluster().assign_shards(old, assignments));
  EXPECT_EQ(row(first).wanted, "");
  EXPECT_FALSE(*cluster().bury(old, dead));
  EXPECT_EQ(members().size(), 2u);
  EXPECT_TRUE(*cluster().assign_shards(now, assignments));
  EXPECT_EQ(row(first).wanted, "a");
  EXPECT_EQ(row(second).wanted, "b");
  EXPECT_EQ(row(shard_id{4}).wanted, "");
  const shard_assignment nameless[] = {{first, ""}}, outside[] = {{shard_id{256}, "a"}};
  EXPECT_EQ(code_of(cluster().assign_shards(now, nameless)), error_code::validation_failed);
  EXPECT_EQ(code_of(cluster().assign_shards(now, outside)), error_code::validation_failed);
}

TEST_P(cluster_contract, frees_the_shards_of_the_dead_only_where_they_have_ended) {
  const auto a = join("a"), b = join("b"), c = join("c");
  take(b, {first});
  take(c, {second});
  const auto role = **cluster().coordinate(a, lease, "");
  const burial dead[] = {{b, true}, {c, false}, {{"a", a.incarnation - 1}, true}};
  ASSERT_TRUE(*cluster().bury(role, dead));
  EXPECT_EQ(members(), std::vector<std::string>{owner_text(a)});
  EXPECT_EQ(row(first).owner, "");
  EXPECT_EQ(row(second).owner, owner_text(c));
  EXPECT_FALSE(row(second).is_expired);
  EXPECT_FALSE(*cluster().beat(c, false, {}));
}

TEST_P(cluster_contract, keeps_wishes_by_id_through_lives) {
  ASSERT_OK(cluster().set_wish("a", node_wish::drain));
  const auto a = join("a");
  EXPECT_EQ(cluster().read_view()->nodes.at(0).wish, node_wish::drain);
  ASSERT_OK(cluster().set_wish("a", node_wish::cordon));
  ASSERT_OK(cluster().leave(a));
  join("a");
  EXPECT_EQ(cluster().read_view()->nodes.at(0).wish, node_wish::cordon);
  EXPECT_EQ(code_of(cluster().set_wish("no id", node_wish::serve)), error_code::validation_failed);
}

TEST_P(cluster_contract, keeps_where_operators_want_shards_until_it_is_rebalanced) {
  ASSERT_OK(cluster().pin_shard(first, "b"));
  ASSERT_OK(cluster().pin_shard(second, "c"));
  EXPECT_EQ(row(first).pinned, "b");
  ASSERT_OK(cluster().pin_shard(first, ""));
  EXPECT_EQ(row(first).pinned, "");
  EXPECT_EQ(row(second).pinned, "c");
  const auto before = cluster().read_view()->rebalances;
  ASSERT_OK(cluster().rebalance());
  EXPECT_EQ(row(second).pinned, "");
  EXPECT_EQ(cluster().read_view()->rebalances, before + 1);
  EXPECT_EQ(cluster().pin_shard(shard_id{256}, "b").error().field, "shard");
  EXPECT_EQ(cluster().pin_shard(first, "no id").error().field, "node");
}

TEST_P(cluster_contract, refuses_cards_beyond_the_limits) {
  auto card = card_of("a");
  card.id = std::string(tenant_id_size_max + 1, 'x');
  EXPECT_EQ(cluster().join(card).error().field, "id");
  card = card_of("a", std::string(node_text_bytes_max + 1, 'x'));
  EXPECT_EQ(cluster().join(card).error().field, "peer_address");
  EXPECT_TRUE(members().empty());
}

TEST_P(cluster_contract, has_nodes_max_members) {
  for (std::size_t i = 0; i < nodes_max; ++i)
    ASSERT_OK(cluster().join(card_of("n" + std::to_string(i))));
  EXPECT_EQ(code_of(cluster().join(card_of("more"))), error_code::too_many_requests);
  ASSERT_OK(cluster().join(card_of("n7")));
  EXPECT_EQ(cluster().read_view()->nodes.size(), nodes_max);
}

TEST_P(cluster_contract, gives_the_role_and_the_shards_to_one_of_several_that_ask_at_once) {
  constexpr std::size_t count = 4;
  std::vector<node_name> names;
  for (std::size_t i = 0; i < count; ++i)
    names.push_back(join("n" + std::to_string(i)));
  const auto holder = join("holder");
  const auto claims = take(holder, {first, second});
  std::vector<std::thread> workers;
  std::atomic<std::size_t> coordinators{0};
  for (std::size_t i = 0; i < count; ++i)
    workers.emplace_back([&, i] {
      const auto session = open();
      coordinators += session->cluster()->coordinate(names[i], lease, "")->has_value();
      const shard_transfer given[] = {{second, claims[1].epoch, owner_text(names[i])}, {first, claims[0].epoch, owner_text(names[i])}};
      EXPECT_TRUE(succeeded(session->cluster()->transfer_shards(holder, given, lease)));
    });
  for (auto& each : workers)
    each.join();
  EXPECT_EQ(coordinators, 1u);
  EXPECT_EQ(row(first).owner, row(second).owner);
  EXPECT_EQ(to_number(row(first).epoch), to_number(claims[0].epoch) + 1);
}

} // namespace
} // namespace dotmac
