#pragma once

/// The one session that the parts of a sqlite_store share, opened again after it broke.

#include "persistence/failure_texts.hpp"
#include "persistence/sqlite/sqlite_checkpointer.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace dotmac {

struct sqlite_settings {
  std::string path;
  std::chrono::milliseconds busy_timeout{30'000};
  std::shared_ptr<sqlite_turns> turns = std::make_shared<sqlite_turns>(); ///< of all sessions of this process with this file
  std::shared_ptr<sqlite_checkpointer> checkpointer{}; ///< none: commits copy the log themselves
};

class sqlite_connection {
public:
  explicit sqlite_connection(sqlite_settings settings) : settings_{std::move(settings)} {}

  /// Calls `act(session)` with an open session.
  template <class Act> auto use(Act act) -> decltype(act(std::declval<sqlite_session&>())) {
    if (!session_) {
      auto opened = sqlite_session::open(settings_.path, settings_.busy_timeout, missing_);
      if (!opened)
        return opened.error();
      session_ = *std::move(opened);
      missing_ = missing_file::fails;
      if (settings_.checkpointer)
        session_->watch_log([helper = settings_.checkpointer](sqlite_session& session, int pages) { keep_log_short(*helper, session, pages); });
    }
    auto answer = act(*session_);
    if (!answer && is_broken(answer.error().code))
      session_.reset();
    return answer;
  }

  /// As `use`, in one writing transaction: committed where `act` succeeds.
  template <class Act> auto write(Act act) { return write(sqlite_turns::kind::patient, std::move(act)); }
  /// As `write`, before whoever else waits.
  template <class Act> auto write_first(Act act) { return write(sqlite_turns::kind::first, std::move(act)); }

private:
  struct turn_end {
    sqlite_turns& turns;
    ~turn_end() { turns.end(); }
  };

  template <class Act> auto write(sqlite_turns::kind turn, Act act) -> decltype(act(std::declval<sqlite_session&>())) {
    return use([&](sqlite_session& session) -> decltype(act(session)) {
      if (!settings_.turns->take(turn, settings_.busy_timeout))
        return store_failure(error_code::storage_unavailable, "sqlite: this process wrote for longer than the busy timeout");
      const turn_end held{*settings_.turns};
      if (auto begun = session.begin(); !begun)
        return begun.error();
      auto answer = act(session);
      if (!answer) {
        session.rollback();
        return answer;
      }
      if (auto committed = session.commit(); !committed)
        return committed.error();
      return answer;
    });
  }

  static void keep_log_short(sqlite_checkpointer& checkpointer, sqlite_session& session, int pages) {
    if (pages < sqlite_checkpointer::log_pages)
      return;
    checkpointer.wake();
    if (pages >= sqlite_checkpointer::log_pages_max)
      static_cast<void>(session.copy_log()); // the checkpointer meets the same failure, and keeps it
  }

  static bool is_broken(error_code code) noexcept {
    return code == error_code::storage_unavailable || code == error_code::commit_uncertain;
  }

  sqlite_settings settings_;
  std::unique_ptr<sqlite_session> session_;
  missing_file missing_ = missing_file::is_made; ///< the first time
};

/// ownership_lost unless `claim` holds; inside the transaction that writes.
result<void> check_sqlite_claim(sqlite_session& session, std::int64_t shard, std::int64_t epoch);

/// The clock of the database in milliseconds since 1970, as an SQL expression.
#define DOTMAC_SQLITE_NOW_MS "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"

} // namespace dotmac
