#include "persistence/sqlite/sqlite_audit_log.hpp"

#include "persistence/write_checks.hpp"

#include <limits>

namespace dotmac {
namespace {

constexpr const char* select_entries_of_all = "SELECT id, recorded_at, tenant, act, subject, details FROM audit_log WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
constexpr const char* select_entries_of_tenant = "SELECT id, recorded_at, tenant, act, subject, details FROM audit_log "
                                       "WHERE id < ?1 AND tenant = ?3 ORDER BY id DESC LIMIT ?2";

audit_entry audit_entry_in(const sqlite_statement& row) {
  audit_entry entry;
  entry.id = static_cast<std::uint64_t>(row.number(0));
  entry.recorded_at_ms = row.number(1);
  entry.tenant = row.view(2);
  entry.act = row.view(3);
  entry.subject = row.view(4);
  entry.details = row.view(5);
  return entry;
}

} // namespace

result<void> sqlite_audit_log::add_audit_entry(const audit_entry& entry) {
  if (auto valid = check_audit_entry(entry); !valid)
    return valid;
  return connection_.write([&](sqlite_session& session) -> result<void> {
    auto insert = session.prepare("INSERT INTO audit_log(recorded_at, tenant, act, subject, details) VALUES (?1, ?2, ?3, ?4, ?5) "
                                  "ON CONFLICT (tenant, act, subject, details) DO NOTHING");
    if (!insert)
      return insert.error();
    return insert->bind(1, entry.recorded_at_ms).bind_text(2, entry.tenant).bind_text(3, entry.act).bind_text(4, entry.subject).bind_text(5, entry.details).run();
  });
}

result<std::vector<audit_entry>> sqlite_audit_log::read_audit_entries(const std::string& tenant, std::uint64_t before_id, std::size_t limit) {
  if (auto valid = check_audit_reader(tenant); !valid)
    return valid.error();
  return connection_.use([&](sqlite_session& session) -> result<std::vector<audit_entry>> {
    auto rows = session.prepare(tenant.empty() ? select_entries_of_all : select_entries_of_tenant);
    if (!rows)
      return rows.error();
    const auto before = before_id == 0 ? std::numeric_limits<std::int64_t>::max() : storable_number(before_id);
    rows->bind(1, before).bind(2, storable_number(limit));
    if (!tenant.empty())
      rows->bind_text(3, tenant);
    std::vector<audit_entry> entries;
    for (;;) {
      auto is_there = rows->step();
      if (!is_there)
        return is_there.error();
      if (!*is_there)
        return entries;
      entries.push_back(audit_entry_in(*rows));
    }
  });
}

} // namespace dotmac
