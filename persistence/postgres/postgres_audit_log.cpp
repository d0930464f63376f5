#include "persistence/postgres/postgres_audit_log.hpp"

#include "persistence/write_checks.hpp"

#include <limits>

namespace dotmac {
namespace {

// Alone in its transaction: what broke while it was under way is uncertain, and made again by the caller. Of two sessions with the same
// entry the second waits for the first, and then finds its row.
constexpr postgres_statement add_entry{
    "add_audit_entry",
    "INSERT INTO audit_log(recorded_at, tenant, act, subject, details) VALUES ($1::int8, $2::text, $3::text, $4::text, $5::text) "
    "ON CONFLICT DO NOTHING",
    true};
constexpr postgres_statement read_entries_of_all{
    "read_audit_entries",
    "SELECT id, recorded_at, tenant, act, subject, details FROM audit_log WHERE id < $1::int8 ORDER BY id DESC LIMIT $2::int8",
    false};
constexpr postgres_statement read_entries_of_tenant{
    "read_audit_entries_of_tenant",
    "SELECT id, recorded_at, tenant, act, subject, details FROM audit_log WHERE id < $1::int8 AND tenant = $3::text "
    "ORDER BY id DESC LIMIT $2::int8",
    false};

audit_entry audit_entry_in(const postgres_rows& rows, int row) {
  audit_entry entry;
  entry.id = static_cast<std::uint64_t>(rows.number(row, 0));
  entry.recorded_at_ms = rows.number(row, 1);
  entry.tenant = rows.view(row, 2);
  entry.act = rows.view(row, 3);
  entry.subject = rows.view(row, 4);
  entry.details = rows.view(row, 5);
  return entry;
}

} // namespace

result<void> postgres_audit_log::add_audit_entry(const audit_entry& entry) {
  if (auto valid = check_audit_entry(entry); !valid)
    return valid;
  return connection_.use([&](postgres_session& session) -> result<void> {
    auto added = session.execute(add_entry, postgres_values{}.number(entry.recorded_at_ms).view(entry.tenant).view(entry.act).view(entry.subject).view(entry.details));
    if (!added)
      return added.error();
    return {};
  });
}

result<std::vector<audit_entry>> postgres_audit_log::read_audit_entries(const std::string& tenant, std::uint64_t before_id, std::size_t limit) {
  if (auto valid = check_audit_reader(tenant); !valid)
    return valid.error();
  return connection_.use([&](postgres_session& session) -> result<std::vector<audit_entry>> {
    const auto before = before_id == 0 ? std::numeric_limits<std::int64_t>::max() : storable_number(before_id);
    postgres_values values;
    values.number(before).number(storable_number(limit));
    if (!tenant.empty())
      values.view(tenant);
    auto rows = session.execute(tenant.empty() ? read_entries_of_all : read_entries_of_tenant, values);
    if (!rows)
      return rows.error();
    std::vector<audit_entry> entries;
    entries.reserve(static_cast<std::size_t>(rows->size()));
    for (int i = 0; i < rows->size(); ++i)
      entries.push_back(audit_entry_in(*rows, i));
    return entries;
  });
}

} // namespace dotmac
