#pragma once

/// Holds the leases of all shards for this node: claims them at the start, prolongs them while it runs, gives them up at the
/// end.
///
/// Promise   A node that lost a lease is refused by the store itself (epoch), whatever this class believes.
/// Start     Leases of a killed process are ended, and the epoch rises: at once where this process is known to be alone with its store
///           (`is_alone`: it holds the lock of an embedded store's folder); where the store sees who is connected, after their owner was
///           away for `absent_for`; else they are waited for, at most `lease` long.
/// Errors    start: ownership_lost when another node keeps its leases alive; the store's own errors.
/// Threads   start and stop from one thread; renewals on a thread of its own.

#include "persistence/ports/store.hpp"

#include <chrono>
#include <condition_variable>
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
  static constexpr std::chrono::milliseconds absent_for{1'000}; ///< a node that lost its connection is back by then

  lease_keeper(std::shared_ptr<store_factory> stores, std::string owner) : stores_{std::move(stores)}, owner_{std::move(owner)} {}
  ~lease_keeper() { stop(); }

  result<std::vector<shard_claim>> start(bool is_alone);
  void stop();

  /// How the store answered when the leases were last prolonged: a transaction of its own every `renew_every`, whatever else goes on.
  struct store_check {
    bool is_answered = true;
    std::optional<std::chrono::microseconds> took; ///< none before the first
  };
  store_check last_check() const; ///< from any thread

private:
  result<std::vector<shard_claim>> claim_all();
  /// Ends the running leases of `owners`; of all owners where it is null.
  result<void> end_leases(const std::set<std::string>* owners);
  /// Ends those of owners that were away for `absent_for`.
  result<void> end_leases_of_the_absent();
  void keep();
  store_check renew();

  std::shared_ptr<store_factory> stores_;
  const std::string owner_;
  std::vector<shard_claim> held_;
  std::map<std::string, std::chrono::steady_clock::time_point> away_since_; ///< other owners, while starting
  std::unique_ptr<store> session_;
  mutable std::mutex mutex_;
  store_check last_check_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace dotmac
