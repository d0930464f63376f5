#pragma once

/// One session with a memory_database: all of the store's ports over its shared, locked maps.

#include "persistence/memory/memory_store.hpp"

#include <optional>

namespace dotmac {

class memory_store final : public store, journal, snapshot_store, lease_table, dead_letter_table, audit_log, cluster_table {
public:
  explicit memory_store(std::shared_ptr<memory_database> database) : database_{std::move(database)} {}
  ~memory_store() override;
  memory_store(const memory_store&) = delete;
  memory_store& operator=(const memory_store&) = delete;

  journal& entries() override { return *this; }
  snapshot_store& snapshots() override { return *this; }
  lease_table& leases() override { return *this; }
  dead_letter_table& dead_letters() override { return *this; }
  audit_log& audit() override { return *this; }
  cluster_table* cluster() override { return this; }

  result<std::vector<std::string>> list_tenants() override;
  result<void> ping() override;

  result<void> append_entries(std::span<const journal_row> rows,
                              std::span<const shard_claim> claims) override;
  result<commit_outcome> resolve(std::span<const journal_row> rows) override;
  result<void> read_entries(const entity_id& entity, journal_sequence after,
                            const journal_visitor& visit) override;
  result<journal_sequence> last_sequence(const entity_id& entity) override;

  result<void> write_snapshot(const snapshot_write& write) override;
  result<kept_snapshots> read_snapshots(const entity_id& entity) override;
  result<std::vector<snapshot_summary>> list_snapshots(const entity_id& entity) override;
  result<stored_segment> read_segment(const entity_id& entity, segment_number number) override;
  result<std::vector<bytes>> read_segment_parts(const entity_id& entity, segment_number number, std::span<const std::uint32_t> parts) override;
  result<std::vector<segment_summary>> list_segments(const entity_id& entity) override;
  result<std::vector<segment_sizes>> measure_segments(const entity_id& entity, std::span<const segment_number> numbers) override;

  result<std::vector<shard_claim>> claim_shards(const std::string& owner, std::span<const shard_id> shards,
                                                std::chrono::milliseconds lease) override;
  result<std::vector<shard_claim>> renew_leases(const std::string& owner, std::span<const shard_claim> held,
                                                std::chrono::milliseconds lease) override;
  result<void> release_shards(const std::string& owner, std::span<const shard_claim> held) override;
  result<std::vector<shard_lease>> read_leases() override;
  result<void> announce(const std::string& owner) override;
  result<std::vector<std::string>> read_absent_owners() override;

  result<void> add_dead_letter(const dead_letter& letter) override;
  result<dead_letter_summary> find_dead_letter(std::uint64_t id) override;
  result<dead_letter> read_dead_letter(std::uint64_t id) override;
  result<std::vector<dead_letter_summary>> list_dead_letters(const std::string& tenant, std::size_t limit) override;
  result<void> remove_dead_letter(std::uint64_t id) override;

  result<void> add_audit_entry(const audit_entry& entry) override;
  result<std::vector<audit_entry>> read_audit_entries(const std::string& tenant, std::uint64_t before_id, std::size_t limit) override;

  result<node_name> join(const node_card& card) override;
  result<bool> beat(const node_name& name, bool is_leaving, std::span<const shard_load> loads) override;
  result<void> leave(const node_name& name) override;
  result<cluster_view> read_view() override;
  result<void> transfer_shards(const node_name& owner, std::span<const shard_transfer> transfers, std::chrono::milliseconds lease) override;
  result<std::optional<ownership_epoch>> coordinate(const node_name& name, std::chrono::milliseconds lease, const std::string& gone) override;
  result<bool> assign_shards(ownership_epoch coordination, std::span<const shard_assignment> assignments) override;
  result<bool> bury(ownership_epoch coordination, std::span<const burial> dead) override;
  result<void> set_wish(const std::string& id, node_wish wish) override;
  result<void> pin_shard(shard_id shard, const std::string& id) override;
  result<void> rebalance() override;

private:
  static bool is_member(const memory_database& database, const node_name& name);
  static void free_shards_of(memory_database& database, const std::string& owner);
  using entity_data = memory_database::entity_data;
  using held_snapshot = memory_database::held_snapshot;

  /// Runs `act` with the database locked, if it is up.
  template <class Act> auto locked(Act act) -> decltype(act(std::declval<memory_database&>())) {
    const std::lock_guard lock{database_->mutex_};
    if (database_->is_down_)
      return failure{error_code::storage_unavailable, "the memory store is down", ""};
    return act(*database_);
  }

  static bool is_held(const memory_database& database, const shard_claim& claim) {
    const auto& lease = database.leases_[to_number(claim.shard)];
    return !lease.owner.empty() && lease.epoch == claim.epoch;
  }
  static bool is_shard(shard_id shard) { return to_number(shard) < shard_count; }

  static result<void> commit_rows(memory_database& database, std::span<const journal_row> rows,
                                  std::span<const shard_claim> claims);
  static result<void> commit_snapshot(memory_database& database, const snapshot_write& write);
  static result<void> check_segments(const entity_data& data, const snapshot_write& write);
  static void drop_what_nothing_needs(entity_data& data);
  static void drop_unreferenced_segments(entity_data& data);

  /// The next of `faults`, taken.
  static std::optional<memory_database::planned_fault>
  take(std::vector<memory_database::planned_fault>& faults) {
    if (faults.empty())
      return std::nullopt;
    auto fault = std::move(faults.front());
    faults.erase(faults.begin());
    return fault;
  }

  std::shared_ptr<memory_database> database_;
  std::string announced_; ///< empty: nobody
};

} // namespace dotmac
