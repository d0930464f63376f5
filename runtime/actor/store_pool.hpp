#pragma once

/// Store sessions for what blocks beside the journal: recoveries and snapshots. One session per thread, opened when first
/// needed and again after a failure to open.
///
/// Limits    as worker_pool: `waiting_max` jobs wait, and tenants take turns.
/// Threads   `submit` from any thread; jobs run on the pool's threads and must not throw.

#include "persistence/ports/store.hpp"
#include "runtime/actor/worker_pool.hpp"

namespace dotmac {

class store_pool {
public:
  using job = std::function<void(result<store*>)>;

  store_pool(std::shared_ptr<store_factory> stores, std::size_t sessions, std::size_t waiting_max)
      : stores_{std::move(stores)}, sessions_(sessions), workers_{sessions, waiting_max, {"store"}} {}

  /// The job is always called once: with a session, or with the reason why there is none (full, stopped, store away). In
  /// the first two cases that happens on the caller's thread, inside this call.
  void submit(const std::string& tenant, job work) {
    auto shared = std::make_shared<job>(std::move(work));
    const failure stopped{error_code::draining, "the node is stopping", {}};
    const bool taken = workers_.submit(
        tenant, {[this, shared](std::size_t worker) { (*shared)(session_of(worker)); }, [shared, stopped] { (*shared)(stopped); },
                 [shared](const std::string& what) { (*shared)(failure{error_code::internal_error, {}, {}, "work with the store threw: " + what}); }});
    if (!taken)
      (*shared)(failure{error_code::too_many_requests, "too many recoveries and snapshots wait for the store", {}});
  }

  void stop() { workers_.stop(); }

private:
  result<store*> session_of(std::size_t worker) {
    if (!sessions_[worker]) {
      auto opened = stores_->open();
      if (!opened)
        return opened.error();
      sessions_[worker] = std::move(*opened);
    }
    return sessions_[worker].get();
  }

  std::shared_ptr<store_factory> stores_;
  std::vector<std::unique_ptr<store>> sessions_;
  worker_pool workers_;
};

} // namespace dotmac
