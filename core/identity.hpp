#pragma once

/// The names by which state is found, owned and fenced.
///
/// An entity is one journaled actor's state: (tenant, kind, name). Its text form "tenant/kind/name" is the key in every
/// store. A tenant and all of its entities hash to one of `shard_count` shards; a shard has one owner at a time, whose
/// `epoch` every commit carries.

#include "core/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace dotmac {

inline constexpr std::uint16_t shard_count = 256;
inline constexpr std::size_t tenant_id_size_max = 63;

enum class shard_id : std::uint16_t {};
enum class ownership_epoch : std::uint64_t {};

/// Position of an entry in its entity's journal: rises by one, from one. Zero means "before the first".
enum class journal_sequence : std::uint64_t {};

constexpr std::uint64_t to_number(journal_sequence s) noexcept { return static_cast<std::uint64_t>(s); }
constexpr std::uint64_t to_number(ownership_epoch e) noexcept { return static_cast<std::uint64_t>(e); }
constexpr std::uint16_t to_number(shard_id s) noexcept { return static_cast<std::uint16_t>(s); }
constexpr journal_sequence next(journal_sequence s) noexcept { return journal_sequence{to_number(s) + 1}; }

enum class entity_kind : std::uint8_t { tenant, events, metric, dashboard };
std::string_view to_string(entity_kind kind) noexcept;

struct entity_id {
  std::string tenant;
  entity_kind kind = entity_kind::tenant;
  std::string name; ///< partition number, metric id or dashboard id; empty for the tenant itself
  auto operator<=>(const entity_id&) const = default;
};

/// "acme/metric/m_17"; the inverse of parse_entity_id.
std::string to_string(const entity_id& id);
result<entity_id> parse_entity_id(std::string_view text);

/// 1 to 63 characters of a-z, A-Z, 0-9, '-', '_' and '.', beginning with a letter or digit.
bool is_valid_tenant_id(std::string_view text) noexcept;

/// Stable for ever: stored rows depend on it.
shard_id shard_of_tenant(std::string_view tenant) noexcept;

} // namespace dotmac
