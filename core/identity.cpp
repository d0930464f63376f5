#include "core/identity.hpp"

#include <algorithm>
#include <array>

namespace dotmac {
namespace {

constexpr std::array<std::string_view, 4> kind_names{"tenant", "events", "metric", "dashboard"};

bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

std::string_view to_string(entity_kind kind) noexcept {
  return kind_names[static_cast<std::size_t>(kind)];
}

std::string to_string(const entity_id& id) {
  std::string text;
  text.reserve(id.tenant.size() + id.name.size() + 9);
  text.append(id.tenant).append(1, '/').append(to_string(id.kind)).append(1, '/').append(id.name);
  return text;
}

result<entity_id> parse_entity_id(std::string_view text) {
  const auto first = text.find('/');
  const auto second = first == text.npos ? text.npos : text.find('/', first + 1);
  const failure malformed{error_code::malformed_request, "an entity id has the form tenant/kind/name", "entity"};
  if (second == text.npos)
    return malformed;
  const auto kind_text = text.substr(first + 1, second - first - 1);
  const auto kind = std::find(kind_names.begin(), kind_names.end(), kind_text);
  if (kind == kind_names.end() || !is_valid_tenant_id(text.substr(0, first)))
    return malformed;
  return entity_id{std::string{text.substr(0, first)}, static_cast<entity_kind>(kind - kind_names.begin()),
                   std::string{text.substr(second + 1)}};
}

bool is_valid_tenant_id(std::string_view text) noexcept {
  if (text.empty() || text.size() > tenant_id_size_max || !is_letter_or_digit(text.front()))
    return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

shard_id shard_of_tenant(std::string_view tenant) noexcept {
  // FNV-1a, 64 bit (Fowler, Noll, Vo); folded so that every bit of the hash decides.
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : tenant) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ull;
  }
  hash ^= hash >> 32;
  return shard_id{static_cast<std::uint16_t>((hash ^ (hash >> 16)) % shard_count)};
}

} // namespace dotmac
