#pragma once

/// What every supervising actor does alike: watch its children, let idle ones go, stop all of them in order.

#include "actors/child_table.hpp"
#include "actors/protocol/errors.hpp"
#include "actors/protocol/interfaces.hpp"
#include "runtime/actor/entity_shell.hpp"

#include <caf/exit_reason.hpp>
#include <caf/system_messages.hpp>

namespace dotmac {

/// The end of a child without an error, or on request, is no failure.
inline bool is_failure(const caf::error& reason) {
  return reason && reason != caf::exit_reason::user_shutdown && reason != caf::exit_reason::unreachable;
}

template <class Self>
void watch_children(Self self, child_table& children, std::function<std::uint64_t()> random, std::function<void(const std::string&)> log,
                    std::function<void(const std::string& child)> note_failed) {
  self->set_down_handler([self, &children, random, log, note_failed](const caf::down_msg& down) {
    const auto child = children.name_of_child(down.source);
    const auto verdict = children.went_down(down.source, is_failure(down.reason), std::chrono::steady_clock::now(), random());
    if (verdict == child_table::verdict::will_restart || verdict == child_table::verdict::give_up)
      note_failed(child);
    if (verdict == child_table::verdict::will_restart)
      log("a child failed and will be restarted: " + to_failure(down.reason).message);
    if (verdict == child_table::verdict::give_up) {
      log("a child failed too often: giving up");
      self->quit(to_caf_error({error_code::actor_unavailable, "a child failed too often", {}}));
    }
  });
}

/// Asks every child to stop, at most `within` each, then calls back. Children that do not answer are ended.
template <class Self>
void stop_children(Self self, std::map<std::string, caf::actor> children, std::chrono::milliseconds within,
                   std::function<void()> on_stopped) {
  auto left = std::make_shared<std::size_t>(children.size());
  if (*left == 0)
    return on_stopped();
  for (auto& [name, child] : children) {
    const auto one_less = [left, on_stopped] {
      if (--*left == 0)
        on_stopped();
    };
    self->request(child, within, stop_actor{})
        .then([one_less](const done&) { one_less(); },
              [self, child = child, one_less](const caf::error&) {
                self->send_exit(child, caf::exit_reason::kill);
                one_less();
              });
  }
}

} // namespace dotmac
