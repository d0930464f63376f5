#pragma once

/// The path of one session, and many of them in little room.
///
/// Threads  one owner each.
/// Cost     linear in the steps of a session. 10 bytes a step that is kept, 2 a path.

#include "core/events/funnel/funnel_walk.hpp"
#include "core/events/paths/path_questions.hpp"

#include <algorithm>

namespace dotmac {

/// What `steps` of a funnel_event holds here.
inline std::uint32_t label_of(const funnel_event& event) { return event.steps >> 1; }
inline bool is_anchor(const funnel_event& event) { return (event.steps & 1) != 0; }

struct path_walker {
  struct place {
    std::uint32_t label;
    std::int64_t at;
  };
  const follow_paths& question;
  std::vector<place> path; ///< by position: of `to` the last step first

  /// False where the session has no path. `events`: its steps by time, then row.
  bool walk(std::span<const funnel_event> events) {
    path.clear();
    if (question.from || question.to) {
      const auto anchor = std::find_if(events.begin(), events.end(), is_anchor);
      if (anchor == events.end())
        return false;
      const auto before = static_cast<std::size_t>(anchor - events.begin());
      events = question.from ? events.subspan(before) : events.first(before + 1);
    }
    const auto steps = static_cast<std::size_t>(question.steps);
    for (const auto& each : events) {
      if (question.merges_repeats && !path.empty() && path.back().label == label_of(each))
        continue;
      if (!question.to && path.size() == steps)
        break;
      if (path.size() == 2 * steps) // with `to` only the last ones count: a session may have millions
        path.erase(path.begin(), path.begin() + question.steps);
      path.push_back({label_of(each), each.at});
    }
    if (question.to) {
      std::reverse(path.begin(), path.end());
      path.resize(std::min(path.size(), steps));
    }
    return true;
  }
};

/// Paths of the users of a part, each user's together.
class kept_paths {
public:
  void add(std::span<const path_walker::place> path, bool is_first_of_user) {
    words_.push_back(static_cast<std::uint16_t>(path.size() | (is_first_of_user ? new_user : 0)));
    for (std::size_t i = 0; i < path.size(); ++i) {
      words_.push_back(static_cast<std::uint16_t>(path[i].label));
      if (i > 0)
        pauses_.push_back(std::max(path[i].at, path[i - 1].at) - std::min(path[i].at, path[i - 1].at));
    }
  }
  /// Calls `take(labels, milliseconds between each and the next, is_first_of_user)`.
  template <class Take> void visit(Take&& take) const {
    std::size_t pause = 0;
    for (std::size_t i = 0; i < words_.size();) {
      const std::size_t length = words_[i] & (new_user - 1u);
      take(std::span{words_}.subspan(i + 1, length), std::span{pauses_}.subspan(pause, length - 1), (words_[i] & new_user) != 0);
      i += length + 1;
      pause += length - 1;
    }
  }
  std::size_t bytes() const noexcept { return words_.capacity() * sizeof(std::uint16_t) + pauses_.capacity() * sizeof(std::int64_t); }

private:
  static constexpr std::uint16_t new_user = 1u << 15;
  static_assert(path_labels_max <= 1u << 16 && path_steps_max < 1u << 15);
  std::vector<std::uint16_t> words_; ///< of each path its length, then its labels
  std::vector<std::int64_t> pauses_;
};

} // namespace dotmac
