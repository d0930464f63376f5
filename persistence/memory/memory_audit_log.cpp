#include "persistence/memory/memory_session.hpp"

#include "persistence/write_checks.hpp"

#include <algorithm>

namespace dotmac {

result<void> memory_store::add_audit_entry(const audit_entry& entry) {
  if (auto valid = check_audit_entry(entry); !valid)
    return valid;
  return locked([&](memory_database& database) -> result<void> {
    auto& entries = database.audit_entries_;
    const bool is_there = std::any_of(entries.begin(), entries.end(), [&](const audit_entry& held) {
      return held.tenant == entry.tenant && held.act == entry.act && held.subject == entry.subject && held.details == entry.details;
    });
    if (is_there)
      return {};
    entries.push_back(entry);
    entries.back().id = entries.size();
    return {};
  });
}

result<std::vector<audit_entry>> memory_store::read_audit_entries(const std::string& tenant, std::uint64_t before_id, std::size_t limit) {
  if (auto valid = check_audit_reader(tenant); !valid)
    return valid.error();
  return locked([&](memory_database& database) -> result<std::vector<audit_entry>> {
    std::vector<audit_entry> entries;
    for (auto held = database.audit_entries_.rbegin(); held != database.audit_entries_.rend() && entries.size() < limit; ++held)
      if ((before_id == 0 || held->id < before_id) && (tenant.empty() || held->tenant == tenant))
        entries.push_back(*held);
    return entries;
  });
}

} // namespace dotmac
