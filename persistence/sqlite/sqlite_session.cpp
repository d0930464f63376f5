#include "persistence/sqlite/sqlite_session.hpp"

#include "persistence/failure_texts.hpp"

#include <cassert>

namespace dotmac {
namespace {

error_code code_of(int extended, std::string_view text) noexcept {
  if (extended == SQLITE_CONSTRAINT_PRIMARYKEY || extended == SQLITE_CONSTRAINT_UNIQUE)
    return error_code::sequence_conflict;
  if (extended == SQLITE_CONSTRAINT_FOREIGNKEY)
    return error_code::validation_failed;
  switch (extended & 0xFF) {
  case SQLITE_FULL:
  case SQLITE_IOERR:
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_CANTOPEN:
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_AUTH:
  case SQLITE_NOMEM:
  case SQLITE_INTERRUPT:
  case SQLITE_PROTOCOL:
  case SQLITE_NOLFS:
    return error_code::storage_unavailable;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return error_code::corrupt_data;
  case SQLITE_TOOBIG:
    return error_code::payload_too_large;
  case SQLITE_ERROR:
    return text.starts_with("no such table") || text.starts_with("no such column")
               ? error_code::unknown_schema_version
               : error_code::internal_error;
  default:
    return error_code::internal_error;
  }
}

} // namespace

failure sqlite_failure(sqlite3* connection) {
  const std::string text = sqlite3_errmsg(connection);
  return store_failure(code_of(sqlite3_extended_errcode(connection), text), "sqlite: " + text);
}

sqlite_statement& sqlite_statement::bind(int index, std::int64_t value) noexcept {
  if (const int code = sqlite3_bind_int64(statement_, index, value); code != SQLITE_OK)
    bind_error_ = code;
  return *this;
}

sqlite_statement& sqlite_statement::bind_text(int index, std::string_view value) noexcept {
  const int code =
      sqlite3_bind_text64(statement_, index, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK)
    bind_error_ = code;
  return *this;
}

sqlite_statement& sqlite_statement::bind_blob(int index, bytes_view value) noexcept {
  if (const int code = sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_STATIC);
      code != SQLITE_OK)
    bind_error_ = code;
  return *this;
}

result<bool> sqlite_statement::step() {
  if (bind_error_ != SQLITE_OK)
    return store_failure(code_of(bind_error_, ""), std::string{"sqlite: "} + sqlite3_errstr(bind_error_));
  switch (sqlite3_step(statement_)) {
  case SQLITE_ROW:
    return true;
  case SQLITE_DONE:
    return false;
  default:
    return sqlite_failure(sqlite3_db_handle(statement_));
  }
}

result<void> sqlite_statement::run() {
  auto stepped = step();
  reset();
  if (!stepped)
    return stepped.error();
  assert(!*stepped);
  return {};
}

void sqlite_statement::reset() noexcept {
  if (!statement_)
    return;
  sqlite3_reset(statement_); // its error is that of the step, which was reported
  sqlite3_clear_bindings(statement_);
  bind_error_ = SQLITE_OK;
}

bytes_view sqlite_statement::view(int column) const noexcept {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return {static_cast<const char*>(data), data ? static_cast<std::size_t>(size) : 0};
}

result<std::unique_ptr<sqlite_session>> sqlite_session::open(const std::string& path, std::chrono::milliseconds busy_timeout,
                                                             missing_file missing) {
  sqlite3* connection = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (missing == missing_file::is_made ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  std::unique_ptr<sqlite_session> session{new sqlite_session{connection}};
  if (code != SQLITE_OK)
    return store_failure(error_code::storage_unavailable, "sqlite cannot open " + path + ": " + sqlite3_errstr(code));
  if (auto configured = session->configure(busy_timeout); !configured)
    return configured.error();
  return session;
}

result<void> sqlite_session::configure(std::chrono::milliseconds busy_timeout) {
  sqlite3_busy_timeout(connection_, static_cast<int>(busy_timeout.count()));
  // Debian's SQLite is built with secure_delete: each page that becomes free would go through the log once more, as zeros.
  return execute("PRAGMA auto_vacuum = INCREMENTAL;" // of a file that is made here: before all else
                 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                 "PRAGMA cache_size = -16384; PRAGMA secure_delete = OFF;");
}

sqlite_session::~sqlite_session() {
  for (const auto& [sql, statement] : statements_)
    sqlite3_finalize(statement);
  sqlite3_close_v2(connection_);
}

result<sqlite_statement> sqlite_session::prepare(const char* sql) {
  if (const auto kept = statements_.find(sql); kept != statements_.end())
    return sqlite_statement{kept->second};
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
    return sqlite_failure(connection_);
  statements_.emplace(sql, statement);
  return sqlite_statement{statement};
}

result<void> sqlite_session::execute(const std::string& sql) {
  if (sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return sqlite_failure(connection_);
  return {};
}

result<void> sqlite_session::begin() {
  return execute("BEGIN IMMEDIATE");
}

result<void> sqlite_session::commit() {
  if (sqlite3_exec(connection_, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK)
    return {};
  auto why = sqlite_failure(connection_);
  // The last page may have reached the file though its sync failed: a restart would then find the commit.
  if ((sqlite3_errcode(connection_) & 0xFF) == SQLITE_IOERR)
    why = store_failure(error_code::commit_uncertain, std::move(why.cause));
  rollback();
  return why;
}

void sqlite_session::watch_log(log_watch watch) {
  log_watch_ = std::move(watch);
  sqlite3_wal_hook(connection_, [](void* self, sqlite3*, const char*, int pages) {
    auto& session = *static_cast<sqlite_session*>(self);
    session.log_watch_(session, pages);
    return SQLITE_OK; // the commit is done, whatever becomes of the log
  }, this);
}

result<void> sqlite_session::copy_log() {
  const int code = sqlite3_wal_checkpoint_v2(connection_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // Busy: another one copies.
  return code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY ? result<void>{} : sqlite_failure(connection_);
}

result<void> sqlite_session::give_back_free_pages(int pages_max) { return execute("PRAGMA incremental_vacuum(" + std::to_string(pages_max) + ")"); }

void sqlite_session::rollback() noexcept {
  // Where SQLite has rolled back by itself there is nothing to do, and no error worth reporting.
  if (sqlite3_get_autocommit(connection_) == 0)
    sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
}

} // namespace dotmac
