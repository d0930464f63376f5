#pragma once

#include "persistence/ports/store.hpp"
#include "persistence/postgres/postgres_connection.hpp"

namespace dotmac {

/// Snapshots and segments in PostgreSQL; see the port.
class postgres_snapshots final : public snapshot_store {
public:
  explicit postgres_snapshots(postgres_connection& connection) noexcept : connection_{connection} {}
  result<void> write_snapshot(const snapshot_write& write) override;
  result<kept_snapshots> read_snapshots(const entity_id& entity) override;
  result<std::vector<snapshot_summary>> list_snapshots(const entity_id& entity) override;
  result<stored_segment> read_segment(const entity_id& entity, segment_number number) override;
  result<std::vector<bytes>> read_segment_parts(const entity_id& entity, segment_number number, std::span<const std::uint32_t> parts) override;
  result<std::vector<segment_summary>> list_segments(const entity_id& entity) override;
  result<std::vector<segment_sizes>> measure_segments(const entity_id& entity, std::span<const segment_number> numbers) override;

private:
  postgres_connection& connection_;
};

} // namespace dotmac
