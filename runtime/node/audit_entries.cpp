#include "runtime/node/audit_entries.hpp"

namespace dotmac {

void read_audit_entries(store_pool& stores, std::string tenant, std::uint64_t before_id, std::size_t limit, audit_entries_answer answer) {
  stores.submit(tenant, [tenant, before_id, limit, answer = std::move(answer)](result<store*> session) {
    if (!session)
      return answer(session.error());
    auto found = (*session)->audit().read_audit_entries(tenant, before_id, limit);
    if (!found)
      return answer(found.error());
    std::vector<shown_audit_entry> shown;
    shown.reserve(found->size());
    for (auto& each : *found)
      shown.push_back({each.id, timestamp{each.recorded_at_ms}, std::move(each.tenant), std::move(each.act), std::move(each.subject), std::move(each.details)});
    answer(std::move(shown));
  });
}

} // namespace dotmac
