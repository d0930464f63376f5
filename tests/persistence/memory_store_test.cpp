#include "persistence/memory/memory_store.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

class memory_faults : public testing::Test {
protected:
  void SetUp() override {
    store_ = *factory_->open();
    const shard_id shards[] = {shard_of_tenant("acme")};
    claim_ = store_->leases().claim_shards("node-a", shards, std::chrono::minutes{1})->at(0);
  }
  result<void> append(std::uint64_t sequence) {
    const journal_row rows[] = {row(sequence)};
    return store_->entries().append_entries(rows, {&claim_, 1});
  }
  journal_row row(std::uint64_t sequence) const {
    return {{"acme", entity_kind::metric, "m"}, journal_sequence{sequence}, "payload"};
  }
  template <class T> static error_code code(const result<T>& answer) {
    return answer ? error_code::none : answer.error().code;
  }

  std::shared_ptr<memory_database> database_ = std::make_shared<memory_database>();
  std::unique_ptr<store_factory> factory_ = make_memory_store_factory(database_);
  std::unique_ptr<store> store_;
  shard_claim claim_;
};

TEST_F(memory_faults, fail_one_append_and_write_nothing) {
  database_->fail_next_append(error_code::storage_unavailable);
  EXPECT_EQ(code(append(1)), error_code::storage_unavailable);
  EXPECT_EQ(database_->journal_row_count(), 0u);
  EXPECT_EQ(code(append(1)), error_code::none);
  EXPECT_EQ(database_->append_count(), 1u);
}

TEST_F(memory_faults, leave_an_uncertain_append_committed_or_absent) {
  const std::vector<journal_row> first{row(1)};
  database_->fail_next_append({error_code::commit_uncertain, "cut off", ""}, commit_outcome::committed);
  EXPECT_EQ(code(append(1)), error_code::commit_uncertain);
  EXPECT_EQ(*store_->entries().resolve(first), commit_outcome::committed);

  const std::vector<journal_row> second{row(2)};
  database_->fail_next_append({error_code::commit_uncertain, "cut off", ""}, commit_outcome::absent);
  EXPECT_EQ(code(append(2)), error_code::commit_uncertain);
  EXPECT_EQ(*store_->entries().resolve(second), commit_outcome::absent);
}

TEST_F(memory_faults, fail_a_snapshot) {
  const snapshot_write write{
      {{"acme", entity_kind::metric, "m"}, journal_sequence{1}, 1, "s"}, {}, {}, claim_};
  database_->fail_next_snapshot({error_code::storage_unavailable, "full", ""});
  EXPECT_EQ(code(store_->snapshots().write_snapshot(write)), error_code::storage_unavailable);
  EXPECT_EQ(code(store_->snapshots().write_snapshot(write)), error_code::none);
}

TEST_F(memory_faults, keep_the_store_down_until_it_comes_up) {
  database_->go_down();
  EXPECT_EQ(code(append(1)), error_code::storage_unavailable);
  EXPECT_EQ(code(store_->ping()), error_code::storage_unavailable);
  EXPECT_EQ(code(store_->leases().read_leases()), error_code::storage_unavailable);
  EXPECT_FALSE(factory_->open().has_value());
  database_->come_up();
  EXPECT_EQ(code(append(1)), error_code::none);
}

TEST_F(memory_faults, cannot_damage_what_does_not_exist) {
  const entity_id nobody{"acme", entity_kind::metric, "none"};
  EXPECT_FALSE(database_->damage_journal_row(nobody, journal_sequence{1}));
  EXPECT_FALSE(database_->damage_snapshot(nobody, journal_sequence{1}));
  EXPECT_FALSE(database_->damage_segment(nobody, 1));
}

} // namespace
} // namespace dotmac
