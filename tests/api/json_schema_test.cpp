#include "api/json_schema.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

std::vector<std::string> check(const char* schema, const char* value) {
  const auto compiled = compiled_json_schema::compile(json::parse(schema));
  if (!compiled)
    return {"no schema: " + compiled.error().message};
  return compiled->violations(json::parse(value), "properties", 5);
}

struct example {
  const char* schema;
  const char* fits;
  const char* breaks;
};

TEST(json_schema, tells_values_that_fit_from_those_that_do_not) {
  const example examples[] = {
      {R"({"type":"integer"})", "3.0", "3.5"},
      {R"({"type":["string","null"]})", "null", "1"},
      {R"({"type":"number"})", "1", R"("1")"},
      {R"({"enum":[1,"a",null,{"b":[1]}]})", R"({"b":[1]})", R"({"b":[2]})"},
      {R"({"const":5})", "5.0", "6"},
      {R"({"minimum":0,"maximum":10})", "10", "10.5"},
      {R"({"exclusiveMinimum":0})", "0.001", "0"},
      {R"({"exclusiveMaximum":0})", "-1", "0"},
      {R"({"multipleOf":0.01})", "19.99", "19.999"},
      {R"({"multipleOf":7})", "9223372036854775807", "9223372036854775806"},
      {R"({"minLength":2,"maxLength":3})", R"("öü")", R"("ö")"},
      {R"({"pattern":"^[a-z]+$"})", R"("abc")", R"("abC")"},
      {R"({"format":"date-time"})", R"("2024-02-29T00:00:00Z")", R"("2023-02-29T00:00:00Z")"},
      {R"({"format":"date"})", R"("2024-02-29")", R"("2023-02-29")"},
      {R"({"format":"uuid"})", R"("0188D1C2-7A3B-7C4D-8E5F-0123456789AB")", R"("0188d1c2")"},
      {R"({"format":"ipv4"})", R"("10.0.0.1")", R"("10.0.0.256")"},
      {R"({"format":"ipv6"})", R"("2001:db8::1")", R"("2001:db8::g")"},
      {R"({"format":"email"})", R"("a@b.example")", R"("a.example")"},
      {R"({"required":["a","b"]})", R"({"a":1,"b":null})", R"({"a":1})"},
      {R"({"properties":{"a":{"type":"string"}}})", R"({"a":"x","b":1})", R"({"a":1})"},
      {R"({"properties":{"a":{}},"additionalProperties":false})", R"({"a":1})", R"({"a":1,"b":1})"},
      {R"({"patternProperties":{"^n_":{"type":"number"}},"additionalProperties":{"type":"string"}})", R"({"n_a":1,"b":"x"})", R"({"n_a":"x"})"},
      {R"({"propertyNames":{"maxLength":3}})", R"({"abc":1})", R"({"abcd":1})"},
      {R"({"minProperties":1,"maxProperties":2})", R"({"a":1})", "{}"},
      {R"({"items":{"type":"integer"}})", "[1,2]", R"([1,"2"])"},
      {R"({"items":[{"type":"integer"},{"type":"string"}],"additionalItems":false})", R"([1,"a"])", R"([1,"a",2])"},
      {R"({"prefixItems":[{"type":"integer"}],"items":{"type":"string"}})", R"([1,"a","b"])", "[1,2]"},
      {R"({"minItems":1,"maxItems":2})", "[1]", "[1,2,3]"},
      {R"({"uniqueItems":true})", "[1,2,[1]]", "[[1,2],3,[1,2]]"},
      {R"({"contains":{"const":1}})", "[0,1]", "[0,2]"},
      {R"({"contains":{"const":1},"minContains":2,"maxContains":3})", "[1,1]", "[1,1,1,1]"},
      {R"({"allOf":[{"minimum":1},{"maximum":3}]})", "2", "4"},
      {R"({"anyOf":[{"type":"string"},{"minimum":5}]})", "7", "3"},
      {R"({"oneOf":[{"multipleOf":2},{"multipleOf":3}]})", "4", "6"},
      {R"({"not":{"type":"string"}})", "1", R"("1")"},
      {R"({"if":{"required":["card"]},"then":{"required":["address"]},"else":{"required":["cash"]}})", R"({"cash":1})", R"({"card":1})"},
      {R"({"dependentRequired":{"a":["b"]}})", R"({"b":1})", R"({"a":1})"},
      {R"({"dependentSchemas":{"a":{"required":["c"]}}})", R"({"a":1,"c":1})", R"({"a":1})"},
      {R"({"dependencies":{"a":["b"],"c":{"minProperties":2}}})", R"({"c":1,"d":1})", R"({"c":1})"},
      {R"({"$defs":{"p/q":{"type":"integer"}},"properties":{"a":{"$ref":"#/$defs/p~1q"}}})", R"({"a":1})", R"({"a":"x"})"},
      {R"({"properties":{"v":{"type":"integer"},"next":{"$ref":"#"}}})", R"({"v":1,"next":{"v":2}})", R"({"v":1,"next":{"v":"x"}})"},
      {"{\"properties\":{\"a\":false}}", R"({"b":1})", R"({"a":1})"},
      {R"({"title":"t","x-owner":"noc","properties":{"a":{"description":"d","default":1}}})", R"({"a":2})", nullptr},
  };
  for (const auto& each : examples) {
    EXPECT_EQ(check(each.schema, each.fits), std::vector<std::string>{}) << each.schema;
    if (each.breaks != nullptr) {
      const auto told = check(each.schema, each.breaks);
      ASSERT_EQ(told.size(), 1u) << each.schema;
      EXPECT_TRUE(told[0].starts_with("properties")) << told[0];
    }
  }
}

TEST(json_schema, names_the_place_of_what_is_wrong) {
  const auto told = check(R"({"properties":{"list":{"items":{"properties":{"price":{"minimum":0}}}}},"required":["plan"]})", R"({"list":[{"price":1},{"price":-1}]})");
  EXPECT_EQ(told, (std::vector<std::string>{"properties must have \"plan\"", "properties.list[1].price must be at least 0.0"}));
}

TEST(json_schema, is_refused_with_its_place_where_it_means_nothing) {
  const std::pair<const char*, const char*> bad[] = {
      {R"({"type":"objekt"})", "/type"}, {R"({"type":7})", "/type"}, {R"({"type":[]})", "/type"}, {R"({"required":5})", "/required"},
      {R"({"required":[1]})", "/required"}, {R"({"properties":5})", "/properties"}, {R"({"properties":{"a/b":5}})", "/properties/a~1b"},
      {R"({"minLength":-1})", "/minLength"}, {R"({"minLength":1.5})", "/minLength"}, {R"({"maximum":"x"})", "/maximum"}, {R"({"multipleOf":0})", "/multipleOf"},
      {R"({"pattern":"("})", "/pattern"}, {R"({"pattern":"(a)\\1"})", "/pattern"}, {R"({"patternProperties":{"[":{}}})", "/patternProperties"},
      {R"({"enum":[]})", "/enum"}, {R"({"allOf":{}})", "/allOf"}, {R"({"allOf":[1]})", "/allOf/0"}, {R"({"requierd":["a"]})", "/requierd"},
      {R"({"$ref":"http://elsewhere/x"})", "/$ref"}, {R"({"$ref":"#/nope"})", "/$ref"}, {R"({"$ref":"#nope"})", "/$ref"}, {R"({"$ref":"#/a~x"})", "/$ref"},
      {R"({"unevaluatedProperties":false})", "/unevaluatedProperties"}, {R"({"uniqueItems":1})", "/uniqueItems"},
  };
  for (const auto& [schema, place] : bad) {
    const auto compiled = compiled_json_schema::compile(json::parse(schema));
    ASSERT_FALSE(compiled) << schema;
    EXPECT_EQ(compiled.error().code, error_code::validation_failed);
    EXPECT_EQ(compiled.error().field, "schema_definition");
    EXPECT_NE(compiled.error().message.find(place), std::string::npos) << compiled.error().message;
  }
}

TEST(json_schema, may_not_refer_to_itself_for_the_same_value) {
  for (const auto* schema : {R"({"$ref":"#"})", R"({"allOf":[{"$ref":"#"}]})", R"({"not":{"anyOf":[{"$ref":"#"}]}})", R"({"if":true,"then":{"$ref":"#"}})",
                             R"({"dependentSchemas":{"a":{"$ref":"#"}}})", R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"})"}) {
    const auto compiled = compiled_json_schema::compile(json::parse(schema));
    ASSERT_FALSE(compiled) << schema;
    EXPECT_NE(compiled.error().message.find("refers to itself"), std::string::npos) << compiled.error().message;
  }
}

/// Two references from each definition to the next: without a limit 2^n checks.
json doubling_schema(int levels) {
  json schema{{"$ref", "#/$defs/d0"}};
  for (int i = 0; i < levels; ++i) {
    const json next = i + 1 < levels ? json{{"$ref", "#/$defs/d" + std::to_string(i + 1)}} : json{{"type", "object"}};
    schema["$defs"]["d" + std::to_string(i)] = {{"allOf", {next, next}}};
  }
  return schema;
}

TEST(json_schema, says_so_where_checking_takes_too_many_steps_or_levels) {
  const auto wide = compiled_json_schema::compile(doubling_schema(60));
  ASSERT_TRUE(wide);
  const auto told = wide->violations(json::object(), "properties", 5);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("schema_steps_max = 100000"), std::string::npos) << told[0];
  const auto deep = compiled_json_schema::compile(doubling_schema(static_cast<int>(schema_depth_max)));
  ASSERT_TRUE(deep);
  EXPECT_EQ(deep->violations(json::object(), "properties", 5).size(), 1u);
  EXPECT_EQ(compiled_json_schema::compile(doubling_schema(10))->violations(json::object(), "properties", 5).size(), 0u);
  // Also where the steps run out while a part is only tried.
  const auto tried = compiled_json_schema::compile(json{{"anyOf", json::array({doubling_schema(60)["$defs"]["d59"], true})}});
  ASSERT_TRUE(tried);
  EXPECT_EQ(tried->violations(json::object(), "properties", 5).size(), 0u);
}

TEST(json_schema, has_a_limit_of_expressions) {
  json schema{{"patternProperties", json::object()}};
  for (std::size_t i = 0; i < schema_patterns_max; ++i)
    schema["patternProperties"]["^" + std::to_string(i)] = true;
  EXPECT_TRUE(compiled_json_schema::compile(schema));
  schema["pattern"] = "a";
  const auto refused = compiled_json_schema::compile(schema);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("schema_patterns_max = 64"), std::string::npos) << refused.error().message;
}

} // namespace
} // namespace dotmac
