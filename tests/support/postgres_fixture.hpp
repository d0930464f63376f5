#pragma once

/// A PostgreSQL server of the test's own: a new cluster in a temporary folder, fsync on, on a free port of
/// the loopback.
///
///     const auto server = postgres_fixture::start();
///     const auto url = server->create_database();   // empty, fresh
///     server->stop_immediate();                      // as kill -9 of every process of it
///     server->restart();                             // on the same port and data
///
/// Life      Server and folder go with the object, and also when the test process is killed: a small process
/// beside it
///           notices and cleans up. What was left by one that was killed as well goes at the next start.
/// Errors    std::runtime_error with what the server wrote.
/// Needs     initdb and postgres: in PG_BINDIR, or the newest of Debian's folders. PostgreSQL refuses to run
/// as root: then it
///           runs as the user postgres.
/// Threads   one at a time; create_database and run_sql from any.

#include <filesystem>
#include <memory>
#include <string>

namespace dotmac {

class postgres_fixture {
public:
  static std::unique_ptr<postgres_fixture> start();
  ~postgres_fixture();
  postgres_fixture(const postgres_fixture&) = delete;
  postgres_fixture& operator=(const postgres_fixture&) = delete;

  void stop_immediate();
  void restart();
  std::string url(const std::string& database = "postgres") const;
  /// Makes one with a name that was never used and returns its URL.
  std::string create_database();
  const std::filesystem::path& folder() const noexcept { return folder_; }

private:
  explicit postgres_fixture(std::filesystem::path folder);
  void command(char what);
  void wait_until_ready() const;

  std::filesystem::path folder_;
  int port_ = 0;
  int supervisor_ = -1;
  int to_supervisor_ = -1;
  int from_supervisor_ = -1;
};

/// Runs SQL on a connection of its own; the first column of the first row, or "".
std::string run_sql(const std::string& url, const std::string& sql);

} // namespace dotmac
