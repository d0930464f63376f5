#pragma once

/// The failures that every vendor reports in the same words, and the names of stored things in messages.

#include "persistence/ports/store.hpp"

#include <string>

namespace dotmac {

inline constexpr std::size_t snapshots_kept = 2;

inline std::string name_of_row(const std::string& entity, journal_sequence sequence) {
  return "journal row " + std::to_string(to_number(sequence)) + " of " + entity;
}
inline std::string name_of_snapshot(const std::string& entity, journal_sequence sequence) {
  return "snapshot " + std::to_string(to_number(sequence)) + " of " + entity;
}
inline std::string name_of_segment(const std::string& entity, segment_number number) {
  return "segment " + std::to_string(number) + " of " + entity;
}
inline std::string name_of_part(const std::string& entity, segment_number number, std::uint32_t part) {
  return "part " + std::to_string(part) + " of " + name_of_segment(entity, number);
}

/// A failure of the vendor's: clients get a sentence of ours, operators what the vendor said (it may name hosts, ports and files).
inline failure store_failure(error_code code, std::string cause) {
  if (code == error_code::storage_unavailable)
    return {code, "the store cannot be reached, or takes nothing at present", {}, std::move(cause)};
  if (code == error_code::payload_too_large)
    return {code, "a value is too large for the store", {}, std::move(cause)};
  return {code, std::string{describe(code).meaning}, {}, std::move(cause)};
}

inline failure lost_ownership() {
  return {error_code::ownership_lost, "a shard of this write is owned with another epoch, or by nobody",
          "claims"};
}
inline failure store_in_use(const std::string& owner) {
  return {error_code::ownership_lost, owner + " uses this store: stop it, or wait until its leases have run out", {}};
}
inline failure node_id_in_use(const std::string& id) {
  return {error_code::ownership_lost, "another process is the node " + id + ": each needs an id of its own, or it ends first", "id"};
}
inline failure too_many_nodes() {
  return {error_code::too_many_requests, "a cluster has at most " + std::to_string(nodes_max) + " nodes", "id"};
}
inline failure conflicting_sequence() {
  return {error_code::sequence_conflict, "the journal already holds a row with this entity and sequence",
          "sequence"};
}
inline failure outdated_snapshot(const std::string& entity) {
  return {error_code::sequence_conflict, "a newer snapshot of " + entity + " is stored", "sequence"};
}
inline failure conflicting_segment(const std::string& entity, segment_number number) {
  return {error_code::sequence_conflict, name_of_segment(entity, number) + " is stored with other content",
          "new_segments"};
}
inline failure missing_live_segment(const std::string& entity) {
  return {error_code::validation_failed, "a live segment of " + entity + " does not exist", "live_segments"};
}
inline failure missing_segment(const std::string& entity, segment_number number) {
  return {error_code::not_found, name_of_segment(entity, number) + " does not exist", "number"};
}
inline failure missing_part(const std::string& entity, segment_number number, std::uint32_t part) {
  return {error_code::not_found, name_of_part(entity, number, part) + " does not exist", "parts"};
}
inline failure missing_dead_letter(std::uint64_t id) {
  return {error_code::not_found, "dead letter " + std::to_string(id) + " does not exist", "id"};
}

/// What was found of an uncertain commit.
struct rows_found {
  std::size_t same = 0;  ///< stored with the payload asked for
  std::size_t other = 0; ///< stored with another payload: another owner's
  std::size_t absent = 0;
  std::size_t outdated = 0; ///< absent, but a snapshot of this sequence or a later one is there
};

inline result<commit_outcome> outcome_of(const rows_found& found) {
  if (found.other == 0 && found.absent == 0)
    return commit_outcome::committed;
  if (found.same != 0)
    return failure{error_code::corrupt_data,
                   "of the rows of one append " + std::to_string(found.same) + " are stored and " +
                       std::to_string(found.other + found.absent) + " are not",
                   "rows"};
  if (found.outdated != 0)
    return failure{error_code::ownership_lost, "another owner has gone on and dropped the rows asked for",
                   "rows"};
  return commit_outcome::absent;
}

} // namespace dotmac
