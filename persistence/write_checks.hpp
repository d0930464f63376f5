#pragma once

/// What every vendor refuses before it talks to its database, so that the limits are the same everywhere.

#include "persistence/ports/store.hpp"

#include <optional>

namespace dotmac {

/// payload_too_large or validation_failed, naming the field and the limit.
result<void> check_append(std::span<const journal_row> rows, std::span<const shard_claim> claims);
result<void> check_snapshot_write(const snapshot_write& write);
result<void> check_dead_letter(const dead_letter& letter);
result<void> check_audit_entry(const audit_entry& entry);
/// Of whose entries are asked for: everybody's where it is empty.
result<void> check_audit_reader(const std::string& tenant);

/// An owner that is not empty, a lease that is longer than nothing, shards that exist.
result<void> check_lease(const std::string& owner, std::span<const shard_id> shards,
                         std::chrono::milliseconds lease);
result<void> check_lease(const std::string& owner, std::span<const shard_claim> held,
                         std::chrono::milliseconds lease);

/// A valid id, texts within their limits.
result<void> check_node_card(const node_card& card);
result<void> check_node_id(const std::string& id, std::string_view field);
result<void> check_transfers(std::span<const shard_transfer> transfers);
/// `id` may be empty.
result<void> check_pin(shard_id shard, const std::string& id);
result<void> check_assignments(std::span<const shard_assignment> assignments);

/// The epoch that `claims` names for `shard`.
std::optional<ownership_epoch> claimed_epoch(std::span<const shard_claim> claims, shard_id shard) noexcept;

/// For a signed 64-bit column of any vendor: the largest that it holds where `number` is larger.
std::int64_t storable_number(std::uint64_t number) noexcept;

/// A reason cut to dead_letter_text_bytes_max, with '?' for what is not printable ASCII: any bytes can be in
/// the text of an exception, and recording a failure must not fail over them.
std::string storable_reason(std::string_view reason);

} // namespace dotmac
