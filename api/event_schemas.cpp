#include "api/event_schemas.hpp"

#include "api/json_schema.hpp"

#include <algorithm>

namespace dotmac {
namespace {

std::string kind_of(std::string_view type, std::string_view name) {
  std::string kind{type};
  kind.push_back('\n');
  return kind.append(name);
}

bool is_list_of_names(const json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](const json& each) { return each.is_string(); });
}

/// {"required": [...], "optional": [...]} and nothing else; {"required": [...]} alone is a JSON Schema too, with the same sense
/// but for unknown properties, so "optional" tells the two apart.
bool is_short_form(const json& definition) {
  return definition.contains("optional") && std::all_of(definition.items().begin(), definition.items().end(), [](const auto& each) {
           return each.key() == "required" || each.key() == "optional";
         });
}

json schema_of_short_form(const json& definition) {
  json schema{{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
  for (const auto* part : {"required", "optional"})
    for (const auto& name : definition.value(part, json::array()))
      schema["properties"][name.get<std::string>()] = json::object();
  if (definition.contains("required"))
    schema["required"] = definition["required"];
  return schema;
}

result<compiled_json_schema> compile(const json& definition) {
  const failure wrong{error_code::validation_failed, "must be {required: [names], optional: [names]} or a JSON Schema", "schema_definition"};
  if (!definition.is_object())
    return wrong;
  if (!is_short_form(definition))
    return compiled_json_schema::compile(definition);
  if (!is_list_of_names(definition["optional"]) || !is_list_of_names(definition.value("required", json::array())))
    return wrong;
  return compiled_json_schema::compile(schema_of_short_form(definition));
}

} // namespace

class compiled_event_schema {
public:
  std::optional<compiled_json_schema> schema; ///< none: see why_unusable
  schema_mode mode = schema_mode::reject;
  timestamp created_at;
  std::string why_unusable; ///< of a definition that was stored and cannot be compiled
};

result<void> check_schema_definition(const json& definition) {
  const auto compiled = compile(definition);
  return compiled ? result<void>{} : compiled.error();
}

event_schemas::event_schemas(const std::vector<event_schema>& schemas) {
  for (const auto& each : schemas) {
    auto& held = by_kind_[kind_of(each.event_type, each.event_name)];
    if (held && held->created_at > each.created_at)
      continue;
    auto compiled = std::make_unique<compiled_event_schema>();
    compiled->mode = each.mode;
    compiled->created_at = each.created_at;
    if (auto schema = compile(json::parse(each.schema_definition, nullptr, false)); schema)
      compiled->schema = std::move(*schema);
    else
      compiled->why_unusable = schema.error().message;
    held = std::move(compiled);
  }
}

event_schemas::~event_schemas() = default;

event_schemas::finding event_schemas::check(std::string_view event_type, std::string_view event_name, std::string_view properties) const {
  const auto found = by_kind_.find(kind_of(event_type, event_name));
  if (found == by_kind_.end())
    return {};
  const auto& schema = *found->second;
  finding outcome{schema.mode, {}};
  if (!schema.schema) {
    outcome.violations.push_back("the schema of this event " + schema.why_unusable);
    return outcome;
  }
  const auto document = properties.empty() ? json::object() : json::parse(properties, nullptr, false);
  if (document.is_discarded()) {
    outcome.violations.push_back("the properties are not valid JSON");
    return outcome;
  }
  outcome.violations = schema.schema->violations(document, "properties", violations_told_max);
  return outcome;
}

} // namespace dotmac
