#pragma once

/// Whose state the actor with a path has: "node/shard-17/acme" is the tenant acme's, "node/shard-17/acme/metric/m_1" one of its metrics'.

#include "core/identity.hpp"

#include <optional>
#include <string_view>

namespace dotmac {

inline constexpr std::int64_t actor_path_size_max = 1'000;

/// None for nodes and shards, which have no state of their own, and for what is no path.
inline std::optional<entity_id> entity_at(std::string_view path) {
  for (int above = 0; above < 2; ++above) {
    const auto slash = path.find('/');
    if (slash == path.npos)
      return std::nullopt;
    path.remove_prefix(slash + 1);
  }
  if (path.find('/') == path.npos)
    return is_valid_tenant_id(path) ? std::optional{entity_id{std::string{path}, entity_kind::tenant, {}}} : std::nullopt;
  auto entity = parse_entity_id(path);
  return entity ? std::optional{*std::move(entity)} : std::nullopt;
}

/// Empty where there is none.
inline std::string tenant_at(std::string_view path) {
  const auto entity = entity_at(path);
  return entity ? entity->tenant : std::string{};
}

} // namespace dotmac
