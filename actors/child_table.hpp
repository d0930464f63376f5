#pragma once

/// What a supervisor keeps of its children: who runs, who is leaving, who waits for a restart, and when to give up.
///
/// Promise   There is never more than one child of a name: whoever asks for one that is leaving waits until it is down. A child that
///           ended with an error is started again when it is next asked for, after its backoff; until then who asks gets
///           actor_unavailable (retryable). After too many failures in a window the verdict is give_up. A child that was let go is started
///           again at once.
/// Limits    `children_max` running children, waiting_for_leaving_max callers that wait (too_many_requests beyond).
/// Threads   the supervisor's.

#include "core/identity.hpp"
#include "core/supervision/restart_ledger.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t waiting_for_leaving_max = 10'000;

class child_table {
public:
  using time_point = restart_ledger::time_point;
  using spawn_child = std::function<caf::actor()>;
  using use_child = std::function<void(result<caf::actor>)>;

  child_table(restart_policy policy, std::size_t children_max) : policy_{policy}, children_max_{children_max} {}

  /// Calls `use` once: with the running child, or a new one made by `spawn`; at once, or when the leaving one is down.
  void find_or_start(const std::string& name, time_point now, spawn_child spawn, use_child use);

  enum class verdict { unknown, ended, will_restart, give_up };
  struct went_down_as {
    verdict what = verdict::unknown;
    std::string name;
    std::chrono::milliseconds delay{0}; ///< before it may start again
  };
  /// A monitored actor went down. `failed` is false for a normal end.
  went_down_as went_down(const caf::actor_addr& who, bool failed, time_point now, std::uint64_t random);

  /// Takes a running child out, to be stopped: it is leaving from now on. Null where it does not run.
  caf::actor let_go(const std::string& name);
  /// Calls back when no child of this name runs or leaves: at once where there is none.
  void when_gone(const std::string& name, std::function<void()> call);
  /// No child starts any more: who asks is answered with `why`. Returns those that run or leave, to be stopped.
  std::map<std::string, caf::actor> close(failure why);
  bool is_running(const std::string& name) const { return running_.contains(name); }
  std::size_t count() const noexcept { return running_.size() + leaving_.size(); }

private:
  struct failing {
    restart_ledger ledger;
    time_point retry_at;
  };
  struct waiting {
    spawn_child spawn;
    use_child use;
  };
  struct leaving {
    caf::actor child;
    std::vector<waiting> waits;
    std::vector<std::function<void()>> told_when_gone;
  };
  restart_policy policy_;
  std::size_t children_max_;
  std::map<std::string, caf::actor> running_;
  std::map<std::string, leaving> leaving_;
  std::map<caf::actor_addr, std::string> names_;
  std::map<std::string, failing> failing_;
  std::size_t waiting_count_ = 0;
  std::optional<failure> closed_;
};

} // namespace dotmac
