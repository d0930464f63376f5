#pragma once

/// Makes journal entries durable: one commit for everything that waited while the last commit was in flight (no timer).
///
/// Promise   Each entry is answered once: committed, refused (nothing was written), or in doubt. After "in doubt" the
///           entity must ask `resolve` until that answers, and append nothing before.
/// Fairness  tenants take turns, a row each: a modest tenant's row waits for the commit in flight and goes with the next one, whatever
///           another tenant has waiting. So a commit should not take long: it is the price that a flood makes others pay.
/// Limits    `waiting_rows_max` rows (by the rule of core/admission/fair_queue.hpp) and `waiting_bytes_max` bytes wait (too_many_requests
///           beyond), `group_bytes_max` bytes go into one commit, or a single row that is larger.
/// Threads   `append` and `resolve` from any thread; answers come on the writer's own thread, so they should only hand over.
/// Errors    of persistence/ports/store.hpp. A group that the store certainly refused while it can be reached is tried row by row, so that
///           one entity's fault is not another's.
/// Crash     what was not answered as committed may or may not be in the journal; recovery tells.

#include "core/admission/fair_queue.hpp"
#include "persistence/ports/store.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace dotmac {

struct journal_writer_limits {
  std::size_t waiting_rows_max = 65'536;
  std::size_t waiting_bytes_max = 256u << 20;
  std::size_t group_bytes_max = 256u << 10;
};

struct journal_writer_figures {
  std::uint64_t commits = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t failures = 0;
};

class journal_writer {
public:
  using append_answer = std::function<void(result<void>)>;
  using resolve_answer = std::function<void(result<commit_outcome>)>;

  /// `log` is told when an outage begins and ends.
  journal_writer(std::shared_ptr<store_factory> stores, journal_writer_limits limits, std::function<void(const std::string&)> log = {});
  ~journal_writer();
  journal_writer(const journal_writer&) = delete;
  journal_writer& operator=(const journal_writer&) = delete;

  void append(journal_row row, shard_claim claim, append_answer answer);
  void resolve(journal_row row, resolve_answer answer);

  /// Why the store does not take writes at present; nothing when the last attempt, or the last look at the store, succeeded.
  std::optional<failure> outage() const;
  /// What somebody who regularly looks at the store found: an outage shows without a write, and ends without one.
  void note_store(const result<void>& found);
  journal_writer_figures figures() const;
  /// Commits what waits, then ends. Later appends are answered with `draining`.
  void stop();

private:
  struct waiting_row {
    journal_row row;
    shard_claim claim;
    append_answer answer;
  };
  struct waiting_question {
    journal_row row;
    resolve_answer answer;
  };

  void work();
  std::vector<waiting_row> take_group();
  void commit(std::vector<waiting_row> group);
  result<void> append_to_store(std::vector<waiting_row>& group);
  void note(const result<void>& outcome, std::size_t rows, std::size_t bytes);
  result<store*> session();

  const std::shared_ptr<store_factory> stores_;
  const journal_writer_limits limits_;
  const std::function<void(const std::string&)> log_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  fair_queue<waiting_row> waiting_;
  std::deque<waiting_question> questions_;
  std::size_t waiting_bytes_ = 0;
  bool stopping_ = false;
  std::optional<failure> outage_;
  journal_writer_figures figures_;
  std::unique_ptr<store> session_; ///< used by the writer's thread alone
  std::thread thread_;
};

} // namespace dotmac
