#pragma once

/// A JSON Schema that a user sent, compiled once, and what is wrong with a value by it.
///
/// Keywords   Those of draft 7 and 2020-12 but $id, $anchor, $dynamicRef, unevaluated*, content*: type, enum, const, the bounds of numbers, texts,
///            lists and objects, pattern, format, required, properties, patternProperties, additionalProperties, propertyNames,
///            items (a schema, or draft 7's list), prefixItems, additionalItems, contains, allOf, anyOf, oneOf, not, if / then / else,
///            dependentRequired, dependentSchemas, dependencies, $ref into the same document ("#...") with $defs or definitions.
///            Annotations (title, description, default, ...) and names that begin with "x-" are passed over; any other word is refused,
///            since a misspelt keyword would check nothing.
/// Formats    date-time, date, uuid, ipv4, ipv6, email are checked; others are annotations, as the standard has it.
/// Errors     compile: validation_failed with the place. A schema that refers to itself without going into a part of the value is refused.
/// Limits     schema_patterns_max expressions (core/text/pattern.hpp); checking ends at schema_steps_max steps and at schema_depth_max
///            levels, and says so as a violation: no schema and no value can make it slow or deep.
/// Threads    immutable once made; any thread may check.
/// Cost       linear in the value and the keywords that apply to it.
/// Source     JSON Schema 2020-12, draft-bhutton-json-schema-00 and -validation-00.

#include "core/describe/json.hpp"
#include "core/result.hpp"

#include <memory>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t schema_patterns_max = 64;
inline constexpr std::size_t schema_steps_max = 100'000;
inline constexpr std::size_t schema_depth_max = 256;

class compiled_json_schema {
public:
  static result<compiled_json_schema> compile(const json& definition);

  /// At most `told_max` sentences, each with its place below `root`; none: the value fits.
  std::vector<std::string> violations(const json& value, const std::string& root, std::size_t told_max) const;

  struct program;

private:
  explicit compiled_json_schema(std::shared_ptr<const program> compiled) : program_{std::move(compiled)} {}
  std::shared_ptr<const program> program_;
};

} // namespace dotmac
