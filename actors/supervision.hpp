#pragma once

/// What every supervising actor does alike: watch its children and its own supervisor, let idle children go, stop all of them in order.
///
/// Promise   A supervisor ends after its children: where it gives up, or its own supervisor is gone, it stops them first. A child whose
///           supervisor died without doing so ends too. So nobody is left behind unsupervised.

#include "actors/child_table.hpp"
#include "actors/protocol/errors.hpp"
#include "actors/protocol/interfaces.hpp"
#include "runtime/actor/entity_shell.hpp"

#include <caf/exit_reason.hpp>
#include <caf/system_messages.hpp>

namespace dotmac {

/// A tenant or a shard that fails again and again is held back, for up to ten seconds each time; it never takes its neighbours down.
inline constexpr restart_policy never_give_up{.restarts_max = SIZE_MAX};

/// The end of a child without an error, or on request, is no failure.
inline bool is_failure(const caf::error& reason) {
  return reason && reason != caf::exit_reason::user_shutdown && reason != caf::exit_reason::unreachable;
}

/// Asks every child to stop, at most `within` each, then calls back. Children that do not answer are ended.
template <class Self>
void stop_children(Self self, std::map<std::string, caf::actor> children, std::chrono::milliseconds within, stop_actor how,
                   std::function<void()> on_stopped) {
  auto left = std::make_shared<std::size_t>(children.size());
  if (*left == 0)
    return on_stopped();
  for (auto& [name, child] : children) {
    const auto one_less = [left, on_stopped] {
      if (--*left == 0)
        on_stopped();
    };
    self->request(child, within, how)
        .then([one_less](const done&) { one_less(); },
              [self, child = child, one_less](const caf::error&) {
                self->send_exit(child, caf::exit_reason::kill);
                one_less();
              });
  }
}

/// Ends an actor that has children: they first, then itself with `why` (none: a normal end).
template <class Self> void end_after_children(Self self, std::chrono::milliseconds within, failure told, caf::error why) {
  stop_children(self, self->state.children.close(std::move(told)), within, stop_actor{}, [self, why] { self->quit(why); });
}

struct supervision_hooks {
  std::function<std::uint64_t()> random;
  std::function<void(const std::string&)> log;              ///< a line of this supervisor
  std::function<void(const std::string&, const failure&)> on_child_failure; ///< by name
  std::chrono::milliseconds stop_within{50'000};
};

/// `supervisor` may be null: the uppermost has none.
template <class Self> void supervise(Self self, const caf::actor& supervisor, supervision_hooks hooks) {
  const auto above = supervisor ? supervisor.address() : caf::actor_addr{};
  if (supervisor)
    self->monitor(supervisor);
  self->set_down_handler([self, above, hooks](const caf::down_msg& down) {
    if (above && down.source == above)
      return end_after_children(self, hooks.stop_within, {error_code::actor_unavailable, "its supervisor ended; try again", {}}, {});
    const auto fallen = self->state.children.went_down(down.source, is_failure(down.reason), std::chrono::steady_clock::now(), hooks.random());
    if (fallen.what == child_table::verdict::ended || fallen.what == child_table::verdict::unknown)
      return;
    const auto cause = to_failure(down.reason);
    hooks.on_child_failure(fallen.name, cause);
    const auto& reason = cause.message;
    if (fallen.what == child_table::verdict::will_restart)
      return hooks.log(fallen.name + " failed and may start again in " + std::to_string(fallen.delay.count()) + " ms: " + reason);
    hooks.log(fallen.name + " failed too often: giving up: " + reason);
    const failure why{error_code::actor_unavailable, "a part of it failed too often and it restarts as a whole; try again", {}};
    end_after_children(self, hooks.stop_within, why, to_caf_error(why));
  });
}

/// Of an actor without children.
template <class Self> void end_with_supervisor(Self self, const caf::actor& supervisor) {
  self->monitor(supervisor);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(caf::exit_reason::user_shutdown); });
}

/// Asks the child to stop, where it runs, and ends it where it does not.
template <class Self> void end_child(Self self, const std::string& name, std::chrono::milliseconds within, stop_actor how, const std::function<void(const std::string&)>& log) {
  const auto child = self->state.children.let_go(name);
  if (!child)
    return;
  self->request(child, within, how).then([](const done&) {}, [self, child, name, log](const caf::error&) {
    log(name + " did not leave in time and was ended");
    self->send_exit(child, caf::exit_reason::kill);
  });
}

/// A child asked to be let go: it is idle, or an administrator wants it.
template <class Self> void let_go(Self self, const std::string& name, std::chrono::milliseconds within, const std::function<void(const std::string&)>& log) {
  if (!self->state.children.is_running(name))
    return;
  log(name + " leaves memory");
  end_child(self, name, within, stop_actor{}, log);
}

} // namespace dotmac
