#pragma once

/// Threads that take in large bodies, tenant by tenant in turn: parsing a flood of one tenant's batches holds up neither connections nor
/// the other tenants' batches by more than one of them.
///
/// Promise  tasks of one tenant begin in the order in which they came; tenants that have some take turns. Every task is run once, or
///          destroyed by `stop` (what it owns then says so to whoever waits). A task that throws is destroyed too, and its thread goes on.
/// Limits   none of its own: what waits was admitted (core/admission).
/// Threads  submit from any; tasks run on the workers.

#include "core/admission/fair_queue.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dotmac {

class fair_workers {
public:
  using task = std::function<void()>;

  explicit fair_workers(std::size_t threads);
  ~fair_workers() { stop(); }
  fair_workers(const fair_workers&) = delete;
  fair_workers& operator=(const fair_workers&) = delete;

  void submit(const std::string& tenant, task what);
  /// Ends after the tasks under way; what waits is destroyed.
  void stop();

private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  fair_queue<task> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace dotmac
