#include "core/admission/admission.hpp"

#include <algorithm>
#include <cassert>

namespace dotmac {
namespace {

failure refused(const std::string& who, std::string_view what, std::size_t limit) {
  return {error_code::too_many_requests, who + " has too much in flight: the limit is " + std::to_string(limit) + " " + std::string{what}, {}};
}

} // namespace

/// A single call larger than the limit is still let in when nothing else is: its own size limit is the body's.
std::optional<failure> admission::why_not_bytes(const std::string& tenant, const held& mine, std::size_t more, std::size_t other_calls_of_tenant,
                                                std::size_t other_calls) const {
  if (other_calls_of_tenant > 0 && mine.bytes + more > limits_.tenant_bytes_max)
    return refused("the tenant " + tenant, "bytes", limits_.tenant_bytes_max);
  if (other_calls == 0 || total_.bytes + more <= limits_.node_bytes_max)
    return std::nullopt;
  const auto share = limits_.node_bytes_max / std::max<std::size_t>(1, tenants_.size());
  const auto with_reserve = limits_.node_bytes_max + limits_.node_bytes_max * limits_.reserve_percent / 100;
  if (mine.bytes + more > share || total_.bytes + more > with_reserve)
    return refused("the node", "bytes", limits_.node_bytes_max);
  return std::nullopt;
}

result<void> admission::admit(const std::string& tenant, std::size_t bytes) {
  auto& mine = tenants_[tenant];
  if (mine.calls >= limits_.tenant_calls_max)
    return refused("the tenant " + tenant, "calls", limits_.tenant_calls_max);
  const auto calls_share = limits_.node_calls_max / tenants_.size();
  const auto calls_with_reserve = limits_.node_calls_max + limits_.node_calls_max * limits_.reserve_percent / 100;
  auto why_not = why_not_bytes(tenant, mine, bytes, mine.calls, total_.calls);
  if (!why_not && total_.calls >= limits_.node_calls_max && (mine.calls >= calls_share || total_.calls >= calls_with_reserve))
    why_not = refused("the node", "calls", limits_.node_calls_max);
  if (why_not) {
    if (mine.calls == 0)
      tenants_.erase(tenant);
    return *why_not;
  }
  mine.bytes += bytes;
  ++mine.calls;
  total_.bytes += bytes;
  ++total_.calls;
  return {};
}

result<void> admission::grow(const std::string& tenant, std::size_t more) {
  const auto found = tenants_.find(tenant);
  assert(found != tenants_.end() && found->second.calls > 0);
  if (auto why_not = why_not_bytes(tenant, found->second, more, found->second.calls - 1, total_.calls - 1))
    return *why_not;
  found->second.bytes += more;
  total_.bytes += more;
  return {};
}

void admission::shrink(const std::string& tenant, std::size_t fewer) {
  const auto found = tenants_.find(tenant);
  assert(found != tenants_.end() && found->second.bytes >= fewer);
  found->second.bytes -= fewer;
  total_.bytes -= fewer;
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
