#pragma once

/// Moves what commits have left in SQLite's write-ahead log into the file, so that no commit has to: SQLite's own way is to let the commit
/// that makes the log too long do it, and whoever waits for that commit waits for megabytes.
///
/// Promise   Once the log has `log_pages`, it is copied while others go on writing; then, in a turn that waits for the journal, what they have
///           written meanwhile. The next commit begins the log anew.
///           When it ends, pages that the journal has left free go back to the disk: while it runs, the journal needs them again.
/// Limits    at `log_pages_max` (it was not fast enough, or failed) the commit itself copies, as SQLite would.
///           `free_pages_given_back_max` at an end.
/// Errors    `outcome` says how the last attempt ended; the next commit past `log_pages` brings the next one. Pages that cannot be given back are used again.
/// Threads   `wake` and `outcome` from any thread; one thread of its own.
/// Crash     nothing to lose: the log is complete without it.

#include "persistence/sqlite/sqlite_session.hpp"
#include "persistence/sqlite/sqlite_turns.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace dotmac {

class sqlite_checkpointer {
public:
  static constexpr int log_pages = 1'000;      ///< 4 MB
  static constexpr int log_pages_max = 16'000; ///< 64 MB
  static constexpr int free_pages_given_back_max = 65'536; ///< 256 MB

  sqlite_checkpointer(std::string path, std::chrono::milliseconds busy_timeout, std::shared_ptr<sqlite_turns> turns);
  ~sqlite_checkpointer();
  sqlite_checkpointer(const sqlite_checkpointer&) = delete;
  sqlite_checkpointer& operator=(const sqlite_checkpointer&) = delete;

  void wake();
  result<void> outcome() const;

private:
  void work();
  result<void> copy();
  void give_back_free_pages();

  const std::string path_;
  const std::chrono::milliseconds busy_timeout_;
  const std::shared_ptr<sqlite_turns> turns_;
  std::unique_ptr<sqlite_session> session_; ///< the thread's
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool is_wanted_ = false;
  bool stopping_ = false;
  std::optional<failure> failure_; ///< of the last attempt
  std::thread thread_;
};

} // namespace dotmac
