#include "actors/child_table.hpp"

#include <caf/actor_cast.hpp>

namespace dotmac {

void child_table::find_or_start(const std::string& name, time_point now, spawn_child spawn, use_child use) {
  if (closed_)
    return use(*closed_);
  if (const auto found = running_.find(name); found != running_.end())
    return use(found->second);
  if (const auto gone = leaving_.find(name); gone != leaving_.end()) {
    if (waiting_count_ >= waiting_for_leaving_max)
      return use(failure{error_code::too_many_requests, "more than " + std::to_string(waiting_for_leaving_max) + " calls wait for actors that are leaving memory", {}});
    ++waiting_count_;
    gone->second.waits.push_back({std::move(spawn), std::move(use)});
    return;
  }
  if (const auto failed = failing_.find(name); failed != failing_.end() && now < failed->second.retry_at)
    return use(failure{error_code::actor_unavailable, name + " failed and is restarting; try again", {}});
  if (running_.size() >= children_max_)
    return use(failure{error_code::too_many_requests, "more than " + std::to_string(children_max_) + " actors are active under one supervisor", {}});
  auto child = spawn();
  running_.emplace(name, child);
  names_.emplace(child.address(), name);
  use(child);
}

child_table::went_down_as child_table::went_down(const caf::actor_addr& who, bool failed, time_point now, std::uint64_t random) {
  const auto known = names_.find(who);
  if (known == names_.end())
    return {};
  went_down_as out{verdict::ended, known->second, {}};
  names_.erase(known);
  running_.erase(out.name);
  std::vector<waiting> waits;
  std::vector<std::function<void()>> told;
  if (const auto gone = leaving_.find(out.name); gone != leaving_.end()) {
    waits = std::move(gone->second.waits);
    told = std::move(gone->second.told_when_gone);
    waiting_count_ -= waits.size();
    leaving_.erase(gone);
  }
  if (failed) {
    auto& history = failing_[out.name];
    const auto delay = history.ledger.child_failed(policy_, now, random);
    out.what = delay ? verdict::will_restart : verdict::give_up;
    out.delay = delay.value_or(policy_.longest_delay);
    history.retry_at = now + out.delay;
  }
  for (auto& each : told)
    each();
  for (auto& each : waits)
    find_or_start(out.name, now, std::move(each.spawn), std::move(each.use));
  return out;
}

caf::actor child_table::let_go(const std::string& name) {
  const auto found = running_.find(name);
  if (found == running_.end())
    return {};
  auto child = found->second;
  running_.erase(found);
  leaving_[name].child = child;
  return child;
}

void child_table::when_gone(const std::string& name, std::function<void()> call) {
  if (const auto gone = leaving_.find(name); gone != leaving_.end())
    gone->second.told_when_gone.push_back(std::move(call));
  else if (!running_.contains(name))
    call();
}

std::map<std::string, caf::actor> child_table::close(failure why) {
  closed_ = std::move(why);
  auto all = std::exchange(running_, {});
  for (auto& [name, each] : std::exchange(leaving_, {})) {
    all.emplace(name, each.child);
    for (auto& one : each.waits)
      one.use(*closed_);
  }
  waiting_count_ = 0;
  return all;
}

} // namespace dotmac
