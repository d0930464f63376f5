#include "tests/persistence/store_contract.hpp"

#include <algorithm>
#include <thread>

namespace dotmac {
namespace {

class lease_contract : public store_contract {
protected:
  using milliseconds = std::chrono::milliseconds;
  static constexpr milliseconds long_{60'000};

  result<std::vector<shard_claim>> take(const std::string& owner, std::vector<shard_id> shards) {
    return store_->leases().claim_shards(owner, shards, long_);
  }
};
DOTMAC_CONTRACT(lease_contract);

constexpr shard_id first{3};
constexpr shard_id second{200};

TEST_P(lease_contract, starts_with_every_shard_free) {
  const auto leases = store_->leases().read_leases();
  ASSERT_OK(leases);
  ASSERT_EQ(leases->size(), shard_count);
  for (std::uint16_t i = 0; i < shard_count; ++i) {
    EXPECT_EQ(to_number((*leases)[i].shard), i);
    if (shard_id{i} == acme_.shard) // taken by the fixture
      continue;
    EXPECT_EQ((*leases)[i].owner, "");
    EXPECT_TRUE((*leases)[i].expired);
  }
}

TEST_P(lease_contract, gives_a_free_shard_with_the_next_epoch) {
  const auto claims = take("n1", {first, second});
  ASSERT_OK(claims);
  EXPECT_EQ(*claims, (std::vector<shard_claim>{{first, ownership_epoch{1}}, {second, ownership_epoch{1}}}));
  const auto lease = store_->leases().read_leases()->at(to_number(second));
  EXPECT_EQ(lease.owner, "n1");
  EXPECT_EQ(to_number(lease.epoch), 1u);
  EXPECT_FALSE(lease.expired);
}

TEST_P(lease_contract, leaves_a_held_shard_to_its_owner) {
  ASSERT_OK(take("n1", {first}));
  const auto claims = take("n2", {first, second});
  ASSERT_OK(claims);
  EXPECT_EQ(*claims, (std::vector<shard_claim>{{second, ownership_epoch{1}}}));
}

TEST_P(lease_contract, gives_an_owner_its_own_shard_again_with_the_same_epoch) {
  ASSERT_OK(take("n1", {first}));
  EXPECT_EQ(*take("n1", {first}), (std::vector<shard_claim>{{first, ownership_epoch{1}}}));
  database_->pass_time(2 * long_); // run out, but nobody else was there
  EXPECT_EQ(*take("n1", {first}), (std::vector<shard_claim>{{first, ownership_epoch{1}}}));
}

TEST_P(lease_contract, gives_an_expired_shard_to_another_with_the_next_epoch) {
  ASSERT_OK(take("n1", {first}));
  database_->pass_time(long_ + milliseconds{1});
  EXPECT_TRUE(store_->leases().read_leases()->at(to_number(first)).expired);
  EXPECT_EQ(*take("n2", {first}), (std::vector<shard_claim>{{first, ownership_epoch{2}}}));
  EXPECT_TRUE(take("n1", {first})->empty());
}

TEST_P(lease_contract, prolongs_what_is_still_held_and_names_it) {
  const auto claims = *take("n1", {first, second});
  database_->pass_time(long_ - milliseconds{10'000});
  const auto renewed = store_->leases().renew_leases("n1", claims, long_);
  ASSERT_OK(renewed);
  EXPECT_EQ(*renewed, claims);
  database_->pass_time(long_ - milliseconds{10'000});
  EXPECT_TRUE(take("n2", {first, second})->empty());
}

TEST_P(lease_contract, does_not_prolong_what_another_has_taken) {
  const auto claims = *take("n1", {first, second});
  database_->pass_time(2 * long_);
  ASSERT_OK(take("n2", {second}));
  EXPECT_EQ(*store_->leases().renew_leases("n1", claims, long_), (std::vector<shard_claim>{claims[0]}));
  EXPECT_EQ(store_->leases().read_leases()->at(to_number(second)).owner, "n2");
}

TEST_P(lease_contract, frees_released_shards_at_once) {
  const auto claims = *take("n1", {first, second});
  ASSERT_OK(store_->leases().release_shards("n1", {&claims[0], 1}));
  EXPECT_EQ(*take("n2", {first, second}), (std::vector<shard_claim>{{first, ownership_epoch{2}}}));
}

TEST_P(lease_contract, does_not_release_what_another_holds) {
  const auto claims = *take("n1", {first});
  database_->pass_time(2 * long_);
  ASSERT_OK(take("n2", {first}));
  ASSERT_OK(store_->leases().release_shards("n1", claims));
  EXPECT_EQ(store_->leases().read_leases()->at(to_number(first)).owner, "n2");
}

TEST_P(lease_contract, raises_the_epoch_when_the_same_owner_comes_back_after_a_release) {
  const auto claims = *take("n1", {first});
  ASSERT_OK(store_->leases().release_shards("n1", claims));
  EXPECT_EQ(*take("n1", {first}), (std::vector<shard_claim>{{first, ownership_epoch{2}}}));
}

TEST_P(lease_contract, gives_every_shard_to_one_of_several_that_ask_at_once) {
  constexpr std::size_t nodes = 4;
  std::vector<shard_id> all;
  for (std::uint16_t i = 0; i < shard_count; ++i)
    if (shard_id{i} != acme_.shard)
      all.push_back(shard_id{i});
  std::vector<std::vector<shard_claim>> taken(nodes);
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < nodes; ++i)
    workers.emplace_back([&, i] {
      const auto session = open();
      auto claims = session->leases().claim_shards(std::string{"n"} + std::to_string(i), all, long_);
      if (claims)
        taken[i] = *std::move(claims);
    });
  for (auto& worker : workers)
    worker.join();
  std::vector<shard_id> given;
  for (const auto& claims : taken)
    for (const auto& claimed : claims)
      given.push_back(claimed.shard);
  std::sort(given.begin(), given.end());
  EXPECT_EQ(given, all);
}

TEST_P(lease_contract, names_owners_of_running_leases_whose_sessions_are_gone) {
  const auto absent = [&] { return *store_->leases().read_absent_owners(); };
  const auto can_see = GetParam() != "sqlite";
  const auto seen = [&](std::vector<std::string> owners) { return can_see ? owners : std::vector<std::string>{}; };
  ASSERT_OK(store_->leases().announce("node-a"));
  EXPECT_EQ(absent(), std::vector<std::string>{});
  auto session = open();
  ASSERT_OK(session->leases().announce("n1"));
  ASSERT_OK(session->leases().claim_shards("n1", std::vector<shard_id>{first}, long_));
  ASSERT_OK(session->leases().announce("n1")); // as often as one likes
  auto other_of_n1 = open();
  ASSERT_OK(other_of_n1->leases().announce("n1"));
  EXPECT_EQ(absent(), std::vector<std::string>{});
  session.reset();
  EXPECT_EQ(absent(), std::vector<std::string>{});
  other_of_n1.reset();
  for (int tries = 0; can_see && absent().empty() && tries < 1'000; ++tries)
    std::this_thread::sleep_for(milliseconds{10}); // the server ends a session some time after it was closed
  EXPECT_EQ(absent(), seen({"n1"}));
  ASSERT_OK(take("n2", {second}));
  EXPECT_EQ(absent(), seen({"n1", "n2"})) << "never announced";
  ASSERT_OK(store_->leases().release_shards("n1", std::vector<shard_claim>{{first, ownership_epoch{1}}}));
  EXPECT_EQ(absent(), seen({"n2"}));
  database_->pass_time(2 * long_);
  EXPECT_EQ(absent(), std::vector<std::string>{});
}

TEST_P(lease_contract, refuses_an_empty_owner_a_lease_of_no_time_and_a_shard_that_is_none) {
  EXPECT_EQ(code_of(take("", {first})), error_code::validation_failed);
  EXPECT_EQ(code_of(take(std::string(lease_owner_bytes_max + 1, 'n'), {first})),
            error_code::validation_failed);
  EXPECT_EQ(code_of(take("n1", {shard_id{shard_count}})), error_code::validation_failed);
  const shard_id shards[] = {first};
  EXPECT_EQ(code_of(store_->leases().claim_shards("n1", shards, milliseconds{0})),
            error_code::validation_failed);
  EXPECT_EQ(code_of(store_->leases().claim_shards("n1", shards, lease_max + milliseconds{1})),
            error_code::validation_failed);
}

} // namespace
} // namespace dotmac
