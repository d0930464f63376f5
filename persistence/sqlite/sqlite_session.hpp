#pragma once

/// A connection with a SQLite file and its prepared statements; the errors of SQLite as failures.
///
/// Settings   WAL, synchronous=FULL (a commit is on the disk when it returns), foreign keys, busy timeout, no secure_delete.
/// Errors     full disk, I/O, busy, cannot open: storage_unavailable. Damaged file: corrupt_data. No such
/// table:
///            unknown_schema_version. A taken key: sequence_conflict.
/// Threads    one at a time.

#include "core/bytes.hpp"
#include "core/result.hpp"

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace dotmac {

/// A prepared statement being used: parameters from 1, columns from 0. Views and blobs bound must outlive its
/// steps.
class sqlite_statement {
public:
  explicit sqlite_statement(sqlite3_stmt* statement) noexcept : statement_{statement} {}
  sqlite_statement(sqlite_statement&& other) noexcept
      : statement_{std::exchange(other.statement_, nullptr)} {}
  sqlite_statement(const sqlite_statement&) = delete;
  sqlite_statement& operator=(const sqlite_statement&) = delete;
  sqlite_statement& operator=(sqlite_statement&&) = delete;
  ~sqlite_statement() { reset(); }

  sqlite_statement& bind(int index, std::int64_t value) noexcept;
  sqlite_statement& bind_text(int index, std::string_view value) noexcept;
  sqlite_statement& bind_blob(int index, bytes_view value) noexcept;

  /// Is there a(nother) row?
  result<bool> step();
  /// For a statement without rows; ready to be bound anew afterwards.
  result<void> run();
  void reset() noexcept;

  std::int64_t number(int column) const noexcept { return sqlite3_column_int64(statement_, column); }
  bytes_view view(int column) const noexcept;

private:
  sqlite3_stmt* statement_;
  int bind_error_ = SQLITE_OK;
};

/// What `sqlite_session::open` does where no file is. Beside sessions that are open only `fails` is safe: SQLite would make an empty database
/// and then remove the log at its side, which is theirs and holds what they committed.
enum class missing_file : std::uint8_t { is_made, fails };

class sqlite_session {
public:
  static result<std::unique_ptr<sqlite_session>> open(const std::string& path, std::chrono::milliseconds busy_timeout,
                                                      missing_file missing = missing_file::is_made);
  ~sqlite_session();
  sqlite_session(const sqlite_session&) = delete;
  sqlite_session& operator=(const sqlite_session&) = delete;

  /// `sql` must be a text of the program: it is the key under which the statement is kept.
  result<sqlite_statement> prepare(const char* sql);
  /// Several statements without parameters or rows.
  result<void> execute(const std::string& sql);

  result<void> begin();
  /// storage_unavailable where there was no room: the last frame of the commit is not whole. commit_uncertain
  /// where the disk failed in the act.
  result<void> commit();
  void rollback() noexcept;

  /// Called after each commit with the pages that the log has then, by the thread that commits, in place of SQLite's own copying.
  using log_watch = std::function<void(sqlite_session&, int pages)>;
  void watch_log(log_watch watch);
  /// Copies of the log what no reader needs any more into the file, without waiting for anybody.
  result<void> copy_log();
  /// Up to so many pages that hold nothing any more go back to the disk; in a file that an earlier version made, none do. Cost: each may mean that another page moves.
  result<void> give_back_free_pages(int pages_max);

  std::int64_t changes() const noexcept { return sqlite3_changes64(connection_); }

private:
  explicit sqlite_session(sqlite3* connection) noexcept : connection_{connection} {}
  result<void> configure(std::chrono::milliseconds busy_timeout);

  sqlite3* connection_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  log_watch log_watch_;
};

/// The failure that an error of this connection means.
failure sqlite_failure(sqlite3* connection);

} // namespace dotmac
