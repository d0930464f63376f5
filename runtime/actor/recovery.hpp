#pragma once

/// Brings an entity's state back: the newest valid snapshot, then the journal behind it.
///
/// A `Domain` is a pure state in core/ with
///   result<void> restore(std::uint32_t version, bytes_view payload, const segment_reader& read)
///   result<void> apply(bytes_view journal_payload)
/// Errors    corrupt_data when no kept snapshot can be used, or a journal entry cannot be applied, or the sequence has a hole:
///           the actor then stays down and says so; nothing is served that might be wrong.
/// Threads   blocking: runs on a worker of the store, never on an actor's thread.

#include "persistence/ports/store.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace dotmac {

template <class Domain> struct recovered {
  std::unique_ptr<Domain> domain;
  journal_sequence last{};
  journal_sequence snapshot{};
  std::uint64_t entries_replayed = 0;
  std::vector<failure> damaged_snapshots; ///< passed over; worth a loud log line
};

template <class Domain>
result<recovered<Domain>> recover(store& from, const entity_id& entity,
                                  const std::function<std::unique_ptr<Domain>()>& make_empty) {
  auto kept = from.snapshots().read_snapshots(entity);
  if (!kept)
    return kept.error();
  recovered<Domain> state;
  state.damaged_snapshots = kept->damaged;
  const auto read_segment = [&](segment_number number) -> result<bytes> {
    auto segment = from.snapshots().read_segment(entity, number);
    if (!segment)
      return segment.error();
    return std::move(segment->payload);
  };
  for (auto& snapshot : kept->snapshots) {
    auto domain = make_empty();
    const auto restored = domain->restore(snapshot.version, snapshot.payload, read_segment);
    if (restored) {
      state.domain = std::move(domain);
      state.snapshot = state.last = snapshot.sequence;
      break;
    }
    if (restored.error().code != error_code::corrupt_data)
      return restored.error();
    state.damaged_snapshots.push_back(restored.error());
  }
  if (!state.domain) {
    if (!state.damaged_snapshots.empty())
      return failure{error_code::corrupt_data, "no snapshot of " + to_string(entity) + " can be read: "
                                                   + state.damaged_snapshots.front().message, {}};
    state.domain = make_empty();
  }
  auto read = from.entries().read_entries(entity, state.last, [&](journal_sequence at, bytes_view payload) -> result<void> {
    if (at != next(state.last))
      return failure{error_code::corrupt_data, "the journal of " + to_string(entity) + " has a hole before entry "
                                                   + std::to_string(to_number(at)), {}};
    if (auto applied = state.domain->apply(payload); !applied)
      return applied;
    state.last = at;
    ++state.entries_replayed;
    return {};
  });
  if (!read)
    return read.error();
  return state;
}

} // namespace dotmac
