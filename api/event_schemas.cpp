#include "api/event_schemas.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <cassert>

namespace dotmac {
namespace {

using adapter = valijson::adapters::NlohmannJsonAdapter;

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

bool refers_outside(const json& value) {
  if (value.is_object())
    if (const auto reference = value.find("$ref"); reference != value.end() && (!reference->is_string() || !reference->get_ref<const std::string&>().starts_with('#')))
      return true;
  return value.is_structured() && std::any_of(value.begin(), value.end(), [](const json& each) { return refers_outside(each); });
}

result<void> compile(const json& definition, valijson::Schema& into) {
  const failure wrong{error_code::validation_failed, "must be {required: [names], optional: [names]} or a JSON Schema", "schema_definition"};
  if (!definition.is_object())
    return wrong;
  const bool is_short = is_short_form(definition);
  if (is_short && (!is_list_of_names(definition["optional"]) || !is_list_of_names(definition.value("required", json::array()))))
    return wrong;
  if (refers_outside(definition))
    return failure{error_code::validation_failed, "may refer only to its own parts (\"#...\")", "schema_definition"};
  const auto schema = is_short ? schema_of_short_form(definition) : definition;
  try {
    valijson::SchemaParser parser;
    parser.populateSchema(adapter{schema}, into);
  } catch (const std::exception& why) {
    return failure{error_code::validation_failed, std::string{"is not a valid JSON Schema: "} + why.what(), "schema_definition"};
  }
  return {};
}

} // namespace

class compiled_event_schema {
public:
  valijson::Schema schema;
  schema_mode mode = schema_mode::reject;
  timestamp created_at;
  std::string why_unusable; ///< of a definition that was stored and cannot be compiled
};

result<void> check_schema_definition(const json& definition) {
  valijson::Schema schema;
  return compile(definition, schema);
}

event_schemas::event_schemas(const std::vector<event_schema>& schemas) {
  for (const auto& each : schemas) {
    auto& held = by_kind_[kind_of(each.event_type, each.event_name)];
    if (held && held->created_at > each.created_at)
      continue;
    auto compiled = std::make_unique<compiled_event_schema>();
    compiled->mode = each.mode;
    compiled->created_at = each.created_at;
    if (auto outcome = compile(json::parse(each.schema_definition, nullptr, false), compiled->schema); !outcome)
      compiled->why_unusable = outcome.error().message;
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
  if (!schema.why_unusable.empty()) {
    outcome.violations.push_back("the schema of this event " + schema.why_unusable);
    return outcome;
  }
  const auto document = properties.empty() ? json::object() : json::parse(properties, nullptr, false);
  if (document.is_discarded()) {
    outcome.violations.push_back("the properties are not valid JSON");
    return outcome;
  }
  try {
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(schema.schema, adapter{document}, &results))
      return outcome;
    for (const auto& each : results) {
      if (outcome.violations.size() >= violations_told_max)
        break;
      std::string place;
      for (const auto& part : each.context)
        place += part == "<root>" ? "properties" : part;
      outcome.violations.push_back(place + ": " + each.description);
    }
    if (outcome.violations.empty())
      outcome.violations.push_back("the properties do not fit the schema");
  } catch (const std::exception& why) {
    outcome.violations.push_back(std::string{"the schema could not be applied: "} + why.what());
  }
  return outcome;
}

} // namespace dotmac
