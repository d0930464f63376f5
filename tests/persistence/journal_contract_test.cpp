#include "tests/persistence/store_contract.hpp"

#include <thread>

namespace dotmac {
namespace {

class journal_contract : public store_contract {};
DOTMAC_CONTRACT(journal_contract);

using rows_read = std::vector<std::pair<std::uint64_t, bytes>>;

TEST_P(journal_contract, reads_rows_in_the_order_of_their_sequence) {
  append(1, 12);
  const auto rows = read(metric_, 9);
  EXPECT_EQ(rows, (rows_read{{10, "row 10"}, {11, "row 11"}, {12, "row 12"}}));
  EXPECT_EQ(read(metric_).size(), 12u);
  EXPECT_EQ(to_number(*store_->entries().last_sequence(metric_)), 12u);
}

TEST_P(journal_contract, knows_nothing_of_an_entity_never_written) {
  EXPECT_TRUE(read({"acme", entity_kind::events, "9"}).empty());
  EXPECT_EQ(to_number(*store_->entries().last_sequence({"acme", entity_kind::events, "9"})), 0u);
}

TEST_P(journal_contract, keeps_entities_with_similar_names_apart) {
  const entity_id similar[] = {{"acme", entity_kind::metric, "m_1"},
                               {"acme", entity_kind::metric, "m_10"},
                               {"acme", entity_kind::metric, "M_1"},
                               {"acme", entity_kind::tenant, ""},
                               {"acme", entity_kind::events, "m_1"}};
  std::vector<journal_row> rows;
  for (const auto& entity : similar)
    rows.push_back({entity, journal_sequence{1}, to_string(entity)});
  ASSERT_OK(store_->entries().append_entries(rows, {&acme_, 1}));
  for (const auto& entity : similar)
    EXPECT_EQ(read(entity), (rows_read{{1, to_string(entity)}}));
}

TEST_P(journal_contract, returns_every_byte_of_random_payloads) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  rows_read expected;
  std::vector<journal_row> rows;
  for (std::uint64_t sequence = 1; sequence <= 60; ++sequence) {
    auto payload = random_bytes(random_() % 3'000);
    if (sequence % 3 == 0) // compressible, and with a run of NUL in it
      payload.insert(payload.size() / 2, 2'000, '\0');
    rows.push_back(row(sequence, payload));
    expected.emplace_back(sequence, payload);
  }
  ASSERT_OK(store_->entries().append_entries(rows, {&acme_, 1}));
  EXPECT_EQ(read(metric_), expected);
}

TEST_P(journal_contract, takes_a_large_payload) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  const journal_row rows[] = {row(1, random_bytes(20u << 20))};
  ASSERT_OK(store_->entries().append_entries(rows, {&acme_, 1}));
  const auto stored = read(metric_);
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_TRUE(stored[0].second == rows[0].payload);
}

TEST_P(journal_contract, appends_for_several_entities_and_shards_at_once_or_not_at_all) {
  const auto other = claim("globex");
  const entity_id elsewhere{"globex", entity_kind::events, "3"};
  const std::vector<journal_row> rows{row(1, "here"), {elsewhere, journal_sequence{1}, "there"}};
  const std::vector<shard_claim> stale{acme_, {other.shard, ownership_epoch{to_number(other.epoch) + 1}}};
  EXPECT_EQ(code_of(store_->entries().append_entries(rows, stale)), error_code::ownership_lost);
  EXPECT_TRUE(read(metric_).empty());
  EXPECT_TRUE(read(elsewhere).empty());

  const std::vector<shard_claim> claims{acme_, other};
  ASSERT_OK(store_->entries().append_entries(rows, claims));
  EXPECT_EQ(read(metric_), (rows_read{{1, "here"}}));
  EXPECT_EQ(read(elsewhere), (rows_read{{1, "there"}}));
}

TEST_P(journal_contract, refuses_a_sequence_that_is_taken_and_writes_nothing) {
  append(1, 3);
  const std::vector<journal_row> rows{row(4, "new"), row(3, "taken")};
  EXPECT_EQ(code_of(store_->entries().append_entries(rows, {&acme_, 1})), error_code::sequence_conflict);
  const std::vector<journal_row> twice{row(4, "one"), row(4, "two")};
  EXPECT_EQ(code_of(store_->entries().append_entries(twice, {&acme_, 1})), error_code::sequence_conflict);
  EXPECT_EQ(read(metric_).size(), 3u);
}

TEST_P(journal_contract, refuses_an_older_owner_and_writes_nothing) {
  append(1, 1);
  database_->pass_time(std::chrono::hours{1});
  const auto newer = claim("acme", "node-b");
  EXPECT_EQ(to_number(newer.epoch), to_number(acme_.epoch) + 1);
  const journal_row rows[] = {row(2, "late")};
  EXPECT_EQ(code_of(store_->entries().append_entries(rows, {&acme_, 1})), error_code::ownership_lost);
  EXPECT_EQ(read(metric_).size(), 1u);
  ASSERT_OK(store_->entries().append_entries(rows, {&newer, 1}));
}

TEST_P(journal_contract, refuses_an_epoch_that_was_never_given_out) {
  const shard_claim future{acme_.shard, ownership_epoch{to_number(acme_.epoch) + 1}};
  const journal_row rows[] = {row(1, "early")};
  EXPECT_EQ(code_of(store_->entries().append_entries(rows, {&future, 1})), error_code::ownership_lost);
}

TEST_P(journal_contract, refuses_an_owner_that_has_released_its_shard) {
  ASSERT_OK(store_->leases().release_shards("node-a", {&acme_, 1}));
  const journal_row rows[] = {row(1, "late")};
  EXPECT_EQ(code_of(store_->entries().append_entries(rows, {&acme_, 1})), error_code::ownership_lost);
  EXPECT_TRUE(read(metric_).empty());
}

TEST_P(journal_contract, refuses_a_row_without_a_claim_of_its_shard) {
  const auto other = claim("globex");
  ASSERT_NE(other.shard, acme_.shard);
  const journal_row rows[] = {row(1, "mine")};
  const auto refused = store_->entries().append_entries(rows, {&other, 1});
  EXPECT_EQ(code_of(refused), error_code::validation_failed);
  EXPECT_EQ(refused.error().field, "claims");
}

TEST_P(journal_contract, takes_as_many_rows_as_the_limit_and_refuses_one_more) {
  std::vector<journal_row> rows;
  for (std::uint64_t sequence = 1; sequence <= append_rows_max + 1; ++sequence)
    rows.push_back(row(sequence, std::to_string(sequence)));
  const auto refused = store_->entries().append_entries(rows, {&acme_, 1});
  EXPECT_EQ(code_of(refused), error_code::validation_failed);
  EXPECT_NE(refused.error().message.find(std::to_string(append_rows_max)), std::string::npos);
  rows.pop_back();
  ASSERT_OK(store_->entries().append_entries(rows, {&acme_, 1}));
  EXPECT_EQ(read(metric_).size(), append_rows_max);
}

TEST_P(journal_contract, refuses_a_payload_over_the_limit_and_names_it) {
  const std::vector<journal_row> rows{row(1, bytes(payload_bytes_max + 1, 'x'))};
  const auto refused = store_->entries().append_entries(rows, {&acme_, 1});
  EXPECT_EQ(code_of(refused), error_code::payload_too_large);
  EXPECT_NE(refused.error().message.find(std::to_string(payload_bytes_max)), std::string::npos);
}

TEST_P(journal_contract, refuses_payloads_that_together_are_over_the_limit) {
  std::vector<journal_row> rows{row(1, bytes(append_bytes_max / 2, 'x')),
                                row(2, bytes(append_bytes_max / 2 + 1, 'x'))};
  const auto refused = store_->entries().append_entries(rows, {&acme_, 1});
  EXPECT_EQ(code_of(refused), error_code::payload_too_large);
  EXPECT_EQ(refused.error().field, "rows");
}

TEST_P(journal_contract, reports_a_damaged_row_and_never_returns_it) {
  append(1, 3);
  database_->damage_journal_row(metric_, journal_sequence{2});
  rows_read rows;
  const auto done =
      store_->entries().read_entries(metric_, journal_sequence{}, [&](auto sequence, auto payload) {
        rows.emplace_back(to_number(sequence), payload);
        return result<void>{};
      });
  EXPECT_EQ(code_of(done), error_code::corrupt_data);
  EXPECT_EQ(rows, (rows_read{{1, "row 1"}}));
}

TEST_P(journal_contract, stops_reading_at_the_failure_of_the_visitor) {
  append(1, 5);
  std::size_t visits = 0;
  const auto done =
      store_->entries().read_entries(metric_, journal_sequence{}, [&](auto, auto) -> result<void> {
        if (++visits == 2)
          return failure{error_code::cancelled, "enough", ""};
        return {};
      });
  EXPECT_EQ(code_of(done), error_code::cancelled);
  EXPECT_EQ(visits, 2u);
  EXPECT_EQ(read(metric_).size(), 5u); // the session goes on
}

TEST_P(journal_contract, tells_what_became_of_rows) {
  append(1, 2);
  const std::vector<journal_row> there{row(1, "row 1"), row(2, "row 2")};
  EXPECT_EQ(*store_->entries().resolve(there), commit_outcome::committed);
  const std::vector<journal_row> absent{row(3, "row 3"), row(4, "row 4")};
  EXPECT_EQ(*store_->entries().resolve(absent), commit_outcome::absent);
  const std::vector<journal_row> part{row(2, "row 2"), row(3, "row 3")};
  EXPECT_EQ(code_of(store_->entries().resolve(part)), error_code::corrupt_data);
  const std::vector<journal_row> taken_by_another{row(2, "mine")};
  EXPECT_EQ(*store_->entries().resolve(taken_by_another), commit_outcome::absent);
}

TEST_P(journal_contract, does_not_guess_about_rows_behind_another_owners_snapshot) {
  append(1, 3);
  for (const std::uint64_t sequence : {2, 3})
    ASSERT_OK(store_->snapshots().write_snapshot(
        {{metric_, journal_sequence{sequence}, 1, "state"}, {}, {}, acme_}));
  const std::vector<journal_row> dropped{row(1, "row 1")};
  EXPECT_EQ(code_of(store_->entries().resolve(dropped)), error_code::ownership_lost);
}

TEST_P(journal_contract, serves_sessions_in_several_threads_at_once) {
  constexpr int threads = 4;
  constexpr std::uint64_t rows_each = 25;
  std::vector<std::thread> workers;
  std::vector<result<void>> failures(threads);
  for (int i = 0; i < threads; ++i)
    workers.emplace_back([&, i] {
      const auto session = open();
      const entity_id entity{"acme", entity_kind::events, std::to_string(i)};
      for (std::uint64_t sequence = 1; sequence <= rows_each; ++sequence) {
        const journal_row rows[] = {{entity, journal_sequence{sequence}, std::to_string(sequence)}};
        if (auto done = session->entries().append_entries(rows, {&acme_, 1}); !done)
          failures[static_cast<std::size_t>(i)] = done;
      }
    });
  for (auto& worker : workers)
    worker.join();
  for (int i = 0; i < threads; ++i) {
    ASSERT_OK(failures[static_cast<std::size_t>(i)]);
    EXPECT_EQ(read({"acme", entity_kind::events, std::to_string(i)}).size(), rows_each);
  }
}

TEST_P(journal_contract, lets_one_of_two_sessions_have_a_sequence) {
  const auto second = open();
  const journal_row mine[] = {row(1, "mine")};
  const journal_row theirs[] = {row(1, "theirs")};
  ASSERT_OK(store_->entries().append_entries(mine, {&acme_, 1}));
  EXPECT_EQ(code_of(second->entries().append_entries(theirs, {&acme_, 1})), error_code::sequence_conflict);
  EXPECT_EQ(read(metric_), (rows_read{{1, "mine"}}));
}

TEST_P(journal_contract, keeps_everything_when_its_sessions_are_closed) {
  append(1, 4);
  store_.reset();
  store_ = open();
  EXPECT_EQ(read(metric_).size(), 4u);
}

TEST_P(journal_contract, lists_every_tenant_once_and_sorted) {
  EXPECT_TRUE(store_->list_tenants()->empty());
  for (const std::string tenant : {"b", "a.b", "a-b", "a", "ab", "a0", "A"}) {
    const auto held = claim(tenant);
    const std::vector<journal_row> rows{{{tenant, entity_kind::tenant, ""}, journal_sequence{1}, "x"},
                                        {{tenant, entity_kind::metric, "m"}, journal_sequence{1}, "x"}};
    ASSERT_OK(store_->entries().append_entries(rows, {&held, 1}));
  }
  const auto held = claim("only-snapshot");
  const entity_id entity{"only-snapshot", entity_kind::tenant, ""};
  ASSERT_OK(store_->snapshots().write_snapshot({{entity, journal_sequence{1}, 1, "{}"}, {}, {}, held}));
  EXPECT_EQ(*store_->list_tenants(),
            (std::vector<std::string>{"A", "a", "a-b", "a.b", "a0", "ab", "b", "only-snapshot"}));
}

} // namespace
} // namespace dotmac
