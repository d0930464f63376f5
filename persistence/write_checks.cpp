#include "persistence/write_checks.hpp"

#include "core/time/timestamp.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <limits>

namespace dotmac {
namespace {

/// What a signed 64-bit column of any vendor can hold.
constexpr auto stored_number_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

failure over_limit(std::string_view what, std::size_t limit, std::string field) {
  return {error_code::payload_too_large,
          std::string{what} + " is over the limit of " + std::to_string(limit) + " bytes", std::move(field)};
}

failure invalid(std::string message, std::string field) {
  return {error_code::validation_failed, std::move(message), std::move(field)};
}

result<void> check_sequence(const entity_id& entity, journal_sequence sequence) {
  if (to_number(sequence) == 0 || to_number(sequence) > stored_number_max)
    return invalid("a sequence of " + to_string(entity) + " lies outside of 1 to 2^63 - 1", "sequence");
  return {};
}

result<void> check_entity(const entity_id& entity) {
  if (!is_valid_tenant_id(entity.tenant))
    return invalid("an entity's tenant is not a valid tenant id", "entity");
  const bool is_printable =
      std::all_of(entity.name.begin(), entity.name.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (entity.name.size() > entity_name_bytes_max || !is_printable)
    return invalid("the name of an entity of " + entity.tenant + " is not made of at most " +
                       std::to_string(entity_name_bytes_max) + " printable ASCII characters",
                   "entity");
  return {};
}

/// A text that every vendor takes and gives back as it is: PostgreSQL refuses zero bytes and what is no UTF-8.
result<void> check_audit_text(const std::string& text, std::size_t limit, const std::string& field) {
  if (text.size() > limit)
    return invalid("the " + field + " of an audit entry is over the limit of " + std::to_string(limit) + " bytes", field);
  if (!is_valid_utf8(text) || text.find('\0') != text.npos)
    return invalid("the " + field + " of an audit entry is not UTF-8 without zero bytes", field);
  return {};
}

} // namespace

result<void> check_node_id(const std::string& id, std::string_view field) {
  if (!is_valid_tenant_id(id))
    return invalid("the id of a node has 1 to " + std::to_string(tenant_id_size_max) + " letters, digits, '-', '_' or '.', and begins with a letter or digit", std::string{field});
  return {};
}

result<void> check_node_card(const node_card& card) {
  if (auto valid = check_node_id(card.id, "id"); !valid)
    return valid;
  for (const auto& [text, field] : {std::pair{&card.peer_address, "peer_address"}, std::pair{&card.http_address, "http_address"}, std::pair{&card.version, "version"}})
    if (text->size() > node_text_bytes_max)
      return invalid("it has more than " + std::to_string(node_text_bytes_max) + " bytes", field);
  return {};
}

result<void> check_pin(shard_id shard, const std::string& id) {
  if (to_number(shard) >= shard_count)
    return invalid("shards are numbered 0 to " + std::to_string(shard_count - 1), "shard");
  return id.empty() ? result<void>{} : check_node_id(id, "node");
}

result<void> check_transfers(std::span<const shard_transfer> transfers) {
  for (const auto& each : transfers) {
    if (to_number(each.shard) >= shard_count)
      return invalid("shards are numbered 0 to " + std::to_string(shard_count - 1), "transfers");
    if (each.heir.size() > lease_owner_bytes_max)
      return invalid("the owner of a lease has at most " + std::to_string(lease_owner_bytes_max) + " characters", "transfers");
  }
  return {};
}

result<void> check_assignments(std::span<const shard_assignment> assignments) {
  for (const auto& each : assignments) {
    if (to_number(each.shard) >= shard_count)
      return invalid("shards are numbered 0 to " + std::to_string(shard_count - 1), "assignments");
    if (auto valid = check_node_id(each.node, "assignments"); !valid)
      return valid;
  }
  return {};
}

std::optional<ownership_epoch> claimed_epoch(std::span<const shard_claim> claims, shard_id shard) noexcept {
  const auto found = std::find_if(claims.begin(), claims.end(),
                                  [&](const shard_claim& claim) { return claim.shard == shard; });
  if (found == claims.end())
    return std::nullopt;
  return found->epoch;
}

result<void> check_append(std::span<const journal_row> rows, std::span<const shard_claim> claims) {
  if (rows.empty() || rows.size() > append_rows_max)
    return invalid("an append takes 1 to " + std::to_string(append_rows_max) + " rows, not " +
                       std::to_string(rows.size()),
                   "rows");
  std::size_t total = 0;
  for (const auto& row : rows) {
    if (row.payload.size() > payload_bytes_max)
      return over_limit("a journal payload of " + to_string(row.entity), payload_bytes_max, "payload");
    total += row.payload.size();
    if (auto valid = check_entity(row.entity); !valid)
      return valid;
    if (auto valid = check_sequence(row.entity, row.sequence); !valid)
      return valid;
    if (!claimed_epoch(claims, shard_of_tenant(row.entity.tenant)))
      return invalid("no claim for the shard of " + to_string(row.entity), "claims");
  }
  if (total > append_bytes_max)
    return over_limit("the payloads of one append together", append_bytes_max, "rows");
  return {};
}

result<void> check_snapshot_write(const snapshot_write& write) {
  const auto& entity = write.snapshot.entity;
  if (auto valid = check_entity(entity); !valid)
    return valid;
  if (auto valid = check_sequence(entity, write.snapshot.sequence); !valid)
    return valid;
  if (write.claim.shard != shard_of_tenant(entity.tenant))
    return invalid("the claim is not for the shard of " + to_string(entity), "claim");
  if (write.snapshot.payload.size() > payload_bytes_max)
    return over_limit("the snapshot of " + to_string(entity), payload_bytes_max, "payload");
  if (write.live_segments.size() > live_segments_max)
    return invalid("an entity has at most " + std::to_string(live_segments_max) + " live segments",
                   "live_segments");
  for (const auto& segment : write.new_segments) {
    if (segment.payload.size() > payload_bytes_max)
      return over_limit("segment " + std::to_string(segment.number) + " of " + to_string(entity),
                        payload_bytes_max, "payload");
    for (const auto& part : segment.parts)
      if (part.size() > payload_bytes_max)
        return over_limit("a part of segment " + std::to_string(segment.number) + " of " + to_string(entity), payload_bytes_max, "parts");
    if (segment.parts.size() > segment_parts_max)
      return invalid("a segment has at most " + std::to_string(segment_parts_max) + " parts", "parts");
    if (segment.number > stored_number_max || segment.row_count > stored_number_max)
      return invalid("the number or row count of a segment is over 2^63 - 1", "new_segments");
    if (std::find(write.live_segments.begin(), write.live_segments.end(), segment.number) ==
        write.live_segments.end())
      return invalid("new segment " + std::to_string(segment.number) + " is not among the live ones",
                     "live_segments");
  }
  for (const auto number : write.live_segments)
    if (number > stored_number_max)
      return invalid("the number of a segment is over 2^63 - 1", "live_segments");
  return {};
}

result<void> check_dead_letter(const dead_letter& letter) {
  if (auto valid = check_entity(letter.entity); !valid)
    return valid;
  if (letter.payload.size() > payload_bytes_max)
    return over_limit("a dead letter of " + to_string(letter.entity), payload_bytes_max, "payload");
  if (letter.message_type.size() > dead_letter_text_bytes_max)
    return invalid("a message type has at most " + std::to_string(dead_letter_text_bytes_max) + " bytes",
                   "message_type");
  if (!std::all_of(letter.message_type.begin(), letter.message_type.end(),
                   [](char c) { return c >= ' ' && c <= '~'; }))
    return invalid("a message type is made of printable ASCII characters", "message_type");
  return {};
}

result<void> check_audit_entry(const audit_entry& entry) {
  if (!entry.tenant.empty() && !is_valid_tenant_id(entry.tenant))
    return invalid("the tenant of an audit entry is not a valid tenant id", "tenant");
  if (auto valid = check_audit_text(entry.act, audit_act_bytes_max, "act"); !valid)
    return valid;
  const bool is_printable = std::all_of(entry.act.begin(), entry.act.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (entry.act.empty() || !is_printable)
    return invalid("the act of an audit entry is made of 1 to " + std::to_string(audit_act_bytes_max) + " printable ASCII characters", "act");
  if (auto valid = check_audit_text(entry.subject, audit_subject_bytes_max, "subject"); !valid)
    return valid;
  if (entry.subject.empty())
    return invalid("the subject of an audit entry has 1 to " + std::to_string(audit_subject_bytes_max) + " bytes", "subject");
  if (auto valid = check_audit_text(entry.details, audit_details_bytes_max, "details"); !valid)
    return valid;
  if (entry.recorded_at_ms < timestamp_min.milliseconds || entry.recorded_at_ms > timestamp_max.milliseconds)
    return invalid("an audit entry is recorded in the years 1 to 9999", "recorded_at");
  return {};
}

result<void> check_audit_reader(const std::string& tenant) {
  if (!tenant.empty() && !is_valid_tenant_id(tenant))
    return invalid("the tenant whose audit entries are asked for is not a valid tenant id", "tenant");
  return {};
}

result<void> check_lease(const std::string& owner, std::span<const shard_id> shards,
                         std::chrono::milliseconds lease) {
  const bool is_printable =
      std::all_of(owner.begin(), owner.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (owner.empty() || owner.size() > lease_owner_bytes_max || !is_printable)
    return invalid("the owner of a lease has 1 to " + std::to_string(lease_owner_bytes_max) +
                       " printable ASCII characters",
                   "owner");
  if (lease <= std::chrono::milliseconds{0} || lease > lease_max)
    return invalid("a lease lasts 1 ms to " + std::to_string(lease_max.count()) + " ms", "lease");
  for (const auto shard : shards)
    if (to_number(shard) >= shard_count)
      return invalid("shards are numbered 0 to " + std::to_string(shard_count - 1), "shards");
  return {};
}

result<void> check_lease(const std::string& owner, std::span<const shard_claim> held,
                         std::chrono::milliseconds lease) {
  std::vector<shard_id> shards;
  shards.reserve(held.size());
  for (const auto& claim : held)
    shards.push_back(claim.shard);
  return check_lease(owner, shards, lease);
}

std::int64_t storable_number(std::uint64_t number) noexcept {
  return static_cast<std::int64_t>(std::min(number, stored_number_max));
}

std::string storable_reason(std::string_view reason) {
  std::string text{reason.substr(0, dead_letter_text_bytes_max)};
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

} // namespace dotmac
