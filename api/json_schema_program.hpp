#pragma once

/// The compiled form of a JSON Schema: a list of nodes that name each other by number. Between the compiler and the checker of
/// api/json_schema.hpp.

#include "api/json_schema.hpp"
#include "core/text/pattern.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>

namespace dotmac {

using schema_number = std::uint32_t;
inline constexpr schema_number no_schema = UINT32_MAX;

inline constexpr std::array<std::string_view, 7> schema_type_names{"null", "boolean", "object", "array", "number", "string", "integer"};
enum class schema_format : std::uint8_t { none, date_time, date, uuid, ipv4, ipv6, email };
inline constexpr std::array<std::string_view, 7> schema_format_names{"", "date-time", "date", "uuid", "ipv4", "ipv6", "email"};

struct size_bounds {
  std::uint64_t least = 0;
  std::uint64_t most = UINT64_MAX;
};

struct schema_node {
  bool is_never = false;                   ///< the schema `false`
  std::uint8_t types = 0;                  ///< bits by schema_type_names; none: any
  std::optional<std::vector<json>> values; ///< enum, or const
  std::optional<double> minimum, maximum, above, below, multiple_of;
  size_bounds length, items_count, members, contained{1, UINT64_MAX};
  bool has_unique_items = false;
  std::optional<pattern> text;
  schema_format format = schema_format::none;
  std::vector<std::string> required;
  std::map<std::string, schema_number> properties;
  std::vector<std::pair<pattern, schema_number>> pattern_properties;
  std::vector<schema_number> first_items;
  std::vector<schema_number> all_of, any_of, one_of;
  std::map<std::string, std::vector<std::string>> dependent_required;
  std::map<std::string, schema_number> dependent_schemas;
  schema_number other_properties = no_schema, property_names = no_schema, items = no_schema, contains = no_schema;
  schema_number negation = no_schema, condition = no_schema, then = no_schema, otherwise = no_schema, reference = no_schema;
};

struct compiled_json_schema::program {
  std::vector<schema_node> nodes; ///< the first is the whole
};

} // namespace dotmac
