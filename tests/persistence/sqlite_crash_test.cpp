#include "tests/persistence/sqlite_test_database.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dotmac {
namespace {

journal_row row_at(std::uint64_t sequence) {
  return {{"acme", entity_kind::events, "0"}, journal_sequence{sequence}, "row " + std::to_string(sequence)};
}

/// Appends row after row and tells each one acknowledged; ends only by being killed.
[[noreturn]] void append_for_ever(const std::string& url, std::uint64_t sequence, int acknowledgements) {
  const auto session = *(*make_store_factory({.url = url}))->open();
  const shard_id shards[] = {shard_of_tenant("acme")};
  const auto claims = *session->leases().claim_shards("node-a", shards, std::chrono::hours{1});
  for (;; ++sequence) {
    const journal_row rows[] = {row_at(sequence)};
    const bool is_told = session->entries().append_entries(rows, claims).has_value() &&
                         write(acknowledgements, &sequence, sizeof sequence) == sizeof sequence;
    if (!is_told)
      _exit(1);
  }
}

TEST(sqlite_crash_test, keeps_every_acknowledged_row_when_its_process_is_killed_again_and_again) {
  sqlite_test_database database;
  std::uint64_t acknowledged = 0;
  for (std::uint64_t kills = 1; kills <= 5; ++kills) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const auto first = acknowledged + 1;
    const int child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
      append_for_ever(database.url(), first, pipe_ends[1]);
    close(pipe_ends[1]);
    std::uint64_t told = 0;
    while (read(pipe_ends[0], &told, sizeof told) == sizeof told) {
      acknowledged = told;
      if (told == first + 20 * kills)
        kill(child, SIGKILL);
    }
    close(pipe_ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));

    const auto session = *database.make_factory()->open();
    std::uint64_t last = 0;
    ASSERT_OK(session->entries().read_entries(row_at(1).entity, journal_sequence{},
                                              [&](auto sequence, auto payload) {
                                                EXPECT_EQ(to_number(sequence), ++last);
                                                EXPECT_EQ(payload, row_at(last).payload);
                                                return result<void>{};
                                              }));
    // One more may be there: committed, and killed before it was told.
    EXPECT_GE(last, acknowledged);
    EXPECT_LE(last, acknowledged + 1);
    acknowledged = last;
  }
}

} // namespace
} // namespace dotmac
