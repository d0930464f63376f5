#pragma once

/// Those who wait for a partition to have more events than they know of.
///
/// Promise   Each is answered once: at most `pause` after more came, when its patience ends, or when the actor goes. However often events are taken in,
///           everybody is told at most once a `pause`.
/// Limits    watchers_max: too_many_requests.
/// Threads   the actor's.
/// Cost      taking events in costs a look where nobody waits.

#include "core/events/watch_questions.hpp"
#include "runtime/actor/caller_answer.hpp"

#include <chrono>
#include <map>

namespace dotmac {

class event_watchers {
public:
  static constexpr std::size_t watchers_max = 10'000;
  static constexpr std::chrono::milliseconds pause{100};

  /// Its number, for `lose_patience`; nothing, and answered, where there are too many.
  std::optional<std::uint64_t> add(caller_answer<events_awaited> answer) {
    if (waiting_.size() >= watchers_max) {
      answer.deliver(failure{error_code::too_many_requests, "watchers_max = " + std::to_string(watchers_max) + " wait for events of this tenant already", {}});
      return std::nullopt;
    }
    waiting_.emplace(next_, std::move(answer));
    return next_++;
  }
  void lose_patience(std::uint64_t number, std::uint64_t row_count) {
    if (auto found = waiting_.extract(number))
      found.mapped().deliver(events_awaited{row_count});
  }
  /// True where `tell_all` is to be called after a pause.
  bool note_more() {
    if (waiting_.empty() || is_pausing_)
      return false;
    return is_pausing_ = true;
  }
  void tell_all(std::uint64_t row_count) {
    is_pausing_ = false;
    for (const auto& [number, answer] : std::exchange(waiting_, {}))
      answer.deliver(events_awaited{row_count});
  }

private:
  std::map<std::uint64_t, caller_answer<events_awaited>> waiting_;
  std::uint64_t next_ = 0;
  bool is_pausing_ = false;
};

} // namespace dotmac
