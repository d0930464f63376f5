#include "core/admission/admission.hpp"

#include <cassert>

namespace dotmac {
namespace {

failure refused(const std::string& who, std::string_view what, std::size_t limit) {
  return {error_code::too_many_requests, who + " has too much in flight: the limit is " + std::to_string(limit) + " " + std::string{what}, {}};
}

} // namespace

result<void> admission::admit(const std::string& tenant, std::size_t bytes) {
  auto& mine = tenants_[tenant];
  const auto forget_if_idle = [&] {
    if (mine.calls == 0)
      tenants_.erase(tenant);
  };
  // A single call larger than the limit is still let in when nothing else is: its own size limit is the body's.
  if (mine.calls >= limits_.tenant_calls_max || (mine.calls > 0 && mine.bytes + bytes > limits_.tenant_bytes_max)) {
    const bool by_calls = mine.calls >= limits_.tenant_calls_max;
    return refused("the tenant " + tenant, by_calls ? "calls" : "bytes", by_calls ? limits_.tenant_calls_max : limits_.tenant_bytes_max);
  }
  const auto share_of = [&](std::size_t limit) { return limit / (tenants_.empty() ? 1 : tenants_.size()); };
  const auto with_reserve = [&](std::size_t limit) { return limit + limit * limits_.reserve_percent / 100; };
  const bool bytes_full = total_.bytes + bytes > limits_.node_bytes_max;
  const bool calls_full = total_.calls >= limits_.node_calls_max;
  const bool bytes_refused = bytes_full && total_.calls > 0
                             && (mine.bytes + bytes > share_of(limits_.node_bytes_max) || total_.bytes + bytes > with_reserve(limits_.node_bytes_max));
  const bool calls_refused = calls_full && (mine.calls >= share_of(limits_.node_calls_max) || total_.calls >= with_reserve(limits_.node_calls_max));
  if (bytes_refused || calls_refused) {
    forget_if_idle();
    return refused("the node", calls_refused ? "calls" : "bytes", calls_refused ? limits_.node_calls_max : limits_.node_bytes_max);
  }
  mine.bytes += bytes;
  ++mine.calls;
  total_.bytes += bytes;
  ++total_.calls;
  return {};
}

void admission::release(const std::string& tenant, std::size_t bytes) {
  const auto found = tenants_.find(tenant);
  assert(found != tenants_.end() && found->second.calls > 0 && found->second.bytes >= bytes);
  total_.bytes -= bytes;
  --total_.calls;
  found->second.bytes -= bytes;
  if (--found->second.calls == 0)
    tenants_.erase(found);
}

} // namespace dotmac
