#pragma once

/// The journaled state of one partition of a tenant's events: decides which events are new, holds them as columns, and says
/// what to write down.
///
/// Life     stage blocks -> staged_payload to the journal -> commit_staged once durable, or discard_staged. Between
///          staged_payload and its end nothing may be staged. Recovery: restore, then apply for each later payload.
/// Promise  An event id is taken once within the dedupe window (by time of receipt), exactly: hashes only find candidates, the
///          stored rows decide. Staged events are in no view before their commit.
///          Events without an id have one derived from row number and key; sent back, it is recognized.
/// Limits   event_rows_max rows: refused with the limit's name, and nothing is staged then. property_keys_max property names: the events
///          that would pass it are refused, each by its outcome.
///          Rows that a snapshot has stored in full segments are given up in memory and read through `source`, if there is one.
/// Errors   corrupt_data, unknown_schema_version for bytes; validation_failed at a limit; those of the source.
/// Threads  one owner; event_view and snapshot_plan may be used by other threads.
/// Cost     a stage is linear in its block; an id of the dedupe window as event_id_index.hpp says.

#include "core/events/event_columns.hpp"
#include "core/events/event_id_index.hpp"
#include "core/events/event_messages.hpp"
#include "core/events/event_segment.hpp"
#include "core/events/profiles/profile_book.hpp"
#include "core/events/removal/removal_progress.hpp"
#include "core/events/removal/text_usage.hpp"

#include <functional>

namespace dotmac {

inline constexpr std::uint64_t event_rows_max = 4'000'000'000;
inline constexpr std::int64_t dedupe_window_milliseconds_default = 30ll * 86'400'000;
/// With removals. 3: with profiles, 2: without, each written where there is no more; 1: segments were blocks as clients' events come in. All are read.
inline constexpr std::uint32_t event_snapshot_version = 4;
inline constexpr std::uint32_t event_snapshot_version_with_profiles = 3;
inline constexpr std::uint32_t event_snapshot_version_without_profiles = 2;

struct staged_block {
  std::uint64_t first_row = 0; ///< number of the first new row
  std::vector<event_outcome> outcomes;
  std::vector<std::uint64_t> rows; ///< per row of the block: its number, or that of the event that was there before; 0 where refused
  std::vector<std::string> known_ids; ///< of the events that were there before, in the order of the block
};

struct event_snapshot_image {
  std::uint32_t version = event_snapshot_version;
  bytes payload;
  std::vector<event_segment> new_segments;
  std::vector<event_segment> live_segments; ///< all, without payloads, by first row
  std::vector<std::uint64_t> retired_segments; ///< written anew already, and still read by somebody: not to be dropped yet
  snapshot_removals removals;
};

/// What is to be written down; independent of the partition from then on.
struct event_snapshot_plan {
  event_view view;
  std::vector<event_segment> kept;
  std::uint64_t next_segment = 1;
  segment_rewriting rewriting;
  removal_state removals;
  std::vector<std::uint64_t> retired_segments;
  /// Heavy: linear in the rows that are in no kept segment. Kept ones are full: what follows them is written anew. Some of those that have removed events are, too.
  event_snapshot_image encode() const;
};

/// What is to be done where the stored ids of the dedupe window are damaged.
enum class damaged_ids : std::uint8_t {
  fail,
  refuse_events, ///< questions are answered, and events without an id taken; those with one are refused: nobody can tell whether they were here before
};

class event_partition {
public:
  explicit event_partition(std::uint64_t key, std::int64_t dedupe_window_milliseconds = dedupe_window_milliseconds_default,
                           std::shared_ptr<segment_source> source = nullptr);

  result<staged_block> stage(bytes block);
  /// At most one between two commits, and no events behind it. Errors: validation_failed at a limit of profile_limits.
  result<void> stage(change_profiles changes) { return profiles_.stage(columns_, std::move(changes)); }
  /// Likewise. Errors: those of removal_book.
  result<void> stage(removal_change change) { return removals_.stage(std::move(change)); }
  bool takes_more_staged() const noexcept { return !profiles_.has_staged() && !removals_.has_staged(); }
  std::uint64_t profiles_changed() const noexcept { return profiles_changed_; } ///< by the last change_profiles that was committed
  bool has_staged() const noexcept { return !staged_.empty() || profiles_.has_staged() || removals_.has_staged(); }
  /// Empty when nothing new is staged: then there is nothing to journal, and commit_staged may follow at once.
  bytes staged_payload() const;
  void commit_staged();
  void discard_staged();
  result<void> apply(bytes_view payload);

  event_view snapshot() const;
  std::uint64_t row_count() const noexcept { return columns_.committed_rows(); }
  std::size_t memory_bytes() const { return columns_.memory_bytes() + ids_.memory_bytes() + profiles_.memory_bytes(); }
  result<std::string> event_id_text(std::uint64_t row) const;

  /// The segments of the newest snapshot, without payloads and parts, by first row; each knows its directory unless an earlier version wrote it.
  const std::vector<event_segment>& stored_segments() const noexcept { return former_segments_.empty() ? segments_ : former_segments_; }

  /// What a removal needs next; see removal_progress. `step`, `finish` and `done` are to be staged, `find_unused_texts` ends with forget_unused.
  removal_step next_removal_step() { return removal_progress_.next(removals_.state(), !retired_in_use().empty()); }
  removal_change change_for(removal_step step, timestamp now) const { return removal_progress_.change_for(step, now); }
  /// `usage` of a snapshot of this partition. Errors: those of a stored column.
  result<void> forget_unused(text_usage usage);
  /// Whether some event is older than it is to be kept, and this day's were not let go yet.
  bool has_expired_events(timestamp now) const;
  std::uint64_t last_removal() const noexcept { return removals_.state().last_number; }
  removals_told tell_removals() const;
  /// A step of a removal is in the journal, and waits for the next snapshot.
  bool wants_snapshot() const noexcept { return wants_snapshot_; }

  event_snapshot_plan prepare_snapshot();
  void snapshot_written(const event_snapshot_image& image);
  static result<event_partition> restore(std::uint32_t version, bytes_view payload,
                                         const std::function<result<bytes>(std::uint64_t segment_number)>& read_segment, std::shared_ptr<segment_source> source,
                                         std::int64_t dedupe_window_milliseconds = dedupe_window_milliseconds_default, damaged_ids with_damaged_ids = damaged_ids::fail);

private:
  void carry_out(const removal_change& change);
  result<void> read_removals(binary::reader& in);
  void drop_overtaken();
  void retire_rewritten(const event_snapshot_image& image);
  std::vector<std::uint64_t> retired_in_use();
  struct incoming;
  result<std::optional<std::uint64_t>> find_row(const incoming& event) const;
  result<bool> has_this_id(std::uint64_t row, const incoming& event) const;
  void remember(std::uint64_t hash, std::uint64_t row);
  std::uint64_t first_row_in_window() const;
  result<void> decide(const event_block_view& block, std::uint32_t row, std::uint32_t uuid, std::vector<std::uint32_t>& chosen, staged_block& out);
  result<void> decide_known(std::uint64_t before, const event_block_view& block, std::uint32_t row, const std::vector<std::uint32_t>& chosen, staged_block& out) const;
  result<void> append_known(const event_block_view& block, const std::vector<std::uint32_t>& rows);
  result<void> append_stored(bytes_view payload, event_segment& as);
  result<void> append_parts(const std::shared_ptr<const stored_columns>& segment);
  result<void> append_block(bytes_view payload, std::uint64_t row_count);
  result<void> remember_ids(std::uint64_t first_row);

  event_columns columns_;
  profile_book profiles_;
  std::uint64_t profiles_changed_ = 0;
  removal_book removals_;
  removal_progress removal_progress_;
  bool wants_snapshot_ = false;
  std::shared_ptr<segment_source> source_;
  std::int64_t window_;
  std::int64_t newest_received_;
  event_id_index ids_;
  std::optional<failure> why_no_ids_; ///< no event with an id is taken
  struct staged_part {
    bytes block;
    std::vector<std::uint32_t> rows;
  };
  std::vector<staged_part> staged_;
  std::vector<event_segment> segments_;
  std::vector<event_segment> former_segments_; ///< of an earlier version, until the next snapshot writes all of it anew
  std::uint64_t next_segment_ = 1;
  std::vector<std::weak_ptr<const stored_columns>> retired_; ///< segments that were written anew; views may read them still

  // While a block is decided: its rows that are new already, and which uuid each has.
  const event_block_view* deciding_ = nullptr;
  const std::vector<std::uint32_t>* deciding_rows_ = nullptr;
  std::vector<std::uint32_t> deciding_uuids_;
};

} // namespace dotmac
