#pragma once

/// Who takes part in a cluster, and which node shall own which shard. Every node reads all of it; the coordinator alone assigns shards and
/// declares nodes dead, fenced by an epoch of its own as every owner of a shard is.
///
/// Promise   Nothing here decides who may commit: that is the epoch of a shard (store.hpp). What is wrong or late here costs time only.
///           Times are spans measured by the database's clock. A call has its effect wholly or not at all.
/// Errors    as store.hpp; join: ownership_lost while another process of the same id is there; not_found: a node that is not there.
///           After commit_uncertain a call may be made again; only `join` then leaves an incarnation behind, which the next one replaces.
/// Limits    nodes_max nodes; ids as those of tenants; addresses and versions of node_text_bytes_max.

#include "core/identity.hpp"
#include "core/result.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t nodes_max = 1'000;
inline constexpr std::size_t node_text_bytes_max = 255;

/// One life of a node: its id stays, every start (and every return after it was declared dead) is a new incarnation.
struct node_name {
  std::string id;
  std::uint64_t incarnation = 0;
  auto operator<=>(const node_name&) const = default;
};
/// As the leases of its shards name it: "id#incarnation".
inline std::string owner_text(const node_name& name) { return name.id + "#" + std::to_string(name.incarnation); }

/// What a node says of itself.
struct node_card {
  std::string id;
  std::string peer_address; ///< where other nodes reach it; empty: nobody does
  std::string http_address;
  std::string version;
  bool takes_shards = true; ///< false: a gateway only
  bool takes_calls = true;  ///< of tenants, over HTTP; false: a worker only
  friend bool operator==(const node_card&, const node_card&) = default;
};

/// What an operator wants of a node id; it outlives the process.
enum class node_wish : std::uint8_t { serve, cordon /**< no more shards */, drain /**< none at all */ };

struct node_row {
  node_card card;
  std::uint64_t incarnation = 0;
  node_wish wish = node_wish::serve;
  bool is_leaving = false;                       ///< it is shutting down
  bool is_present = false;                       ///< a session of its is open (see lease_table::announce)
  std::chrono::milliseconds since_heartbeat{0};
  node_name name() const { return {card.id, incarnation}; }
};

struct shard_row {
  shard_id shard{};
  std::string owner; ///< empty: nobody
  ownership_epoch epoch{};
  bool is_expired = false; ///< or has no owner
  std::string wanted;      ///< id of the node that shall own it; empty: not decided
  std::string pinned;      ///< id of the node where an operator wants it, when that may have it; empty: anywhere
  std::uint64_t load = 0;  ///< as its owner reported last
};

struct cluster_view {
  std::vector<node_row> nodes;   ///< by id
  std::vector<shard_row> shards; ///< all, by number
  std::string coordinator;       ///< owner text; empty: nobody
  bool is_coordinator_expired = true;
  std::uint64_t rebalances = 0;  ///< how often an operator asked for it
};

struct shard_load {
  shard_id shard{};
  std::uint64_t load = 0; ///< microseconds of work a second; a KiB of memory counts as one
};
struct shard_assignment {
  shard_id shard{};
  std::string node; ///< id
  friend bool operator==(const shard_assignment&, const shard_assignment&) = default;
};
/// Shard and epoch are those of the owner who gives it away.
struct shard_transfer {
  shard_id shard{};
  ownership_epoch epoch{};
  std::string heir; ///< owner text; empty: nobody
};

/// A member to be taken out. What it owned is free at once only where its process is known to have ended; else its leases run out first,
/// because until then it may answer from memory.
struct burial {
  node_name name;
  bool has_ended = false;
  friend bool operator==(const burial&, const burial&) = default;
};

class cluster_table {
public:
  virtual ~cluster_table() = default;
  /// A new incarnation of the id, in place of an earlier one. Where that had the same peer address, which two processes cannot have, it
  /// has ended: its shards are free.
  virtual result<node_name> join(const node_card& card) = 0;
  /// It is there. False: it is no member (any more).
  virtual result<bool> beat(const node_name& name, bool is_leaving, std::span<const shard_load> loads) = 0;
  /// It is gone, of its own will: what it still owned is free.
  virtual result<void> leave(const node_name& name) = 0;
  virtual result<cluster_view> read_view() = 0;

  /// Gives shards away: each has the heir for its owner and the next epoch, with a fresh lease; without an heir, or with one that is no
  /// member, it is free. Shards that `owner` does not hold with that epoch are passed over.
  virtual result<void> transfer_shards(const node_name& owner, std::span<const shard_transfer> transfers, std::chrono::milliseconds lease) = 0;

  /// The role, taken where it is free, expired or held by `gone`, or prolonged; none where another one has it.
  virtual result<std::optional<ownership_epoch>> coordinate(const node_name& name, std::chrono::milliseconds lease, const std::string& gone) = 0;
  /// By the coordinator of that epoch. False: it is so no longer, and nothing was done.
  virtual result<bool> assign_shards(ownership_epoch coordination, std::span<const shard_assignment> assignments) = 0;
  /// As assign_shards.
  virtual result<bool> bury(ownership_epoch coordination, std::span<const burial> dead) = 0;
  virtual result<void> set_wish(const std::string& id, node_wish wish) = 0;
  /// The shard shall be on this node (an empty id: anywhere), also after others have come and gone. The coordinator sees to it.
  virtual result<void> pin_shard(shard_id shard, const std::string& id) = 0;
  /// No shard is pinned any more, and loads are evened out as soon as they differ at all.
  virtual result<void> rebalance() = 0;
};

} // namespace dotmac
