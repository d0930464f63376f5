#pragma once

/// What the product needs of a database, and nothing of how it is done.
///
/// A `store` is one session with the database (one connection): its calls block, and it is used by one thread
/// at a time. Who needs several at once opens several from the `store_factory`, which may be called from any
/// thread.
///
/// Promise
///   append_entries commits all of its rows in one transaction or none. It commits only if, in that same
///   transaction, every shard claimed is owned by somebody with the epoch named: an older owner, and one who
///   has released the shard, is refused by the store itself. Every row's shard must be among the claims. What
///   a call reported as done survives a kill of this process and of the database.
/// Errors (see core/error_code.hpp)
///   storage_unavailable   certain: nothing was written. The session may be broken; the next call reconnects
///   by itself
///                         (with the attempt bounded by the connect timeout) or fails the same way.
///   commit_uncertain      the session broke while the commit was under way. The caller must call `resolve`
///   with the
///                         same rows until that answers, and only then append anything for these entities
///                         again.
///   ownership_lost        the epoch was refused; nothing was written. Final for this epoch.
///   sequence_conflict     a row with this (entity, sequence) exists; nothing was written.
///   corrupt_data          a checksum or format failed while reading; the damaged bytes are never returned.
///   payload_too_large     a payload or the payloads of a call together are over their limit; nothing was
///   written. validation_failed     a row without a claim of its shard, too many rows, a sequence out of
///   bounds; nothing was
///                         written. The caller's mistake: sending it again does not help.
///   unknown_schema_version  the store has not been migrated.
/// Limits     payload_bytes_max a payload, append_bytes_max the payloads of a call; append_rows_max rows a
/// call;
///            live_segments_max segments an entity, segment_parts_max parts a segment; dead_letters_per_tenant_max, after which the oldest go.
/// Cost       append_entries is one round trip where the vendor allows it.

#include "core/bytes.hpp"
#include "core/identity.hpp"
#include "core/result.hpp"
#include "persistence/ports/audit_log.hpp"
#include "persistence/ports/cluster_table.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t payload_bytes_max = 256u << 20;
inline constexpr std::size_t append_bytes_max = payload_bytes_max;
inline constexpr std::size_t append_rows_max = 1024;
inline constexpr std::size_t entity_name_bytes_max = 255; ///< printable ASCII
inline constexpr std::size_t lease_owner_bytes_max = 255; ///< printable ASCII
inline constexpr std::chrono::milliseconds lease_max = std::chrono::hours{24};
inline constexpr std::size_t live_segments_max = 65'536;
inline constexpr std::size_t segment_parts_max = 65'536;
inline constexpr std::size_t dead_letters_per_tenant_max = 1'000;
inline constexpr std::size_t dead_letter_text_bytes_max = 4'096; ///< its reason; a longer one is cut

struct journal_row {
  entity_id entity;
  journal_sequence sequence{};
  bytes payload;
};

/// Claim that `shard` is held with `epoch`.
struct shard_claim {
  shard_id shard{};
  ownership_epoch epoch{};
  friend bool operator==(const shard_claim&, const shard_claim&) = default;
};

enum class commit_outcome : std::uint8_t { committed, absent };

/// Called for each row in rising sequence; an error ends the reading and is returned from it.
using journal_visitor = std::function<result<void>(journal_sequence, bytes_view payload)>;

class journal {
public:
  virtual ~journal() = default;
  virtual result<void> append_entries(std::span<const journal_row> rows,
                                      std::span<const shard_claim> claims) = 0;
  /// After commit_uncertain: waits until the broken session can no longer commit, then looks. `committed`
  /// only if every row is there with this payload; a part of them is corrupt_data. ownership_lost where
  /// another owner has gone on so far that the rows, if they ever were there, are behind its snapshot: then
  /// nobody can tell any more.
  virtual result<commit_outcome> resolve(std::span<const journal_row> rows) = 0;
  /// The session must not be used by `visit`. Memory: a bounded part of the rows at a time.
  virtual result<void> read_entries(const entity_id& entity, journal_sequence after,
                                    const journal_visitor& visit) = 0;
  /// Of the newest row, or of the newest snapshot where the rows are gone; zero where there is neither.
  virtual result<journal_sequence> last_sequence(const entity_id& entity) = 0;
};

/// The state of an entity after `sequence`, in the given format version of that kind of entity.
struct stored_snapshot {
  entity_id entity;
  journal_sequence sequence{};
  std::uint32_t version = 0;
  bytes payload;
};

using segment_number = std::uint64_t;

/// An immutable block of an entity's data. Numbers are chosen by the entity, and used again only when the snapshot that had them was dropped.
/// Its parts, numbered from 0, can be read one by one: what a question does not need stays where it is.
struct stored_segment {
  segment_number number = 0;
  std::int64_t min_time_ms = 0;
  std::int64_t max_time_ms = 0;
  std::uint64_t row_count = 0;
  bytes payload;
  std::vector<bytes> parts = {};
};

/// One step of writing state down: new segments, then the snapshot that refers to them. The snapshot appears with all of its segments or not
/// at all; a failure after it appeared may leave what nothing needs, for the next write to drop.
/// `live_segments` are all that this snapshot refers to. With it goes what no kept snapshot
/// needs: snapshots but the newest two, journal rows up to the older of these, and segments in neither's
/// `live_segments`. Only snapshots that can be read count: `last_readable` is the one that the writer was recovered from or wrote last
/// (zero: none), and whatever lies between it and the new one is damaged, or was an uncertain write; it goes first, with its segments.
/// Without `last_readable` every stored one counts. Refused: a snapshot older than the newest (sequence_conflict), a segment number taken by
/// other content (sequence_conflict), a live segment that does not exist (validation_failed). Writing the
/// same again is harmless: that is what to do after commit_uncertain.
struct snapshot_write {
  stored_snapshot snapshot;
  std::vector<stored_segment> new_segments;
  std::vector<segment_number> live_segments;
  shard_claim claim;
  std::optional<journal_sequence> last_readable = std::nullopt;
};

class snapshot_store {
public:
  virtual ~snapshot_store() = default;
  virtual result<void> write_snapshot(const snapshot_write& write) = 0;
  /// Newest first, at most two. A damaged one is left out and told in `damaged`, so that the caller can fall
  /// back to the older one and say so.
  struct kept_snapshots {
    std::vector<stored_snapshot> snapshots;
    std::vector<failure> damaged;
  };
  virtual result<kept_snapshots> read_snapshots(const entity_id& entity) = 0;
  struct snapshot_summary {
    journal_sequence sequence{};
    std::uint32_t version = 0;
    std::uint64_t stored_bytes = 0;
    std::string written_at; ///< by the store's clock, ISO 8601; empty where the store keeps none
  };
  /// The same snapshots, damaged ones too: no payload is read.
  virtual result<std::vector<snapshot_summary>> list_snapshots(const entity_id& entity) = 0;
  /// Without its parts.
  virtual result<stored_segment> read_segment(const entity_id& entity, segment_number number) = 0;
  /// The parts asked for, in that order. not_found where the segment or one of them is not there.
  virtual result<std::vector<bytes>> read_segment_parts(const entity_id& entity, segment_number number, std::span<const std::uint32_t> parts) = 0;
  struct segment_summary {
    segment_number number = 0;
    std::uint64_t row_count = 0;
    std::uint64_t stored_bytes = 0; ///< with its parts
    std::int64_t min_time_ms = 0;
    std::int64_t max_time_ms = 0;
  };
  virtual result<std::vector<segment_summary>> list_segments(const entity_id& entity) = 0;
  /// Bytes as they are stored. Nothing that is stored has none: zero where the segment, or the part, is missing.
  struct segment_sizes {
    std::uint64_t payload_bytes = 0;
    std::vector<std::uint64_t> part_bytes; ///< by part, up to the last one that is there
  };
  /// Of these segments, in that order. No payload is read, so damage in one is not found.
  virtual result<std::vector<segment_sizes>> measure_segments(const entity_id& entity, std::span<const segment_number> numbers) = 0;
};

/// Which node may commit for which shard. Only the database's clock counts.
struct shard_lease {
  shard_id shard{};
  std::string owner;
  ownership_epoch epoch{};
  bool expired = false;
};

/// After commit_uncertain any of its calls may simply be made again: each has the same effect twice as once.
class lease_table {
public:
  virtual ~lease_table() = default;
  /// Takes every shard in `shards` that is free, expired, or already this node's incarnation's; the epoch
  /// rises by one for each shard that changes its owner. Returns the claims now held by `owner` among them.
  virtual result<std::vector<shard_claim>> claim_shards(const std::string& owner,
                                                        std::span<const shard_id> shards,
                                                        std::chrono::milliseconds lease) = 0;
  /// Prolongs the leases still held with these epochs; returns those that are.
  virtual result<std::vector<shard_claim>> renew_leases(const std::string& owner,
                                                        std::span<const shard_claim> held,
                                                        std::chrono::milliseconds lease) = 0;
  /// Gives them up at once, for a clean stop. From then on the store refuses these epochs.
  virtual result<void> release_shards(const std::string& owner, std::span<const shard_claim> held) = 0;
  virtual result<std::vector<shard_lease>> read_leases() = 0;
  /// Lets others see that `owner` is there for as long as this session lasts. To be repeated often: after a reconnect it is
  /// a new session. Costs a round trip the first time in a session only.
  virtual result<void> announce(const std::string& owner) = 0;
  /// Owners of leases that run who have no session that announced them: killed, or cut off. An owner who is merely slow is never among
  /// them. A store that cannot see who is there names nobody.
  virtual result<std::vector<std::string>> read_absent_owners() = 0;
};

/// A message that failed its actor repeatedly, kept for a person to look at and to replay.
struct dead_letter {
  std::uint64_t id = 0;
  entity_id entity;
  std::int64_t recorded_at_ms = 0;
  std::string message_type;
  std::string reason;
  bytes payload;
};

/// A dead letter without its payload, which may be large.
struct dead_letter_summary {
  std::uint64_t id = 0;
  entity_id entity;
  std::int64_t recorded_at_ms = 0;
  std::string message_type;
  std::string reason;
  std::uint64_t stored_bytes = 0; ///< of its payload
};

class dead_letter_table {
public:
  virtual ~dead_letter_table() = default;
  /// `id` is chosen by the store; the one given is not looked at.
  virtual result<void> add_dead_letter(const dead_letter& letter) = 0;
  /// not_found where there is none (any more), here and below.
  virtual result<dead_letter_summary> find_dead_letter(std::uint64_t id) = 0;
  virtual result<dead_letter> read_dead_letter(std::uint64_t id) = 0;
  /// Newest first; of every tenant where `tenant` is empty. Payloads are not read.
  virtual result<std::vector<dead_letter_summary>> list_dead_letters(const std::string& tenant, std::size_t limit) = 0;
  virtual result<void> remove_dead_letter(std::uint64_t id) = 0;
};

class store {
public:
  virtual ~store() = default;
  virtual journal& entries() = 0;
  virtual snapshot_store& snapshots() = 0;
  virtual lease_table& leases() = 0;
  virtual dead_letter_table& dead_letters() = 0;
  virtual audit_log& audit() = 0;
  /// Null where the store belongs to one node.
  virtual cluster_table* cluster() = 0;
  /// Every tenant with at least one snapshot or journal row, sorted.
  virtual result<std::vector<std::string>> list_tenants() = 0;
  /// One cheap round trip, for health.
  virtual result<void> ping() = 0;
};

class store_factory {
public:
  virtual ~store_factory() = default;
  virtual result<std::unique_ptr<store>> open() = 0;
  /// "sqlite", "postgresql" or "memory".
  virtual std::string_view vendor() const noexcept = 0;
};

} // namespace dotmac
