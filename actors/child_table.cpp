#include "actors/child_table.hpp"

#include <caf/actor_cast.hpp>

namespace dotmac {

result<caf::actor> child_table::find_or_start(const std::string& name, time_point now,
                                              const std::function<caf::actor()>& spawn) {
  if (const auto found = running_.find(name); found != running_.end())
    return found->second;
  if (const auto failed = failing_.find(name); failed != failing_.end() && now < failed->second.retry_at)
    return failure{error_code::actor_unavailable, name + " failed and is restarting; try again", {}};
  if (running_.size() >= children_max_)
    return failure{error_code::too_many_requests,
                   "more than " + std::to_string(children_max_) + " actors are active under one supervisor", {}};
  auto child = spawn();
  running_.emplace(name, child);
  names_.emplace(child.address(), name);
  return child;
}

child_table::verdict child_table::went_down(const caf::actor_addr& who, bool failed, time_point now, std::uint64_t random) {
  const auto known = names_.find(who);
  if (known == names_.end())
    return verdict::unknown;
  const auto name = known->second;
  names_.erase(known);
  if (const auto running = running_.find(name); running != running_.end() && running->second.address() == who)
    running_.erase(running);
  if (!failed)
    return verdict::ended;
  auto& history = failing_[name];
  const auto delay = history.ledger.child_failed(policy_, now, random);
  if (!delay)
    return verdict::give_up;
  history.retry_at = now + *delay;
  return verdict::will_restart;
}

std::string child_table::name_of_child(const caf::actor_addr& who) const {
  const auto known = names_.find(who);
  return known == names_.end() ? std::string{} : known->second;
}

caf::actor child_table::remove(const std::string& name) {
  const auto found = running_.find(name);
  if (found == running_.end())
    return {};
  auto child = found->second;
  running_.erase(found);
  return child;
}

std::map<std::string, caf::actor> child_table::remove_all() { return std::exchange(running_, {}); }

} // namespace dotmac
