#pragma once

/// Brings an entity's state back: the newest snapshot that can be read with all its segments, then the journal behind it.
///
/// A `Domain` is a pure state in core/ with
///   result<void> restore(std::uint32_t version, bytes_view payload, const segment_reader& read)
///   result<void> apply(bytes_view journal_payload)
/// and, where it can answer questions although it cannot take every command for damage in its segments,
///   void answer_at_least()   called before restore when nothing whole can be recovered
/// Damage    A snapshot that cannot be read, or whose segment is damaged or missing, is passed over: for the older one and its journal, or,
///           where the journal was never cut, for the whole journal. What was passed over is told in `damaged_snapshots`.
/// Errors    corrupt_data when that does not lead up to the last entry known of, or a journal entry cannot be applied, or the sequence has
///           a hole: the actor then stays down and says so; nothing is served that might be wrong. unknown_schema_version when a newer
///           program wrote the newest snapshot.
/// Threads   blocking: runs on a worker of the store, never on an actor's thread.

#include "persistence/ports/store.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace dotmac {

template <class Domain> struct recovered {
  std::unique_ptr<Domain> domain;
  journal_sequence last{};
  journal_sequence snapshot{}; ///< the one restored from; zero: none
  std::uint64_t entries_replayed = 0;
  std::uint64_t bytes_replayed = 0;
  std::vector<failure> damaged_snapshots; ///< passed over; worth a loud log line
};

/// What another program, or another attempt, could still read is not damage.
inline bool is_damage(error_code code) noexcept {
  return !describe(code).retryable && code != error_code::unknown_schema_version;
}

/// The state of the newest snapshot that can be used; without a domain where there is none.
template <class Domain>
result<recovered<Domain>> restore_newest(store& from, const entity_id& entity, const std::function<std::unique_ptr<Domain>()>& make_empty) {
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
      return state;
    }
    if (!is_damage(restored.error().code))
      return restored.error();
    state.damaged_snapshots.push_back({error_code::corrupt_data, "snapshot " + std::to_string(to_number(snapshot.sequence)) + " of " + to_string(entity)
                                                                     + ": " + restored.error().message, {}});
  }
  return state;
}

template <class Domain>
result<void> replay_journal(store& from, const entity_id& entity, recovered<Domain>& state) {
  return from.entries().read_entries(entity, state.last, [&](journal_sequence at, bytes_view payload) -> result<void> {
    if (at != next(state.last))
      return failure{error_code::corrupt_data, "the journal of " + to_string(entity) + " has a hole before entry "
                                                   + std::to_string(to_number(at)), {}};
    if (auto applied = state.domain->apply(payload); !applied)
      return applied;
    state.last = at;
    ++state.entries_replayed;
    state.bytes_replayed += payload.size();
    return {};
  });
}

template <class Domain>
result<recovered<Domain>> recover_whole(store& from, const entity_id& entity,
                                        const std::function<std::unique_ptr<Domain>()>& make_empty) {
  auto state = restore_newest<Domain>(from, entity, make_empty);
  if (!state)
    return state.error();
  if (!state->domain)
    state->domain = make_empty();
  const auto read = replay_journal(from, entity, *state);
  if (state->damaged_snapshots.empty())
    return read ? std::move(state) : read.error();
  if (!read && !is_damage(read.error().code))
    return read.error();
  // A snapshot was passed over: the journal has to lead at least as far as it did.
  const auto known = from.entries().last_sequence(entity);
  if (!known)
    return known.error();
  if (!read || state->last != *known)
    return failure{error_code::corrupt_data, "the state of " + to_string(entity) + " cannot be read: " + state->damaged_snapshots.front().message
                                                 + "; nothing older leads up to entry " + std::to_string(to_number(*known)), {}};
  return state;
}

template <class Domain>
result<recovered<Domain>> recover(store& from, const entity_id& entity,
                                  const std::function<std::unique_ptr<Domain>()>& make_empty) {
  auto state = recover_whole<Domain>(from, entity, make_empty);
  if constexpr (requires(Domain& domain) { domain.answer_at_least(); })
    if (!state && state.error().code == error_code::corrupt_data) {
      auto in_part = recover_whole<Domain>(from, entity, [&] {
        auto empty = make_empty();
        empty->answer_at_least();
        return empty;
      });
      if (in_part)
        return in_part;
    }
  return state;
}

} // namespace dotmac
