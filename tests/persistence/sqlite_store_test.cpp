#include "tests/persistence/sqlite_test_database.hpp"

#include "persistence/migrations/migration_step.hpp"
#include "persistence/sqlite/sqlite_checkpointer.hpp"

#include <sys/resource.h>

#include <csignal>
#include <thread>

namespace dotmac {
namespace {

class sqlite_store_test : public testing::Test {
protected:
  void SetUp() override {
    store_ = *database_.make_factory()->open();
    const shard_id shards[] = {shard_of_tenant("acme")};
    claim_ = store_->leases().claim_shards("node-a", shards, std::chrono::minutes{1})->at(0);
  }
  result<void> append(std::uint64_t sequence, bytes payload) {
    const journal_row rows[] = {{entity_, journal_sequence{sequence}, std::move(payload)}};
    return store_->entries().append_entries(rows, {&claim_, 1});
  }
  bytes noise(std::size_t size) {
    bytes payload(size, '\0');
    for (auto& byte : payload)
      byte = static_cast<char>(random_());
    return payload;
  }
  std::uint64_t last() { return to_number(*store_->entries().last_sequence(entity_)); }

  sqlite_test_database database_;
  std::unique_ptr<store> store_;
  shard_claim claim_;
  entity_id entity_{"acme", entity_kind::metric, "m"};
  std::mt19937_64 random_{11};
};

/// While it lives, no file of this process grows beyond `bytes`: as on a full disk, writing fails.
class file_size_limit {
public:
  explicit file_size_limit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~file_size_limit() { setrlimit(RLIMIT_FSIZE, &before_); }

private:
  rlimit before_{};
};

TEST_F(sqlite_store_test,
       tells_what_became_of_an_append_that_the_disk_cut_off_and_goes_on_when_there_is_room) {
  ASSERT_OK(append(1, noise(10'000)));
  const journal_row rows[] = {{entity_, journal_sequence{2}, noise(2'000'000)}};
  {
    const file_size_limit full{300'000};
    EXPECT_EQ(code_of(store_->entries().append_entries(rows, {&claim_, 1})), error_code::commit_uncertain);
    EXPECT_EQ(last(), 1u);
  }
  EXPECT_EQ(*store_->entries().resolve(rows), commit_outcome::absent);
  ASSERT_OK(store_->entries().append_entries(rows, {&claim_, 1}));
  EXPECT_EQ(*store_->entries().resolve(rows), commit_outcome::committed);
  EXPECT_EQ(last(), 2u);
}

TEST_F(sqlite_store_test, keeps_the_file_whole_after_a_full_disk) {
  {
    const file_size_limit full{300'000};
    for (std::uint64_t sequence = 1; append(sequence, noise(20'000)).has_value(); ++sequence)
      ASSERT_LT(sequence, 100u);
  }
  EXPECT_EQ(database_.query("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(database_.query("SELECT count(*) FROM journal"), std::to_string(last()));
}

TEST_F(sqlite_store_test, dropping_what_a_snapshot_replaces_does_not_write_it_again) {
  constexpr std::uint64_t entries = 30; // too few for the checkpointer, which would be in the way
  constexpr std::size_t size = 100'000;
  for (std::uint64_t sequence = 1; sequence <= entries; ++sequence)
    ASSERT_OK(append(sequence, noise(size)));
  database_.query("PRAGMA wal_checkpoint(TRUNCATE)");
  for (const std::uint64_t at : {entries - 1, entries})
    ASSERT_OK(store_->snapshots().write_snapshot({{entity_, journal_sequence{at}, 1, "state"}, {}, {}, claim_, {}}));
  ASSERT_EQ(database_.query("SELECT count(*) FROM journal"), "1");
  EXPECT_LT(std::filesystem::file_size(database_.path() + "-wal"), entries * size / 4);
}

TEST_F(sqlite_store_test, the_log_begins_anew_while_writers_go_on) {
  constexpr std::size_t size = 1'000'000;
  constexpr std::uint64_t entries = 200;
  for (std::uint64_t sequence = 1; sequence <= entries; ++sequence)
    ASSERT_OK(append(sequence, noise(size)));
  EXPECT_LE(std::filesystem::file_size(database_.path() + "-wal"), std::uintmax_t{sqlite_checkpointer::log_pages_max} * 4'096 + 2 * size);
  EXPECT_EQ(last(), entries);
  EXPECT_EQ(database_.query("PRAGMA integrity_check"), "ok");
}

TEST_F(sqlite_store_test, gives_the_space_of_a_journal_that_is_gone_back_to_the_disk_when_it_ends) {
  constexpr std::size_t size = 1'000'000;
  constexpr std::uint64_t entries = 40;
  for (std::uint64_t sequence = 1; sequence <= entries; ++sequence)
    ASSERT_OK(append(sequence, noise(size)));
  for (const std::uint64_t at : {entries - 1, entries})
    ASSERT_OK(store_->snapshots().write_snapshot({{entity_, journal_sequence{at}, 1, "state"}, {}, {}, claim_, {}}));
  ASSERT_OK(append(entries + 1, "kept"));
  store_.reset();
  EXPECT_LT(std::filesystem::file_size(database_.path()), 3 * size);
  EXPECT_EQ(database_.query("PRAGMA integrity_check"), "ok");
  store_ = *database_.make_factory()->open();
  EXPECT_EQ(last(), entries + 1);
}

TEST_F(sqlite_store_test, a_log_that_cannot_be_copied_shows_and_is_copied_once_its_database_is_back) {
  constexpr int pages = sqlite_checkpointer::log_pages;
  ASSERT_OK(append(1, noise(1'000)));
  database_.query("PRAGMA wal_checkpoint(TRUNCATE)");
  const auto wait_for = [&](bool well) {
    for (int i = 0; i < 2'000 && store_->ping().has_value() != well; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    const auto asked = store_->ping();
    return asked ? std::string{"well"} : text_for_log(asked.error());
  };
  // The sessions that are open keep their file; the checkpointer, which has had nothing to do yet, finds none.
  const auto away = database_.path() + "-away";
  std::filesystem::rename(database_.path(), away);
  std::uint64_t acknowledged = 1;
  for (std::uint64_t sequence = 2; sequence < 9; ++sequence)
    if (append(sequence, noise(pages * 1'000)))
      acknowledged = sequence;
  EXPECT_NE(wait_for(false), "well");
  EXPECT_FALSE(std::filesystem::exists(database_.path())); // an empty one would have taken the log with it
  std::filesystem::rename(away, database_.path());
  EXPECT_EQ(wait_for(true), "well");
  EXPECT_EQ(last(), acknowledged);
  store_.reset();
  store_ = *database_.make_factory()->open();
  EXPECT_EQ(last(), acknowledged);
  EXPECT_EQ(database_.query("PRAGMA integrity_check"), "ok");
}

TEST_F(sqlite_store_test, shows_definitions_as_text_to_people_with_sql) {
  const snapshot_write write{
      {entity_, journal_sequence{1}, 1, R"({"name":"speed","unit":"Mbit/s"})"}, {}, {}, claim_};
  ASSERT_OK(store_->snapshots().write_snapshot(write));
  ASSERT_OK(
      store_->snapshots().write_snapshot({{entity_, journal_sequence{2}, 1, noise(900)}, {}, {}, claim_}));
  EXPECT_EQ(database_.query("SELECT json_extract(definition, '$.unit') FROM readable_snapshots"), "Mbit/s");
  EXPECT_EQ(database_.query("SELECT count(*) FROM readable_snapshots"), "1");
}

TEST_F(sqlite_store_test, writes_through_the_log_and_to_the_disk) {
  EXPECT_EQ(database_.query("PRAGMA journal_mode"), "wal");
  auto session = sqlite_session::open(database_.path(), std::chrono::seconds{1});
  ASSERT_OK(session);
  auto synchronous = (*session)->prepare("PRAGMA synchronous");
  ASSERT_OK(synchronous);
  ASSERT_TRUE(*synchronous->step());
  EXPECT_EQ(synchronous->number(0), 2); // FULL
}

TEST_F(sqlite_store_test, maps_a_database_that_reached_its_largest_size_to_storage_unavailable) {
  auto session = *sqlite_session::open(database_.path(), std::chrono::seconds{1});
  ASSERT_OK(session->execute("PRAGMA max_page_count = 1"));
  ASSERT_OK(session->begin());
  const auto payload = noise(1'000'000);
  {
    auto insert = session->prepare("INSERT INTO journal VALUES ('a/tenant/', 1, 0, 0, ?1)");
    ASSERT_OK(insert);
    EXPECT_EQ(code_of(insert->bind_blob(1, payload).run()), error_code::storage_unavailable);
  }
  session->rollback();
  EXPECT_EQ(database_.query("SELECT count(*) FROM journal"), "0");
}

TEST_F(sqlite_store_test, is_unavailable_while_another_writes_longer_than_it_waits) {
  auto impatient =
      *(*make_store_factory({.url = database_.url(), .statement_timeout = std::chrono::milliseconds{20}}))
           ->open();
  auto other = *sqlite_session::open(database_.path(), std::chrono::seconds{1});
  ASSERT_OK(other->begin());
  const journal_row rows[] = {{entity_, journal_sequence{1}, "x"}};
  EXPECT_EQ(code_of(impatient->entries().append_entries(rows, {&claim_, 1})),
            error_code::storage_unavailable);
  other->rollback();
  ASSERT_OK(impatient->entries().append_entries(rows, {&claim_, 1}));
}

TEST_F(sqlite_store_test, says_that_a_file_is_no_database) {
  store_.reset();
  FILE* file = fopen(database_.path().c_str(), "w");
  ASSERT_NE(file, nullptr);
  fputs(std::string(5'000, 'x').c_str(), file);
  fclose(file);
  EXPECT_EQ(code_of(database_.make_factory()->open()), error_code::corrupt_data);
}

TEST_F(sqlite_store_test, migrates_down_and_up_again) {
  const auto migrations = *make_migrator({.url = database_.url()});
  EXPECT_EQ(code_of(migrations->down(1)), error_code::ownership_lost) << "a node uses it";
  ASSERT_OK(store_->leases().release_shards("node-a", {&claim_, 1}));
  store_.reset();
  ASSERT_OK(migrations->check());
  EXPECT_TRUE(migrations->up()->empty());
  EXPECT_EQ(*migrations->down(1), (std::vector<std::uint32_t>{4}));
  EXPECT_EQ(code_of(migrations->check()), error_code::unknown_schema_version);
  const auto states = *migrations->status();
  ASSERT_EQ(states.size(), 4u);
  EXPECT_TRUE(states[0].applied);
  EXPECT_EQ(states[0].applied_at.size(), std::string{"2026-01-01T00:00:00.000Z"}.size());
  EXPECT_TRUE(states[1].applied);
  EXPECT_TRUE(states[2].applied);
  EXPECT_FALSE(states[3].applied);
  EXPECT_EQ(*migrations->down(9), (std::vector<std::uint32_t>{3, 2, 1}));
  EXPECT_EQ(database_.query("SELECT group_concat(name) FROM sqlite_schema WHERE type IN ('table', 'view') "
                            "AND name NOT LIKE 'sqlite_%'"),
            "schema_migrations");
  EXPECT_EQ(code_of(database_.make_factory()->open()), error_code::unknown_schema_version);
  EXPECT_EQ(*migrations->up(), (std::vector<std::uint32_t>{1, 2, 3, 4}));
  ASSERT_OK(migrations->check());
  ASSERT_OK(database_.make_factory()->open());
}

TEST_F(sqlite_store_test, refuses_a_schema_with_a_changed_or_an_unknown_step) {
  const auto migrations = *make_migrator({.url = database_.url()});
  database_.query("UPDATE schema_migrations SET checksum = 'tampered' WHERE number = 1");
  EXPECT_EQ(code_of(migrations->check()), error_code::unknown_schema_version);
  EXPECT_EQ(code_of(migrations->up()), error_code::unknown_schema_version);
  EXPECT_EQ(code_of(migrations->down(1)), error_code::unknown_schema_version);
  database_.query(
      "UPDATE schema_migrations SET checksum = (SELECT checksum FROM schema_migrations WHERE number = 2)");
  EXPECT_EQ(code_of(migrations->check()), error_code::unknown_schema_version);
}

TEST_F(sqlite_store_test, goes_on_and_starts_with_a_later_schema_that_only_adds_to_it) {
  const auto migrations = *make_migrator({.url = database_.url()});
  const auto own = std::to_string(sqlite_migrations().size()), next = std::to_string(sqlite_migrations().size() + 1);
  database_.query("INSERT INTO schema_migrations VALUES (" + next + ", 'later', '0', '2030-01-01T00:00:00.000Z', " + own + ")");
  ASSERT_OK(migrations->check());
  EXPECT_TRUE(migrations->up()->empty());
  EXPECT_EQ(migrations->status()->back().name, "later");
  ASSERT_OK(store_->leases().release_shards("node-a", {&claim_, 1}));
  EXPECT_EQ(code_of(migrations->down(1)), error_code::unknown_schema_version) << "the way back is not known here";
  database_.query("UPDATE schema_migrations SET works_from = " + next + " WHERE number = " + next);
  EXPECT_EQ(code_of(migrations->check()), error_code::unknown_schema_version);
}

TEST_F(sqlite_store_test, migrates_over_a_step_that_ends_the_work_of_others_only_where_there_are_none) {
  const auto migrations = *make_migrator({.url = database_.url()});
  database_.query("DROP TABLE audit_log; DELETE FROM schema_migrations WHERE number = 4");
  EXPECT_EQ(code_of(migrations->up()), error_code::ownership_lost) << "a node uses it";
  ASSERT_OK(store_->leases().release_shards("node-a", {&claim_, 1}));
  EXPECT_EQ(*migrations->up(), (std::vector<std::uint32_t>{4}));
}

TEST_F(sqlite_store_test, reads_a_history_from_before_steps_said_who_works_with_them) {
  const auto migrations = *make_migrator({.url = database_.url()});
  database_.query("ALTER TABLE schema_migrations DROP COLUMN works_from");
  ASSERT_OK(migrations->check());
  EXPECT_TRUE(migrations->up()->empty());
  EXPECT_EQ(database_.query("SELECT sum(works_from) FROM schema_migrations"), "0");
}

TEST_F(sqlite_store_test, refuses_a_schema_from_the_future) {
  const auto migrations = *make_migrator({.url = database_.url()});
  database_.query("INSERT INTO schema_migrations VALUES (99, 'later', '0', '2030-01-01T00:00:00.000Z', 99)");
  EXPECT_EQ(code_of(migrations->check()), error_code::unknown_schema_version);
  EXPECT_EQ(migrations->status()->back().number, 99u);
}

TEST(sqlite_turns, go_to_those_that_must_not_wait_and_to_one_at_a_time) {
  using std::chrono::milliseconds;
  constexpr milliseconds long_enough{60'000};
  sqlite_turns turns;
  ASSERT_TRUE(turns.take(sqlite_turns::kind::patient, long_enough));
  EXPECT_FALSE(turns.take(sqlite_turns::kind::first, milliseconds{1}));
  std::string order;
  std::thread patient{[&] {
    if (turns.take(sqlite_turns::kind::patient, long_enough))
      order += 'p';
    turns.end();
  }};
  std::thread first{[&] {
    if (turns.take(sqlite_turns::kind::first, long_enough))
      order += 'f';
    turns.end();
  }};
  while (turns.waiting() < 2)
    std::this_thread::yield();
  turns.end();
  patient.join();
  first.join();
  EXPECT_EQ(order, "fp");
}

} // namespace
} // namespace dotmac
