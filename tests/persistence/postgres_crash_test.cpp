#include "tests/persistence/store_contract.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <atomic>
#include <thread>

namespace dotmac {
namespace {

/// A server for these tests alone, because they kill it.
class postgres_crash_test : public testing::Test {
protected:
  void SetUp() override {
    server_ = postgres_fixture::start();
    url_ = server_->create_database();
    ASSERT_OK((*make_migrator({.url = url_}))->up());
    store_ = *(*make_store_factory({.url = url_}))->open();
    const shard_id shards[] = {shard_of_tenant("acme")};
    claim_ = store_->leases().claim_shards("node-a", shards, std::chrono::minutes{10})->at(0);
  }
  std::vector<journal_row> row(std::uint64_t sequence) const {
    return {{entity_, journal_sequence{sequence}, "row " + std::to_string(sequence)}};
  }
  result<void> append(std::uint64_t sequence) {
    const auto rows = row(sequence);
    return store_->entries().append_entries(rows, {&claim_, 1});
  }

  std::unique_ptr<postgres_fixture> server_;
  std::string url_;
  std::unique_ptr<store> store_;
  shard_claim claim_;
  entity_id entity_{"acme", entity_kind::metric, "m"};
};

TEST_F(postgres_crash_test, keeps_every_acknowledged_row_when_the_server_is_killed_again_and_again) {
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<bool> is_stopping{false};
  std::atomic<int> faults{0};
  std::atomic<bool> has_failed{false};
  std::string unexpected;
  // Appends one row after the other, and does what the port says after a fault: resolve, then go on from what
  // is there.
  std::thread writer{[&] {
    while (!is_stopping) {
      const auto sequence = acknowledged + 1;
      auto done = append(sequence);
      if (done) {
        acknowledged = sequence;
        continue;
      }
      ++faults;
      if (done.error().code == error_code::storage_unavailable) {
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
        continue;
      }
      if (done.error().code != error_code::commit_uncertain) {
        unexpected = done.error().message;
        has_failed = true;
        return;
      }
      auto outcome = store_->entries().resolve(row(sequence));
      while (!outcome && outcome.error().code == error_code::storage_unavailable) {
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
        outcome = store_->entries().resolve(row(sequence));
      }
      if (!outcome) {
        unexpected = outcome.error().message;
        has_failed = true;
        return;
      }
      if (*outcome == commit_outcome::committed)
        acknowledged = sequence;
    }
  }};
  for (int kills = 0; kills < 3; ++kills) {
    const auto before = acknowledged.load();
    while (acknowledged < before + 50 && !has_failed)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    server_->stop_immediate();
    server_->restart();
  }
  is_stopping = true;
  writer.join();
  EXPECT_EQ(unexpected, "");
  EXPECT_GE(faults.load(), 3);

  std::uint64_t last = 0;
  ASSERT_OK(store_->entries().read_entries(entity_, journal_sequence{}, [&](auto sequence, auto payload) {
    EXPECT_EQ(to_number(sequence), ++last);
    EXPECT_EQ(payload, "row " + std::to_string(last));
    return result<void>{};
  }));
  EXPECT_EQ(last, acknowledged.load());
}

TEST_F(postgres_crash_test, is_unavailable_while_the_server_is_away_and_writes_nothing) {
  ASSERT_OK(append(1));
  server_->stop_immediate();
  EXPECT_EQ(code_of(append(2)), error_code::storage_unavailable); // the end of the idle connection was seen
  EXPECT_EQ(code_of(append(2)), error_code::storage_unavailable);
  EXPECT_EQ(code_of(store_->entries().resolve(row(2))), error_code::storage_unavailable);
  EXPECT_EQ(code_of(store_->ping()), error_code::storage_unavailable);
  server_->restart();
  ASSERT_OK(append(2));
  EXPECT_EQ(run_sql(url_, "SELECT count(*) FROM journal"), "2");
}

} // namespace
} // namespace dotmac
