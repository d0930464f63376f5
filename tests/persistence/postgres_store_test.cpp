#include "tests/persistence/cutting_proxy.hpp"
#include "tests/persistence/postgres_test_database.hpp"

#include "persistence/migrations/migration_step.hpp"

#include <libpq-fe.h>

#include <future>
#include <thread>

namespace dotmac {
namespace {

using std::chrono::milliseconds;

/// A connection that the test itself holds, e.g. to keep a lock.
class raw_session {
public:
  explicit raw_session(const std::string& url) : connection_{PQconnectdb(url.c_str()), PQfinish} {}
  void run(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> rows{PQexec(connection_.get(), sql.c_str()), PQclear};
    ASSERT_NE(PQresultStatus(rows.get()), PGRES_FATAL_ERROR) << PQerrorMessage(connection_.get());
  }

private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

class postgres_store_test : public testing::Test {
protected:
  void SetUp() override { use(database_.url()); }

  void use(const std::string& url, milliseconds statement_timeout = milliseconds{10'000}) {
    store_ = *(*make_store_factory({.url = url, .statement_timeout = statement_timeout}))->open();
    const shard_id shards[] = {shard_of_tenant("acme")};
    claim_ = store_->leases().claim_shards("node-a", shards, std::chrono::minutes{10})->at(0);
  }
  /// Where the port lies in a URL "postgresql://user@host:port/database".
  static std::pair<std::size_t, std::size_t> port_in(const std::string& url) {
    const auto begin = url.rfind(':') + 1;
    return {begin, url.find('/', begin) - begin};
  }
  static int port_of(const std::string& url) {
    const auto [begin, size] = port_in(url);
    return std::stoi(url.substr(begin, size));
  }
  std::string through(const cutting_proxy& proxy) const {
    const auto [begin, size] = port_in(database_.url());
    return std::string{database_.url()}.replace(begin, size, std::to_string(proxy.port()));
  }
  std::vector<journal_row> row(std::uint64_t sequence) const {
    return {{entity_, journal_sequence{sequence}, "row " + std::to_string(sequence)}};
  }
  result<void> append(std::uint64_t sequence) {
    const auto rows = row(sequence);
    return store_->entries().append_entries(rows, {&claim_, 1});
  }
  std::future<result<void>> append_beside(std::uint64_t sequence) {
    return std::async(std::launch::async, [this, sequence] { return append(sequence); });
  }
  /// Returns when a session waits for a lock in the middle of its append.
  void wait_for_blocked_append() {
    for (int i = 0; i < 2'000; ++i) {
      if (database_.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                          "AND wait_event_type = 'Lock' AND query LIKE 'WITH claimed%'") == "1")
        return;
      std::this_thread::sleep_for(milliseconds{5});
    }
    FAIL() << "no append waits for a lock";
  }
  std::string terminate_blocked() {
    return database_.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock'");
  }
  std::string stored_rows() { return database_.query("SELECT count(*) FROM journal"); }

  postgres_test_database database_;
  std::unique_ptr<store> store_;
  shard_claim claim_;
  entity_id entity_{"acme", entity_kind::metric, "m"};
};

TEST_F(postgres_store_test, finds_absent_what_a_terminated_session_had_under_way) {
  raw_session blocker{database_.url()};
  blocker.run("BEGIN; SELECT * FROM shards FOR UPDATE");
  auto appended = append_beside(1);
  wait_for_blocked_append();
  EXPECT_EQ(terminate_blocked(), "t");
  EXPECT_EQ(code_of(appended.get()), error_code::commit_uncertain);
  blocker.run("ROLLBACK");
  const auto outcome = store_->entries().resolve(row(1));
  ASSERT_OK(outcome);
  EXPECT_EQ(*outcome, commit_outcome::absent);
  ASSERT_OK(append(1));
}

TEST_F(postgres_store_test, finds_committed_what_the_network_lost_the_answer_of) {
  cutting_proxy proxy{port_of(database_.url())};
  use(through(proxy));
  ASSERT_OK(append(1));
  proxy.lose_answers();
  auto appended = append_beside(2);
  while (stored_rows() != "2")
    std::this_thread::sleep_for(milliseconds{5});
  proxy.cut_clients();
  EXPECT_EQ(code_of(appended.get()), error_code::commit_uncertain);
  const auto outcome = store_->entries().resolve(row(2));
  ASSERT_OK(outcome);
  EXPECT_EQ(*outcome, commit_outcome::committed);
  ASSERT_OK(append(3));
}

TEST_F(postgres_store_test, holds_an_audit_entry_once_that_is_added_again_after_an_uncertain_commit) {
  cutting_proxy proxy{port_of(database_.url())};
  use(through(proxy));
  const auto add = [this](const std::string& details) { return store_->audit().add_audit_entry({0, 1, "acme", "removal_requested", "user ann", details}); };
  ASSERT_OK(add("first"));
  proxy.lose_answers();
  auto added = std::async(std::launch::async, [&] { return add("second"); });
  while (database_.query("SELECT count(*) FROM audit_log") != "2")
    std::this_thread::sleep_for(milliseconds{5});
  proxy.cut_clients();
  EXPECT_EQ(code_of(added.get()), error_code::commit_uncertain);
  ASSERT_OK(add("second"));
  EXPECT_EQ(database_.query("SELECT count(*) FROM audit_log"), "2");
}

TEST_F(postgres_store_test, ends_a_cut_off_session_before_it_looks_so_that_nothing_commits_later) {
  cutting_proxy proxy{port_of(database_.url())};
  use(through(proxy));
  ASSERT_OK(append(1));
  raw_session blocker{database_.url()};
  blocker.run("BEGIN; SELECT * FROM shards FOR UPDATE");
  auto appended = append_beside(2);
  wait_for_blocked_append();
  proxy.cut_clients(); // the server still has the statement, and would commit it when the lock is gone
  EXPECT_EQ(code_of(appended.get()), error_code::commit_uncertain);
  EXPECT_EQ(database_.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                            "AND wait_event_type = 'Lock'"),
            "1");
  const auto outcome = store_->entries().resolve(row(2));
  ASSERT_OK(outcome);
  EXPECT_EQ(*outcome, commit_outcome::absent);
  blocker.run("ROLLBACK");
  // Whoever waited for the lock before has had it when this one gets it.
  blocker.run("BEGIN; SELECT * FROM shards FOR UPDATE; COMMIT");
  EXPECT_EQ(stored_rows(), "1");
  ASSERT_OK(append(2));
}

TEST_F(postgres_store_test, gives_up_on_a_server_that_does_not_answer) {
  cutting_proxy proxy{port_of(database_.url())};
  use(through(proxy), milliseconds{200});
  ASSERT_OK(append(1));
  proxy.lose_answers();
  EXPECT_EQ(code_of(append(2)), error_code::commit_uncertain);
  const auto outcome = store_->entries().resolve(row(2));
  ASSERT_OK(outcome);
  EXPECT_EQ(*outcome, commit_outcome::committed);
}

TEST_F(postgres_store_test, connects_again_by_itself_when_its_idle_session_was_ended) {
  ASSERT_OK(append(1));
  // The number is how long it waits for the end, in ms: before that an append would be uncertain, rightly.
  database_.query(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() "
      "AND pid <> pg_backend_pid()");
  ASSERT_OK(append(2));
  EXPECT_EQ(stored_rows(), "2");
}

TEST_F(postgres_store_test, writes_nothing_when_a_statement_takes_too_long) {
  use(database_.url(), milliseconds{100});
  raw_session blocker{database_.url()};
  blocker.run("BEGIN; SELECT * FROM shards FOR UPDATE");
  EXPECT_EQ(code_of(append(1)), error_code::storage_unavailable);
  blocker.run("ROLLBACK");
  EXPECT_EQ(stored_rows(), "0");
  ASSERT_OK(append(1));
}

TEST_F(postgres_store_test, refuses_an_append_that_was_waiting_while_another_became_the_owner) {
  raw_session other{database_.url()};
  other.run("BEGIN; UPDATE shards SET epoch = epoch + 1, owner = 'node-b'");
  auto appended = append_beside(1);
  wait_for_blocked_append();
  other.run("COMMIT");
  EXPECT_EQ(code_of(appended.get()), error_code::ownership_lost);
  EXPECT_EQ(stored_rows(), "0");
}

TEST_F(postgres_store_test, does_not_give_a_shard_away_while_its_owner_commits) {
  raw_session slow{database_.url()};
  slow.run("BEGIN; SELECT * FROM shards FOR SHARE"); // what an append holds until its commit
  const auto second =
      *(*make_store_factory({.url = database_.url(), .statement_timeout = milliseconds{100}}))->open();
  const shard_id shards[] = {claim_.shard};
  // Its own shard again: an update all the same, which waits for the commit.
  EXPECT_EQ(code_of(second->leases().claim_shards("node-a", shards, std::chrono::minutes{1})),
            error_code::storage_unavailable);
  slow.run("COMMIT");
  EXPECT_EQ(second->leases().claim_shards("node-a", shards, std::chrono::minutes{1})->size(), 1u);
}

TEST_F(postgres_store_test, writes_a_snapshot_wholly_or_not_at_all_when_its_session_ends) {
  raw_session blocker{database_.url()};
  blocker.run("BEGIN; LOCK TABLE snapshots IN ACCESS EXCLUSIVE MODE");
  snapshot_write write;
  write.snapshot = {entity_, journal_sequence{1}, 1, "{}"};
  write.new_segments.push_back({1, 0, 0, 1, "seg"});
  write.live_segments = {1};
  write.claim = claim_;
  auto written = std::async(std::launch::async, [&] { return store_->snapshots().write_snapshot(write); });
  while (terminate_blocked() != "t")
    std::this_thread::sleep_for(milliseconds{5});
  EXPECT_EQ(code_of(written.get()), error_code::storage_unavailable);
  blocker.run("ROLLBACK");
  EXPECT_TRUE(store_->snapshots().read_snapshots(entity_)->snapshots.empty());
  EXPECT_TRUE(store_->snapshots().list_segments(entity_)->empty());
}

TEST_F(postgres_store_test, goes_on_with_snapshots_after_a_commit_that_the_network_cut_off_whatever_became_of_it) {
  // Holds every commit of a snapshot up until the lock is free.
  database_.query("CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END $$");
  database_.query("CREATE CONSTRAINT TRIGGER hold_up AFTER INSERT ON snapshots DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold_up()");
  for (const bool is_committed : {true, false}) {
    cutting_proxy proxy{port_of(database_.url())};
    use(through(proxy));
    const entity_id entity{"acme", entity_kind::events, is_committed ? "0" : "1"};
    const auto write = [&](std::uint64_t last_readable, std::uint64_t sequence, segment_number number, bytes content) {
      const std::vector<stored_segment> fresh{{number, 0, 0, 1, std::move(content)}};
      return store_->snapshots().write_snapshot({{entity, journal_sequence{sequence}, 1, "{}"}, fresh, {number}, claim_, journal_sequence{last_readable}});
    };
    const auto newest = [&] { return database_.query("SELECT coalesce(max(seq), 0) FROM snapshots WHERE entity = '" + to_string(entity) + "'"); };
    ASSERT_OK(write(0, 1, 1, "first"));
    raw_session blocker{database_.url()};
    blocker.run("SELECT pg_advisory_lock(42)");
    auto written = std::async(std::launch::async, [&] { return write(1, 2, 2, "second"); });
    while (database_.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") != "1")
      std::this_thread::sleep_for(milliseconds{5});
    proxy.cut_clients();
    EXPECT_EQ(code_of(written.get()), error_code::commit_uncertain);
    if (!is_committed) {
      EXPECT_EQ(terminate_blocked(), "t");
    }
    blocker.run("SELECT pg_advisory_unlock(42)");
    while (is_committed && newest() != "2")
      std::this_thread::sleep_for(milliseconds{5});
    ASSERT_OK(write(1, 3, 2, "second and third")); // the same number, as the entity knows of no second snapshot
    ASSERT_OK(write(3, 4, 3, "fourth"));
    const auto kept = store_->snapshots().read_snapshots(entity);
    ASSERT_EQ(kept->snapshots.size(), 2u);
    EXPECT_EQ(to_number(kept->snapshots[0].sequence), 4u);
    EXPECT_EQ(to_number(kept->snapshots[1].sequence), 3u);
    EXPECT_EQ(store_->snapshots().read_segment(entity, 2)->payload, "second and third");
  }
}

TEST_F(postgres_store_test, reads_a_journal_of_many_pages) {
  for (std::uint64_t first = 1; first <= 3'000; first += 1'000) {
    std::vector<journal_row> rows;
    for (auto sequence = first; sequence < first + 1'000; ++sequence)
      rows.push_back({entity_, journal_sequence{sequence}, std::to_string(sequence)});
    ASSERT_OK(store_->entries().append_entries(rows, {&claim_, 1}));
  }
  std::uint64_t expected = 0;
  ASSERT_OK(store_->entries().read_entries(entity_, journal_sequence{}, [&](auto sequence, auto payload) {
    EXPECT_EQ(to_number(sequence), ++expected);
    EXPECT_EQ(payload, std::to_string(expected));
    return result<void>{};
  }));
  EXPECT_EQ(expected, 3'000u);
}

TEST_F(postgres_store_test, shows_definitions_as_text_to_people_with_sql) {
  ASSERT_OK(store_->snapshots().write_snapshot(
      {{entity_, journal_sequence{1}, 1, R"({"unit":"Mbit/s"})"}, {}, {}, claim_}));
  ASSERT_OK(store_->snapshots().write_snapshot(
      {{entity_, journal_sequence{2}, 1, bytes(900, '\x7f')}, {}, {}, claim_}));
  EXPECT_EQ(database_.query("SELECT definition::json->>'unit' FROM readable_snapshots"), "Mbit/s");
  EXPECT_EQ(database_.query("SELECT count(*) FROM readable_snapshots"), "1");
}

TEST_F(postgres_store_test, is_unavailable_where_no_server_is) {
  const auto factory = *make_store_factory({.url = "postgresql://dotmac@127.0.0.1:1/none"});
  EXPECT_EQ(code_of(factory->open()), error_code::storage_unavailable);
  EXPECT_EQ(code_of((*make_migrator({.url = "postgresql://dotmac@127.0.0.1:1/none"}))->check()),
            error_code::storage_unavailable);
}

TEST_F(postgres_store_test, migrates_down_and_up_again) {
  const auto migrations = *make_migrator({.url = database_.url()});
  EXPECT_EQ(code_of(migrations->down(1)), error_code::ownership_lost) << "a node uses it";
  ASSERT_OK(store_->leases().release_shards("node-a", {&claim_, 1}));
  ASSERT_OK(migrations->check());
  EXPECT_TRUE(migrations->up()->empty());
  EXPECT_EQ(*migrations->down(1), (std::vector<std::uint32_t>{7}));
  EXPECT_EQ(code_of(migrations->check()), error_code::unknown_schema_version);
  const auto states = *migrations->status();
  ASSERT_EQ(states.size(), 7u);
  EXPECT_TRUE(states[0].applied);
  EXPECT_EQ(states[0].applied_at.size(), std::string{"2026-01-01T00:00:00.000Z"}.size());
  EXPECT_TRUE(states[1].applied);
  EXPECT_TRUE(states[2].applied);
  EXPECT_TRUE(states[3].applied);
  EXPECT_TRUE(states[4].applied);
  EXPECT_TRUE(states[5].applied);
  EXPECT_FALSE(states[6].applied);
  EXPECT_EQ(*migrations->down(9), (std::vector<std::uint32_t>{6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(database_.query(
                "SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "AND relkind IN ('r', 'v')"),
            "schema_migrations");
  EXPECT_EQ(code_of(database_.make_factory()->open()), error_code::unknown_schema_version);
  EXPECT_EQ(*migrations->up(), (std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6, 7}));
  ASSERT_OK(migrations->check());
  ASSERT_OK(database_.make_factory()->open());
}

TEST_F(postgres_store_test, migrates_once_when_several_do_it_at_once) {
  ASSERT_OK(store_->leases().release_shards("node-a", {&claim_, 1}));
  ASSERT_OK((*make_migrator({.url = database_.url()}))->down(9));
  database_.query("DROP TABLE schema_migrations");
  std::vector<std::future<result<std::vector<std::uint32_t>>>> runs;
  for (int i = 0; i < 4; ++i)
    runs.push_back(
        std::async(std::launch::async, [&] { return (*make_migrator({.url = database_.url()}))->up(); }));
  std::size_t applied = 0;
  for (auto& run : runs) {
    const auto done = run.get();
    ASSERT_OK(done);
    applied += done->size();
  }
  EXPECT_EQ(applied, 7u);
}

TEST_F(postgres_store_test, goes_on_and_starts_with_a_later_schema_that_only_adds_to_it) {
  const auto migrations = *make_migrator({.url = database_.url()});
  const auto own = std::to_string(postgres_migrations().size()), next = std::to_string(postgres_migrations().size() + 1);
  database_.query("ALTER TABLE nodes ADD COLUMN of_a_later_release text NOT NULL DEFAULT ''; INSERT INTO schema_migrations VALUES (" + next + ", 'later', '0', now(), " + own + ")");
  ASSERT_OK(migrations->check());
  ASSERT_OK(database_.make_factory()->open());
  ASSERT_OK(store_->cluster()->read_view());
  EXPECT_TRUE(migrations->up()->empty());
  EXPECT_EQ(migrations->status()->back().name, "later");
  ASSERT_OK(store_->leases().release_shards("node-a", {&claim_, 1}));
  EXPECT_EQ(code_of(migrations->down(1)), error_code::unknown_schema_version) << "the way back is not known here";
  database_.query("UPDATE schema_migrations SET works_from = " + next + " WHERE number = " + next);
  EXPECT_EQ(code_of(migrations->check()), error_code::unknown_schema_version);
  database_.query("DELETE FROM schema_migrations WHERE number = " + next);
  ASSERT_OK(migrations->check());
}

TEST_F(postgres_store_test, migrates_under_running_nodes_only_where_they_go_on) {
  const auto migrations = *make_migrator({.url = database_.url()});
  database_.query("ALTER TABLE nodes DROP COLUMN takes_calls; DELETE FROM schema_migrations WHERE number = 7");
  EXPECT_EQ(*migrations->up(), (std::vector<std::uint32_t>{7})) << "it only adds";
  EXPECT_EQ(database_.query("SELECT works_from FROM schema_migrations WHERE number = 7"), "6");
  database_.query("ALTER TABLE nodes DROP COLUMN takes_calls; ALTER TABLE coordination DROP COLUMN rebalances; ALTER TABLE shards DROP COLUMN pinned; DELETE FROM schema_migrations WHERE number > 5");
  EXPECT_EQ(code_of(migrations->up()), error_code::ownership_lost) << "a node uses it, and does not know step 6";
  ASSERT_OK(store_->leases().release_shards("node-a", {&claim_, 1}));
  EXPECT_EQ(*migrations->up(), (std::vector<std::uint32_t>{6, 7}));
}

TEST_F(postgres_store_test, reads_a_history_from_before_steps_said_who_works_with_them) {
  const auto migrations = *make_migrator({.url = database_.url()});
  database_.query("ALTER TABLE schema_migrations DROP COLUMN works_from");
  ASSERT_OK(migrations->check());
  EXPECT_TRUE(migrations->up()->empty());
  EXPECT_EQ(database_.query("SELECT sum(works_from) FROM schema_migrations"), "0");
}

TEST_F(postgres_store_test, refuses_a_schema_with_a_changed_or_an_unknown_step) {
  const auto migrations = *make_migrator({.url = database_.url()});
  database_.query("INSERT INTO schema_migrations VALUES (99, 'later', '0')");
  EXPECT_EQ(code_of(migrations->check()), error_code::unknown_schema_version);
  EXPECT_EQ(migrations->status()->back().number, 99u);
  database_.query("DELETE FROM schema_migrations WHERE number = 99");
  ASSERT_OK(migrations->check());
  database_.query("UPDATE schema_migrations SET checksum = 'tampered' WHERE number = 1");
  EXPECT_EQ(code_of(migrations->check()), error_code::unknown_schema_version);
  EXPECT_EQ(code_of(migrations->up()), error_code::unknown_schema_version);
  EXPECT_EQ(code_of(migrations->down(1)), error_code::unknown_schema_version);
}

} // namespace
} // namespace dotmac
