#pragma once

/// The event schemas of one tenant, compiled once and asked for every event of a kind that has one.
///
/// Accepts   {"required": [names], "optional": [names]} (other properties are refused), or a JSON Schema of the properties
///           (api/json_schema.hpp). Of several versions for one kind of event the newest holds.
/// Errors    check_schema_definition: validation_failed, saying what is wrong with the definition.
/// Limits    violations_told_max sentences per event.
/// Threads   immutable once made; any thread may ask.
/// Cost      an event without a schema of its kind costs one look-up; others are parsed a second time.

#include "core/describe/json.hpp"
#include "core/result.hpp"
#include "core/tenancy/tenant_messages.hpp"

#include <memory>
#include <string_view>

namespace dotmac {

inline constexpr std::size_t violations_told_max = 5;

result<void> check_schema_definition(const json& definition);

class compiled_event_schema;

class event_schemas {
public:
  explicit event_schemas(const std::vector<event_schema>& schemas);
  ~event_schemas();

  bool is_empty() const noexcept { return by_kind_.empty(); }

  struct finding {
    schema_mode mode = schema_mode::reject;
    std::vector<std::string> violations; ///< none: the event fits, or has no schema
  };
  /// `properties` is the JSON text of the event's properties; empty: it has none.
  finding check(std::string_view event_type, std::string_view event_name, std::string_view properties) const;

private:
  std::map<std::string, std::unique_ptr<const compiled_event_schema>, std::less<>> by_kind_;
};

} // namespace dotmac
