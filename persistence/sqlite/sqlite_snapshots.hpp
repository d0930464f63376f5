#pragma once

#include "persistence/encoded_snapshot_write.hpp"
#include "persistence/ports/store.hpp"
#include "persistence/sqlite/sqlite_connection.hpp"

namespace dotmac {

/// Snapshots and segments in a SQLite file; see the port. A snapshot is written in short transactions: the file has one writer at a time.
class sqlite_snapshots final : public snapshot_store {
public:
  explicit sqlite_snapshots(sqlite_connection& connection) noexcept : connection_{connection} {}
  result<void> write_snapshot(const snapshot_write& write) override;
  result<kept_snapshots> read_snapshots(const entity_id& entity) override;
  result<std::vector<snapshot_summary>> list_snapshots(const entity_id& entity) override;
  result<stored_segment> read_segment(const entity_id& entity, segment_number number) override;
  result<std::vector<bytes>> read_segment_parts(const entity_id& entity, segment_number number, std::span<const std::uint32_t> parts) override;
  result<std::vector<segment_summary>> list_segments(const entity_id& entity) override;
  result<std::vector<segment_sizes>> measure_segments(const entity_id& entity, std::span<const segment_number> numbers) override;

private:
  template <class Act> result<void> write_as_owner(const shard_claim& claim, Act act);
  result<void> write_segments(const std::string& entity, const snapshot_write& write, std::span<const encoded_segment> stored);
  result<void> drop_what_nothing_needs(const std::string& entity, const shard_claim& claim);

  sqlite_connection& connection_;
};

} // namespace dotmac
