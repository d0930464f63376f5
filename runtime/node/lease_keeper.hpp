#pragma once

/// Holds the leases of all shards for this node: claims them at the start, prolongs them while it runs, gives them up at the
/// end.
///
/// Promise   A node that lost a lease is refused by the store itself (epoch), whatever this class believes.
/// Start     Leases of a killed process are waited for, at most `lease` long; but where this process is known to be alone with its
///           store (`is_alone`: it holds the lock of an embedded store's folder), they are ended at once, and the epoch rises.
/// Errors    start: ownership_lost when another node keeps its leases alive; the store's own errors.
/// Threads   start and stop from one thread; renewals on a thread of its own.

#include "persistence/ports/store.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace dotmac {

class lease_keeper {
public:
  static constexpr std::chrono::milliseconds lease{6'000};
  static constexpr std::chrono::milliseconds renew_every{1'500};

  lease_keeper(std::shared_ptr<store_factory> stores, std::string owner) : stores_{std::move(stores)}, owner_{std::move(owner)} {}
  ~lease_keeper() { stop(); }

  result<std::vector<shard_claim>> start(bool is_alone);
  void stop();

private:
  result<void> end_leases_of_the_dead();
  void renew();

  std::shared_ptr<store_factory> stores_;
  const std::string owner_;
  std::vector<shard_claim> held_;
  std::unique_ptr<store> session_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace dotmac
