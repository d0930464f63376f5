#pragma once

/// What an administrator sees of each running actor. Kept by the actor base, read by anybody at any time.
///
/// Threads   figures are written by their actor and read by others without locks (relaxed: each number is true, not all are
///           of the same instant). The registry locks for the length of a copy.
/// Limits    one entry per running actor; it goes with its actor. failed_actors_kept_max failed ones.

#include "core/identity.hpp"
#include "runtime/actor/failure_histories.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

namespace dotmac {

/// Upper bounds of the buckets of time per message, in microseconds; the last bucket has none.
inline constexpr std::array<std::uint64_t, 8> message_time_bounds_us{10, 50, 100, 500, 1'000, 10'000, 100'000, 1'000'000};

inline constexpr std::size_t failed_actors_kept_max = 10'000; ///< whose failures are counted; past that the first by name is forgotten

/// Where an actor stands below the node.
struct actor_place {
  std::string path;   ///< "node/shard-17/acme/metric/m_1"
  std::string parent; ///< path of its supervisor; empty for the node
};

/// Microseconds of work, by shard, since the node started: of all actors that ever ran.
using work_of_shards = std::array<std::atomic<std::uint64_t>, shard_count>;

/// A few words on an actor's state, by name.
using state_summary = std::vector<std::pair<std::string, std::variant<std::uint64_t, std::string>>>;

/// What an administrator may do to an actor. Empty where it may not be done to its kind.
struct actor_controls {
  /// It ends as an idle one does: after what is under way, with a snapshot. The next call for it starts it again. One with running children, or
  /// with work before it, stays.
  std::function<void()> passivate;
  /// It ends at once, as by a failure: what waits is answered with actor_unavailable, its state is read from the store when it is asked for next.
  std::function<void()> restart;
  /// What it holds, told on its own thread: `answer` is called once, also where it ends before.
  std::function<void(std::function<void(result<state_summary>)> answer)> describe;
  /// It will be handed over to another node: where the journal behind its snapshot is long, it writes one, and goes on. `prepared` is let go afterwards,
  /// or when it cannot.
  std::function<void(std::shared_ptr<void> prepared)> prepare_to_leave;
};

struct actor_figures {
  std::string kind;   ///< "tenant", "events", "metric", "dashboard", "shard", "node"
  actor_place place;
  std::string tenant; ///< empty for shard and node
  std::chrono::system_clock::time_point started_at;
  std::atomic<bool> is_down{false}; ///< it lives but could not be recovered yet
  std::atomic<std::uint64_t> messages{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> mailbox{0};        ///< messages fetched with the last one handled and behind it
  std::atomic<std::uint64_t> waiting{0};        ///< writes that wait for the commit before theirs
  std::atomic<std::chrono::steady_clock::time_point> waits_since{std::chrono::steady_clock::time_point{}}; ///< the first of them; the epoch: none
  std::atomic<std::uint64_t> restarts{0};
  std::atomic<std::uint64_t> memory_bytes{0};
  std::atomic<std::uint64_t> journal_position{0};
  std::atomic<std::uint64_t> snapshot_position{0};
  std::atomic<std::chrono::system_clock::time_point> snapshot_written_at{std::chrono::system_clock::time_point{}}; ///< by this actor; the epoch: none yet
  std::atomic<std::uint64_t> busy_microseconds{0}; ///< with messages
  std::atomic<std::uint64_t> task_microseconds{0}; ///< with what came back from the store
  std::atomic<std::uint64_t> scan_microseconds{0}; ///< of questions, on the threads that look through the data
  std::array<std::atomic<std::uint64_t>, message_time_bounds_us.size() + 1> message_times{};
  std::shared_ptr<work_of_shards> work; ///< null where it belongs to no shard
  std::shared_ptr<failure_histories> histories; ///< null of figures that stand in no registry
  actor_controls controls;              ///< set before anybody else sees them

  void note_message(std::chrono::steady_clock::duration took) {
    const auto us = add(busy_microseconds, took);
    messages.fetch_add(1, std::memory_order_relaxed);
    std::size_t bucket = 0;
    while (bucket < message_time_bounds_us.size() && us > message_time_bounds_us[bucket])
      ++bucket;
    message_times[bucket].fetch_add(1, std::memory_order_relaxed);
  }
  void note_failure(const failure& why) {
    failures.fetch_add(1, std::memory_order_relaxed);
    if (histories)
      histories->note(place.path, why, std::chrono::system_clock::now());
  }
  void note_task(std::chrono::steady_clock::duration took) { add(task_microseconds, took); }
  void note_scan(std::chrono::steady_clock::duration took) { add(scan_microseconds, took); }
  std::uint16_t shard = 0; ///< of its work

private:
  std::uint64_t add(std::atomic<std::uint64_t>& to, std::chrono::steady_clock::duration took) {
    const auto us = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    to.fetch_add(us, std::memory_order_relaxed);
    if (work)
      (*work)[shard].fetch_add(us, std::memory_order_relaxed);
    return us;
  }
};

class figures_registry {
public:
  std::shared_ptr<actor_figures> add(std::string kind, actor_place place, std::string tenant, actor_controls controls = {}) {
    auto figures = std::make_shared<actor_figures>();
    figures->controls = std::move(controls);
    figures->histories = histories_;
    figures->kind = std::move(kind);
    figures->place = std::move(place);
    figures->tenant = std::move(tenant);
    if (!figures->tenant.empty()) {
      figures->shard = to_number(shard_of_tenant(figures->tenant));
      figures->work = work_;
    }
    figures->started_at = std::chrono::system_clock::now();
    const std::lock_guard lock{mutex_};
    if (actors_.size() >= purge_at_) {
      std::erase_if(actors_, [](const auto& each) { return each.second.expired(); });
      purge_at_ = std::max(purge_min, 2 * actors_.size());
    }
    const auto& path = figures->place.path;
    if (const auto failed = failed_.find(path); failed != failed_.end()) {
      figures->restarts = failed->second.times;
      failed->second.is_waiting = false;
    }
    actors_[path] = figures;
    return figures;
  }

  std::vector<std::shared_ptr<const actor_figures>> all() {
    std::vector<std::shared_ptr<const actor_figures>> running;
    const std::lock_guard lock{mutex_};
    for (auto each = actors_.begin(); each != actors_.end();) {
      if (auto alive = each->second.lock()) {
        running.push_back(std::move(alive));
        ++each;
      } else {
        each = actors_.erase(each);
      }
    }
    return running;
  }

  const work_of_shards& work() const noexcept { return *work_; }
  const failure_histories& histories() const noexcept { return *histories_; }
  /// Null where none runs there.
  std::shared_ptr<const actor_figures> find(const std::string& path) {
    const std::lock_guard lock{mutex_};
    const auto found = actors_.find(path);
    return found == actors_.end() ? nullptr : found->second.lock();
  }

  /// The running ones whose path begins so.
  std::vector<std::shared_ptr<const actor_figures>> below(const std::string& prefix) {
    std::vector<std::shared_ptr<const actor_figures>> running;
    const std::lock_guard lock{mutex_};
    for (auto each = actors_.lower_bound(prefix); each != actors_.end() && each->first.starts_with(prefix); ++each)
      if (auto alive = each->second.lock())
        running.push_back(std::move(alive));
    return running;
  }

  /// An actor ended with an error, and its supervisor waits before it is started again, or has given up.
  void note_failed(const std::string& path, const failure& why) {
    histories_->note(path, why, std::chrono::system_clock::now());
    const std::lock_guard lock{mutex_};
    if (failed_.size() >= failed_actors_kept_max && !failed_.contains(path))
      failed_.erase(failed_.begin());
    auto& history = failed_[path];
    ++history.times;
    history.at = std::chrono::steady_clock::now();
    history.is_waiting = true;
  }

  /// Paths of actors that failed within the time given and have not been started again since, and of those that cannot be recovered.
  std::vector<std::string> failed_within(std::chrono::steady_clock::duration time) {
    const auto since = std::chrono::steady_clock::now() - time;
    const std::lock_guard lock{mutex_};
    std::vector<std::string> paths;
    for (const auto& [path, history] : failed_)
      if (history.is_waiting && history.at >= since)
        paths.push_back(path);
    for (const auto& [path, actor] : actors_)
      if (const auto alive = actor.lock(); alive && alive->is_down)
        paths.push_back(path);
    return paths;
  }

private:
  static constexpr std::size_t purge_min = 1'024;

  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<actor_figures>> actors_; ///< of ended actors too, until there are as many of them as of running ones
  std::size_t purge_at_ = purge_min;
  const std::shared_ptr<failure_histories> histories_ = std::make_shared<failure_histories>();
  const std::shared_ptr<work_of_shards> work_ = std::make_shared<work_of_shards>();
  struct failures {
    std::uint64_t times = 0;
    std::chrono::steady_clock::time_point at;
    bool is_waiting = false; ///< for its restart
  };
  std::map<std::string, failures> failed_;
};

/// Counts one message from its construction to its end.
class message_timer {
public:
  message_timer(actor_figures& figures, std::size_t behind_it) : figures_{figures} { figures_.mailbox.store(behind_it, std::memory_order_relaxed); }
  ~message_timer() { figures_.note_message(std::chrono::steady_clock::now() - start_); }
  message_timer(const message_timer&) = delete;
  message_timer& operator=(const message_timer&) = delete;

private:
  actor_figures& figures_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace dotmac
