#pragma once

/// A connection with PostgreSQL whose end is always known.
///
/// Fence     Every session holds an advisory lock on a random number of its own, its token, taken before it
/// can write
///           anything. Whoever opens the next session with that token first ends the old one: its process is
///           terminated, and its lock seen to be gone. From then on nothing that the old session had under
///           way can commit.
/// Bounds    connecting: the connect timeout. A statement: the statement timeout on the server, and a second
/// more
///           on this side, should the server hang. Dead peers: keepalives and the TCP user timeout.
/// Errors    broken before the whole statement was handed to the kernel, or a statement that only reads:
///           storage_unavailable. Broken later: commit_uncertain. The session is then done for.
/// Threads   one at a time.
/// Needs     a session of its own: no pooler that shares sessions between transactions.

#include "core/result.hpp"
#include "persistence/postgres/postgres_values.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

namespace dotmac {

struct postgres_settings {
  std::string url;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds statement_timeout{30'000};
};

/// A text of the program, prepared once a session under its name.
struct postgres_statement {
  const char* name;
  const char* sql;
  bool writes;
};

class postgres_session {
public:
  using token = std::int64_t;

  /// Connects; where `previous` is given, ends that session first.
  static result<std::unique_ptr<postgres_session>> open(const postgres_settings& settings,
                                                        std::optional<token> previous);

  result<postgres_rows> execute(const postgres_statement& statement, const postgres_values& values = {});
  /// A statement without parameters, e.g. BEGIN.
  result<void> command(const char* sql, bool writes = false);

  /// False as soon as the other side is known to be gone, or something is under way that nobody waits for any
  /// more.
  bool is_usable() noexcept;
  token own_token() const noexcept { return token_; }

private:
  postgres_session(PGconn* connection, const postgres_settings& settings);

  result<void> prepare_session();
  result<void> end_session(token previous);
  result<void> prepare(const postgres_statement& statement);
  /// Waits for the answer to what was sent.
  result<postgres_rows> receive(bool writes);
  result<void> flush(std::chrono::steady_clock::time_point deadline);
  bool wait_for_socket(short events, std::chrono::steady_clock::time_point deadline) noexcept;
  failure broken(bool writes, const std::string& what);

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  postgres_settings settings_;
  token token_;
  bool is_broken_ = false;
  bool has_farewell_ = false; ///< the server has said that it ends the session
  std::unordered_set<const char*> prepared_;
};

/// What an error state of PostgreSQL means, for a statement that certainly did not commit.
error_code code_of_sqlstate(std::string_view sqlstate) noexcept;

} // namespace dotmac
