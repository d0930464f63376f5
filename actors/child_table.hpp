#pragma once

/// What a supervisor keeps of its children: who runs, who waits for a restart, and when to give up.
///
/// Promise   A child that ended with an error is started again when it is next asked for, after its backoff; until then
///           who asks gets actor_unavailable (retryable). After too many failures in a window the supervisor itself ends
///           with an error, and its own supervisor decides. A child that was passivated is started again at once.
/// Limits    `children_max` running children (too_many_requests beyond).
/// Threads   the supervisor's.

#include "core/identity.hpp"
#include "core/supervision/restart_ledger.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>

#include <functional>
#include <map>
#include <string>

namespace dotmac {

class child_table {
public:
  using time_point = restart_ledger::time_point;

  child_table(restart_policy policy, std::size_t children_max) : policy_{policy}, children_max_{children_max} {}

  /// The running child, or a new one made by `spawn`.
  result<caf::actor> find_or_start(const std::string& name, time_point now, const std::function<caf::actor()>& spawn);

  enum class verdict { unknown, ended, will_restart, give_up };
  /// A monitored actor went down. `failed` is false for a normal end.
  verdict went_down(const caf::actor_addr& who, bool failed, time_point now, std::uint64_t random);
  /// Empty where it is no child, or one that went down before.
  std::string name_of_child(const caf::actor_addr& who) const;

  /// Takes a child out of the table, to be stopped; null where it does not run.
  caf::actor remove(const std::string& name);
  std::map<std::string, caf::actor> remove_all();
  std::size_t running() const noexcept { return running_.size(); }

private:
  struct failing {
    restart_ledger ledger;
    time_point retry_at;
  };
  restart_policy policy_;
  std::size_t children_max_;
  std::map<std::string, caf::actor> running_;
  std::map<caf::actor_addr, std::string> names_;
  std::map<std::string, failing> failing_;
};

} // namespace dotmac
