#pragma once

#include "persistence/ports/store.hpp"
#include "persistence/postgres/postgres_connection.hpp"

namespace dotmac {

/// The audit log in PostgreSQL; see the port.
class postgres_audit_log final : public audit_log {
public:
  explicit postgres_audit_log(postgres_connection& connection) noexcept : connection_{connection} {}
  result<void> add_audit_entry(const audit_entry& entry) override;
  result<std::vector<audit_entry>> read_audit_entries(const std::string& tenant, std::uint64_t before_id, std::size_t limit) override;

private:
  postgres_connection& connection_;
};

} // namespace dotmac
