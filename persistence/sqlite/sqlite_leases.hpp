#pragma once

#include "persistence/ports/store.hpp"
#include "persistence/sqlite/sqlite_connection.hpp"

namespace dotmac {

/// Leases in a SQLite file; see the port.
class sqlite_leases final : public lease_table {
public:
  explicit sqlite_leases(sqlite_connection& connection) noexcept : connection_{connection} {}
  result<std::vector<shard_claim>> claim_shards(const std::string& owner, std::span<const shard_id> shards,
                                                std::chrono::milliseconds lease) override;
  result<std::vector<shard_claim>> renew_leases(const std::string& owner, std::span<const shard_claim> held,
                                                std::chrono::milliseconds lease) override;
  result<void> release_shards(const std::string& owner, std::span<const shard_claim> held) override;
  result<std::vector<shard_lease>> read_leases() override;
  /// A file does not show who has it open; the lock of its folder (config/data_folder) does.
  result<void> announce(const std::string&) override { return {}; }
  result<std::vector<std::string>> read_absent_owners() override { return std::vector<std::string>{}; }

private:
  sqlite_connection& connection_;
};

} // namespace dotmac
