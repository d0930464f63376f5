#pragma once

/// A cache of answers that nodes share (persistence/ports/result_cache.hpp), asked in a way that can cost a question little and never a right answer.
///
/// Promise   `find` waits no longer than find_within, whatever the cache does, and `keep` not at all: a thread of our own talks to it. After a failure, or an
///           answer that was late, it is left alone for pause_after_failure; after a refusal to take more, for keeping only. Nodes share answers
///           with nodes of the same `program` only: another one may compute otherwise.
/// Limits    calls_waiting_max, keep_bytes_waiting_max: beyond, answers are not shared, and counted.
/// Errors    none: a failure is "nothing found", seen in the figures, and logged once per change.
/// Threads   any.
/// Cost      a question that is not found pays the way to the cache and back.

#include "persistence/ports/result_cache.hpp"
#include "runtime/actor/worker_pool.hpp"

#include <atomic>
#include <chrono>

namespace dotmac {

struct shared_answers_limits {
  std::chrono::milliseconds find_within{25};
  std::chrono::milliseconds pause_after_failure{5'000};
  std::size_t calls_waiting_max = 256;
  std::size_t keep_bytes_waiting_max = 16u << 20;
};

class shared_answers {
public:
  using clock = std::chrono::steady_clock;
  struct surroundings {
    std::function<clock::time_point()> now = [] { return clock::now(); };
    std::function<void(const std::string&)> log = [](const std::string&) {};
  };
  shared_answers(std::unique_ptr<result_cache> cache, bytes program, shared_answers_limits limits, surroundings around);
  ~shared_answers();

  std::shared_ptr<const bytes> find(bytes_view key);
  void keep(bytes_view key, std::shared_ptr<const bytes> answer);
  void stop() { thread_.stop(); }

  struct figures {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;   ///< asked, and not there
    std::uint64_t kept = 0;
    std::uint64_t damaged = 0;  ///< what lay there was no answer of ours
    std::uint64_t failures = 0; ///< away, late or full
    std::uint64_t not_asked = 0; ///< while it was left alone
    std::uint64_t not_shared = 0; ///< too large, or too much waited
    std::string last_failure;   ///< empty: it answers
  };
  figures read_figures() const;

private:
  struct look_up;
  bytes whole_key(bytes_view key) const { return program_ + bytes{key}; }
  bool is_left_alone(const std::atomic<clock::rep>& until) const { return around_.now().time_since_epoch().count() < until.load(std::memory_order_relaxed); }
  void note_failure(const failure& why);
  void note_answered();
  void keep_now(const bytes& key, bytes_view answer);

  const std::unique_ptr<result_cache> cache_; ///< the thread's
  const bytes program_;
  const shared_answers_limits limits_;
  const surroundings around_;
  std::atomic<clock::rep> alone_until_{clock::time_point::min().time_since_epoch().count()};
  std::atomic<clock::rep> keeps_nothing_until_{clock::time_point::min().time_since_epoch().count()};
  std::atomic<std::size_t> keep_bytes_waiting_{0};
  mutable std::mutex mutex_;
  figures counted_;
  worker_pool thread_; ///< last: it ends before what it uses
};

} // namespace dotmac
