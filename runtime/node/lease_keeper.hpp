#pragma once

/// Holds the leases of all shards for this node: claims them at the start, prolongs them while it runs, gives them up at the
/// end.
///
/// Promise   A node that lost a lease is refused by the store itself (epoch), whatever this class believes. For what the store is not
///           asked about, answers from memory, `holds` says whether another node can have taken over: it turns false `margin` before the
///           leases end, by this process's own steady clock, counted from before they were asked for.
/// Loss      A renewal that was refused, wholly or in part, is final: `on_lost` is called once, from then on `holds` is false. Renewals that
///           merely fail are tried on: when one succeeds, nobody had taken over.
/// Looking   The store is looked at every `look_every` and written to by the renewals; `on_look` is told what was found.
/// Start     Leases of a killed process are ended, and the epoch rises: at once where this process is known to be alone with its store
///           (`is_alone`: it holds the lock of an embedded store's folder); where the store sees who is connected, after their owner was
///           away for `absent_for`; else they are waited for, at most `lease` long.
/// Errors    start: ownership_lost when another node keeps its leases alive; the store's own errors.
/// Threads   start and stop from one thread; renewals and hooks on a thread of its own; `holds` from any thread.

#include "persistence/ports/store.hpp"
#include "runtime/node/store_check.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace dotmac {

class lease_keeper {
public:
  static constexpr std::chrono::milliseconds lease{6'000};
  static constexpr std::chrono::milliseconds renew_every{1'500};
  static constexpr std::chrono::milliseconds announce_every{250};
  static constexpr std::chrono::milliseconds look_every{1'000};
  static constexpr std::chrono::milliseconds margin{500};
  static constexpr std::chrono::milliseconds absent_for{1'000}; ///< a node that lost its connection is back by then

  struct hooks {
    std::function<void(const result<void>&)> on_look;
    std::function<void()> on_lost;
  };

  lease_keeper(std::shared_ptr<store_factory> stores, std::string owner, hooks given)
      : stores_{std::move(stores)}, owner_{std::move(owner)}, hooks_{std::move(given)} {}
  ~lease_keeper() { stop(); }

  result<std::vector<shard_claim>> start(bool is_alone);
  void stop();
  /// No other node can own this node's shards now.
  bool holds() const noexcept;

  /// How the store answered when the leases were last prolonged.
  store_check last_check() const; ///< from any thread

private:
  result<std::vector<shard_claim>> claim_all();
  /// Ends the running leases of `owners`; of all owners where it is null.
  result<void> end_leases(const std::set<std::string>* owners);
  /// Ends those of owners that were away for `absent_for`.
  result<void> end_leases_of_the_absent();
  void keep();
  /// Whether the store took it; a refusal ends `holds`.
  result<void> renew();
  void lose(std::size_t shards);
  void extend(std::chrono::steady_clock::time_point asked_at);

  std::shared_ptr<store_factory> stores_;
  const std::string owner_;
  const hooks hooks_;
  bool is_alone_ = false;
  std::atomic<bool> is_lost_{false};
  std::atomic<std::chrono::steady_clock::rep> ends_at_{0};
  std::vector<shard_claim> held_;
  std::map<std::string, std::chrono::steady_clock::time_point> away_since_; ///< other owners, while starting
  std::unique_ptr<store> session_;
  std::mutex mutex_;
  mutable std::mutex check_mutex_;
  store_check last_check_; ///< under check_mutex_
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace dotmac
