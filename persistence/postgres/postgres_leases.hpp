#pragma once

#include "persistence/ports/store.hpp"
#include "persistence/postgres/postgres_connection.hpp"

namespace dotmac {

/// Leases in PostgreSQL, by its clock; see the port. After commit_uncertain the same call may simply be made
/// again.
class postgres_leases final : public lease_table {
public:
  explicit postgres_leases(postgres_connection& connection) noexcept : connection_{connection} {}
  result<std::vector<shard_claim>> claim_shards(const std::string& owner, std::span<const shard_id> shards,
                                                std::chrono::milliseconds lease) override;
  result<std::vector<shard_claim>> renew_leases(const std::string& owner, std::span<const shard_claim> held,
                                                std::chrono::milliseconds lease) override;
  result<void> release_shards(const std::string& owner, std::span<const shard_claim> held) override;
  result<std::vector<shard_lease>> read_leases() override;
  /// By an advisory lock, which PostgreSQL itself drops with the session.
  result<void> announce(const std::string& owner) override;
  result<std::vector<std::string>> read_absent_owners() override;

private:
  struct announcement {
    std::string owner;
    postgres_session::token session = 0;
  };
  postgres_connection& connection_;
  std::optional<announcement> announced_;
};

} // namespace dotmac
