#pragma once

#include "persistence/ports/store.hpp"
#include "persistence/postgres/postgres_connection.hpp"

namespace dotmac {

/// The journal in PostgreSQL; see the port. An append is one statement and one round trip, its payloads
/// binary.
class postgres_journal final : public journal {
public:
  explicit postgres_journal(postgres_connection& connection) noexcept : connection_{connection} {}
  result<void> append_entries(std::span<const journal_row> rows,
                              std::span<const shard_claim> claims) override;
  result<commit_outcome> resolve(std::span<const journal_row> rows) override;
  result<void> read_entries(const entity_id& entity, journal_sequence after,
                            const journal_visitor& visit) override;
  result<journal_sequence> last_sequence(const entity_id& entity) override;

private:
  postgres_connection& connection_;
};

} // namespace dotmac
