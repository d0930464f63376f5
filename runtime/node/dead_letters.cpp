#include "runtime/node/dead_letters.hpp"

namespace dotmac {

void read_dead_letters(store_pool& stores, std::string tenant, std::size_t limit, dead_letters_answer answer) {
  stores.submit(tenant, [tenant = std::move(tenant), limit, answer = std::move(answer)](result<store*> session) {
    if (!session)
      return answer(session.error());
    auto found = (*session)->dead_letters().list_dead_letters(tenant, limit);
    if (!found)
      return answer(found.error());
    std::vector<shown_dead_letter> shown;
    shown.reserve(found->size());
    for (auto& each : *found)
      shown.push_back({each.id, each.entity.tenant, to_string(each.entity), timestamp{each.recorded_at_ms}, std::move(each.message_type), std::move(each.reason), each.stored_bytes});
    answer(std::move(shown));
  });
}

} // namespace dotmac
