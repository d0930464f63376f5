#pragma once

#include "tests/core/events/held_segments.hpp"

#include <set>

namespace dotmac::plain {

/// Journals, snapshots: what a partition's owner does.
struct partition_keeper {
  event_partition& partition;
  std::shared_ptr<held_segments> segments;
  event_snapshot_image image;
  std::vector<bytes> journal; ///< behind the image
  std::set<std::uint64_t> listed = {}; ///< segments, by the image

  void commit() {
    journal.push_back(partition.staged_payload());
    partition.commit_staged();
  }
  /// As a store does: what neither this snapshot nor the one before it lists goes.
  void write_snapshot() { write(partition.prepare_snapshot().encode()); }
  void write(event_snapshot_image encoded) {
    auto before = std::exchange(listed, {});
    image = std::move(encoded);
    segments->keep(image);
    for (const auto& each : image.live_segments)
      listed.insert(each.number);
    listed.insert(image.retired_segments.begin(), image.retired_segments.end());
    before.insert(listed.begin(), listed.end());
    std::erase_if(segments->all(), [&](const auto& each) { return !before.contains(each.first); });
    partition.snapshot_written(image);
    journal.clear();
  }
  /// One step of the removals that go on; false where there is none.
  bool go_on_removing() {
    const auto step = partition.next_removal_step();
    if (step == removal_step::none || step == removal_step::wait)
      return false;
    if (step == removal_step::find_unused_texts)
      return partition.forget_unused(*find_used_texts(partition.snapshot(), {})).has_value();
    static_cast<void>(partition.stage(partition.change_for(step, timestamp{1})));
    commit();
    if (partition.wants_snapshot())
      write_snapshot();
    return true;
  }
};

} // namespace dotmac::plain
