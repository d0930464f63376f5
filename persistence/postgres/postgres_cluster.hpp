#pragma once

#include "persistence/ports/store.hpp"
#include "persistence/postgres/postgres_connection.hpp"

namespace dotmac {

/// The members and their shards in PostgreSQL, each call one statement; see the port.
class postgres_cluster final : public cluster_table {
public:
  explicit postgres_cluster(postgres_connection& connection) noexcept : connection_{connection} {}
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
  result<postgres_rows> execute(const postgres_statement& statement, const postgres_values& values = {});
  postgres_connection& connection_;
};

} // namespace dotmac
