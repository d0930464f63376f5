#pragma once

#include "persistence/ports/store.hpp"
#include "persistence/sqlite/sqlite_connection.hpp"

namespace dotmac {

/// The audit log in a SQLite file; see the port.
class sqlite_audit_log final : public audit_log {
public:
  explicit sqlite_audit_log(sqlite_connection& connection) noexcept : connection_{connection} {}
  result<void> add_audit_entry(const audit_entry& entry) override;
  result<std::vector<audit_entry>> read_audit_entries(const std::string& tenant, std::uint64_t before_id, std::size_t limit) override;

private:
  sqlite_connection& connection_;
};

} // namespace dotmac
