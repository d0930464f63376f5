#pragma once

/// How far the removals of a partition are in what is stored, and what is to be done next.
///
/// Order    step: a snapshot, in which some segments are written anew, until nothing stored has the rows; find_unused_texts; step, until nothing stored
///          has those texts; finish: a snapshot on top of one that is clean; done.
/// Batch    removals that are asked for while others go on wait for these, so that those end.
/// Threads  one owner.

#include "core/events/removal/removal_book.hpp"
#include "core/events/removal/rewrite_segments.hpp"

namespace dotmac {

/// `wait`: for questions that still read segments which were written anew.
enum class removal_step : std::uint8_t { none, step, find_unused_texts, wait, finish, done };

/// What a snapshot says of them, for the time when it is written.
struct snapshot_removals {
  std::uint64_t last_removal = 0;   ///< when it was taken
  std::uint64_t forgotten_times = 0;
  std::uint64_t finishing = 0;      ///< the last one that was
  std::vector<std::pair<std::uint64_t, std::uint64_t>> removed;
  std::optional<failure> why_not;
  bool keeps_retired = false;       ///< it lists segments that were written anew already, for the sake of questions that read them
};

class removal_progress {
public:
  /// `has_readers`: of segments that were written anew.
  removal_step next(const removal_state& state, bool has_readers);
  /// Of step, finish and done.
  removal_change change_for(removal_step step, timestamp now) const;
  void note_forgotten(forgotten_codes codes, std::uint64_t last_removal);
  void note_snapshot(const snapshot_removals& said, std::span<const event_segment> live);
  /// What a snapshot that is taken now is to rewrite, and says.
  segment_rewriting rewriting(const removal_state& state, std::shared_ptr<segment_source> source) const;
  const std::optional<failure>& problem() const noexcept { return problem_; }
  void note_problem(failure why) { problem_ = std::move(why); }

private:
  std::uint64_t batch_end_ = 0;           ///< number of the last removal of the batch; 0: none goes on
  std::uint64_t stored_clean_through_ = 0; ///< of the newest snapshot
  std::uint64_t stored_blank_through_ = 0;
  std::uint64_t stored_finishing_ = 0;
  bool stored_keeps_retired_ = false;
  std::uint64_t usage_known_through_ = 0;
  std::vector<forgotten_codes> forgotten_; ///< by time, from 1
  std::optional<failure> problem_;
};

} // namespace dotmac
