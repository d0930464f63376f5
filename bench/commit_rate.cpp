/// Prints how many commits of one small row, and how many MB/s of 64 KiB payloads, one session of a store
/// does:
///
///     commit_rate [seconds per figure, default 2] [DATABASE_URL ...]
///
/// Without a URL: a SQLite file and a PostgreSQL of its own, both in the temporary folder.

#include "persistence/open_store.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <vector>

#include <unistd.h>

namespace {

using namespace dotmac;
using clock_type = std::chrono::steady_clock;

/// Appends payloads of `size` random bytes, one a commit, for `limit`; returns commits a second.
result<double> measure(store& session, const shard_claim& claim, const entity_id& entity, std::size_t size,
                       std::chrono::duration<double> limit) {
  std::mt19937_64 random{size};
  bytes payload(size, '\0');
  for (auto& byte : payload)
    byte = static_cast<char>(random());
  std::vector<journal_row> rows{{entity, journal_sequence{0}, std::move(payload)}};
  const auto begin = clock_type::now();
  for (;;) {
    rows[0].sequence = next(rows[0].sequence);
    if (auto done = session.entries().append_entries(rows, {&claim, 1}); !done)
      return done.error();
    const std::chrono::duration<double> passed = clock_type::now() - begin;
    if (passed >= limit)
      return static_cast<double>(to_number(rows[0].sequence)) / passed.count();
  }
}

result<void> run(const std::string& url, std::chrono::duration<double> limit) {
  const store_options options{.url = url};
  auto migrations = make_migrator(options);
  if (!migrations)
    return migrations.error();
  if (auto done = (*migrations)->up(); !done)
    return done.error();
  auto factory = make_store_factory(options);
  if (!factory)
    return factory.error();
  auto session = (*factory)->open();
  if (!session)
    return session.error();
  // A tenant of its own each time, so that the sequences of an earlier run are not in the way.
  const auto tenant = "bench-" + std::to_string(std::random_device{}());
  const shard_id shards[] = {shard_of_tenant(tenant)};
  auto claims = (*session)->leases().claim_shards("commit_rate", shards, std::chrono::minutes{10});
  if (!claims)
    return claims.error();
  if (claims->empty())
    return failure{error_code::ownership_lost, "another node holds the shard of " + tenant, ""};
  auto small = measure(**session, claims->front(), {tenant, entity_kind::metric, "small"}, 100, limit);
  if (!small)
    return small.error();
  auto large = measure(**session, claims->front(), {tenant, entity_kind::events, "0"}, 64u << 10, limit);
  if (!large)
    return large.error();
  std::printf("%-12s %8.0f commits/s of 100 bytes, %7.1f MB/s in commits of 64 KiB\n",
              std::string{(*factory)->vendor()}.c_str(), *small, *large * (64u << 10) / 1e6);
  return {};
}

bool report(const std::string& url, std::chrono::duration<double> limit) {
  const auto done = run(url, limit);
  if (!done)
    std::fprintf(stderr, "%s: %s\n", std::string{describe(done.error().code).name}.c_str(),
                 done.error().message.c_str());
  return done.has_value();
}

bool run_own(std::chrono::duration<double> limit) {
  const auto file =
      std::filesystem::temp_directory_path() / ("commit-rate-" + std::to_string(getpid()) + ".db");
  const bool sqlite_done = report("sqlite://" + file.string(), limit);
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(file.string() + suffix);
  const auto server = postgres_fixture::start();
  return report(server->create_database(), limit) && sqlite_done;
}

} // namespace

int main(int count, char** arguments) {
  const std::chrono::duration<double> limit{count > 1 ? std::atof(arguments[1]) : 2.0};
  if (limit.count() <= 0) {
    std::fprintf(stderr, "usage: commit_rate [seconds per figure] [DATABASE_URL ...]\n");
    return 2;
  }
  bool is_done = true;
  if (count <= 2)
    return run_own(limit) ? 0 : 1;
  for (int i = 2; i < count; ++i)
    is_done = report(arguments[i], limit) && is_done;
  return is_done ? 0 : 1;
}
