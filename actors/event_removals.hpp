#pragma once

/// What an event actor does about removals, step by step (core/events/removal/removal_progress.hpp says which).
///
/// Promise   One step at a time; the next one when its snapshot is written, or, whatever became of it, after `look_again`. In the audit log is that a
///           removal was asked for before its first step is journaled, and that it is done before it counts as done.
/// Errors    those of the store and the journal: logged, and tried again after `look_again`.
/// Threads   the actor's; texts are looked for on a thread of the background pool.

#include <chrono>
#include <cstdint>

namespace dotmac {

struct removal_work {
  static constexpr std::chrono::seconds look_again{30};
  static constexpr std::chrono::milliseconds look_at_readers{500}; ///< whether questions still read what was written anew
  bool is_busy = false;              ///< something of it is under way
  bool waits_for_snapshot = false;
  std::uint64_t audited_through = 0; ///< number of the last removal of which the audit log has that it was asked for
};

} // namespace dotmac
