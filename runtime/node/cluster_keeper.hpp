#pragma once

/// Drives this node's part in the cluster: a thread that makes the requests of cluster/node_agent.hpp to the database, one at a time, and
/// hands what is to be done to whoever starts and stops actors.
///
/// Promise   as node_agent. `holds` and `admits` are what the agent says, published after each step; they turn false by themselves when a lease
///           has run down, also while the thread waits for a database that does not answer.
/// Errors    A database that fails is asked again; `on_look` is told each time. start: the first join, and nothing else, is waited for.
/// Threads   start, leave and stop from one thread; hooks on a thread of its own; everything else from any thread.
/// Cost      `holds` and `admits`: a load and a comparison with the clock.

#include "cluster/node_agent.hpp"
#include "runtime/node/store_check.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace dotmac {

class cluster_keeper {
public:
  struct hooks {
    std::function<void(const shard_act&)> on_act;                          ///< afterwards: note_stopped or note_prepared, but for a start
    std::function<void(const result<void>&)> on_look;                      ///< how the database answered
    std::function<void(std::shared_ptr<const cluster_view>)> on_view;      ///< as it was read last
    std::function<bool(const std::string& peer_address)> is_refused;       ///< nobody listens there: tried now, within a fraction of a second
    std::function<void()> on_change;                                       ///< this node has changed the tables
    std::function<std::vector<shard_load>()> loads;
    std::function<void(const std::string&)> log;
  };

  cluster_keeper(std::shared_ptr<store_factory> stores, node_card card, agent_limits limits, hooks given);
  ~cluster_keeper() { stop(); }

  /// Joins. ownership_lost: another process has this id.
  result<node_name> start();
  void note_prepared(const shard_claim& claim);
  void note_stopped(const shard_claim& claim);
  /// Somebody said that the tables have changed.
  void note_change();
  /// Gives the shards to others, and returns when this node has none, and is no member any more.
  void leave();
  /// Ends at once: what is still owned is taken over by others when they see this process end.
  void stop();

  bool admits(shard_id shard) const noexcept { return now() < ends_[to_number(shard)].admitting_until.load(std::memory_order_acquire); }
  bool holds(shard_id shard) const noexcept { return now() < ends_[to_number(shard)].holding_until.load(std::memory_order_acquire); }
  /// Owner text of its present life; empty between two.
  std::string own() const;
  /// How the database answered the last heartbeat.
  store_check last_check() const;
  bool is_coordinator() const noexcept { return is_coordinator_; }
  std::size_t shards_served() const noexcept { return shards_served_; }

private:
  /// Milliseconds of a clock that goes on while the machine sleeps.
  using tick = steady_time::rep;
  static tick now() noexcept;
  static steady_time steady_now() noexcept { return steady_time{now()}; }

  void work();
  /// Whether there was anything to ask.
  bool ask_once(std::unique_lock<std::mutex>& lock);
  void probe_the_absent(std::unique_lock<std::mutex>& lock);
  void publish(std::unique_lock<std::mutex>& lock);
  void hand_out(const std::vector<shard_act>& acts, bool is_to_start, std::unique_lock<std::mutex>& lock);

  struct published_ends {
    std::atomic<tick> admitting_until{0};
    std::atomic<tick> holding_until{0};
  };

  const std::shared_ptr<store_factory> stores_;
  const agent_limits limits_;
  const hooks hooks_;
  std::array<published_ends, shard_count> ends_{};
  std::atomic<bool> is_coordinator_{false};
  std::atomic<std::size_t> shards_served_{0};
  mutable std::mutex own_mutex_;
  std::string own_;
  store_check last_check_; ///< under own_mutex_, as is own_
  std::mutex mutex_;
  std::condition_variable wake_;
  node_agent agent_; ///< under mutex_, as all below
  bool is_woken_ = false;
  bool stopping_ = false;
  bool has_left_ = false;
  std::unique_ptr<store> session_; ///< of the thread alone
  std::thread thread_;
};

} // namespace dotmac
