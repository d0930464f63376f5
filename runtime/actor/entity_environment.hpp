#pragma once

/// What the journaled entities of a node share.

#include "core/supervision/poison_ledger.hpp"
#include "runtime/actor/actor_figures.hpp"
#include "runtime/actor/entity_snapshot.hpp"
#include "runtime/actor/journal_writer.hpp"
#include "runtime/actor/store_pool.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

namespace dotmac {

/// Outlives the entities that fail; they live on different threads.
struct shared_poison_ledger {
  std::mutex mutex;
  poison_ledger ledger;
};

struct entity_limits {
  std::size_t waiting_commands_max = 10'000;
  std::size_t waiting_bytes_max = 128u << 20;
  std::size_t group_bytes_max = 256u << 10; ///< a commit of more would keep other tenants waiting
  std::uint64_t snapshot_entries = 10'000;
  std::uint64_t snapshot_bytes = 64u << 20;
  std::uint64_t tail_entries_left_max = 500; ///< to the next owner, without a snapshot
  std::uint64_t tail_bytes_left_max = 1u << 20;
  std::chrono::milliseconds resolve_every{200};
  snapshot_retry_limits snapshot_retry;
  std::chrono::milliseconds recover_again_first{100};    ///< after a recovery for which the store was away; doubled each time
  std::chrono::milliseconds recover_again_longest{5'000};
  std::chrono::milliseconds recover_damaged_every{30'000};
};

/// What the entities of a node share. Outlives them all.
struct entity_environment {
  std::shared_ptr<journal_writer> writer;
  std::shared_ptr<store_pool> stores;
  std::shared_ptr<worker_pool> background; ///< what may take long and must not keep anybody waiting: encoding snapshots
  entity_limits limits;
  std::shared_ptr<shared_poison_ledger> poison = std::make_shared<shared_poison_ledger>();
  /// Log line of one life event: entity, event, detail.
  std::function<void(const entity_id&, std::string_view event, const std::string& detail)> log;
};

} // namespace dotmac
