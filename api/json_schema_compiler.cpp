#include "api/json_schema_program.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace dotmac {
namespace {

constexpr std::array annotations{"$schema", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$defs", "definitions"};

class schema_compiler {
public:
  explicit schema_compiler(const json& document) : document_{document} {}

  result<compiled_json_schema::program> run() {
    number_of("");
    for (std::size_t i = 0; i < places_.size() && !why_; ++i)
      compile_node(places_[i]);
    if (!why_)
      refuse_loops();
    if (why_)
      return *why_;
    return std::move(out_);
  }

private:
  /// The number of the schema at a JSON pointer; it is compiled when its turn comes, so that references cost no recursion.
  schema_number number_of(const std::string& pointer) {
    const auto [known, is_new] = numbers_.emplace(pointer, static_cast<schema_number>(places_.size()));
    if (is_new) {
      places_.push_back(pointer);
      out_.nodes.emplace_back();
    }
    return known->second;
  }

  void refuse(const std::string& place, const std::string& why) {
    if (!why_)
      why_ = failure{error_code::validation_failed, "is not a valid JSON Schema: " + (place.empty() ? "the whole" : place) + " " + why, "schema_definition"};
  }

  static std::string below(const std::string& place, const std::string& member) {
    return place + (json::json_pointer{} / member).to_string();
  }

  /// By value: places_ and out_.nodes move while other nodes are added.
  void compile_node(const std::string place) {
    const auto own = numbers_.at(place);
    const auto& at = document_.at(json::json_pointer{place});
    schema_node node;
    if (at.is_boolean())
      node.is_never = !at.get<bool>();
    else if (!at.is_object())
      return refuse(place, "must be an object, true or false");
    else
      for (const auto& [word, value] : at.items())
        if (!why_)
          compile_keyword(word, value, below(place, word), node);
    if (node.condition == no_schema)
      node.then = node.otherwise = no_schema;
    out_.nodes[own] = std::move(node);
  }

  void compile_keyword(const std::string& word, const json& value, const std::string& place, schema_node& node) {
    if (std::find(annotations.begin(), annotations.end(), word) != annotations.end() || word.starts_with("x-"))
      return;
    const auto& known = keywords();
    if (const auto found = known.find(word); found != known.end())
      return (this->*found->second)(value, place, node);
    refuse(place, "is no keyword that is supported here");
  }

  using keyword = void (schema_compiler::*)(const json&, const std::string&, schema_node&);
  static const std::map<std::string, keyword>& keywords() {
    using c = schema_compiler;
    static const std::map<std::string, keyword> all{
        {"type", &c::read_type}, {"enum", &c::read_enum}, {"const", &c::read_const}, {"pattern", &c::read_pattern}, {"format", &c::read_format},
        {"required", &c::read_required}, {"patternProperties", &c::read_pattern_properties}, {"items", &c::read_items},
        {"uniqueItems", &c::read_unique}, {"$ref", &c::read_reference}, {"dependencies", &c::read_dependencies},
        {"multipleOf", &c::read_multiple},
        {"minimum", &c::number<&schema_node::minimum>}, {"maximum", &c::number<&schema_node::maximum>},
        {"exclusiveMinimum", &c::number<&schema_node::above>}, {"exclusiveMaximum", &c::number<&schema_node::below>},
        {"minLength", &c::size<&schema_node::length, &size_bounds::least>}, {"maxLength", &c::size<&schema_node::length, &size_bounds::most>},
        {"minItems", &c::size<&schema_node::items_count, &size_bounds::least>}, {"maxItems", &c::size<&schema_node::items_count, &size_bounds::most>},
        {"minProperties", &c::size<&schema_node::members, &size_bounds::least>}, {"maxProperties", &c::size<&schema_node::members, &size_bounds::most>},
        {"minContains", &c::size<&schema_node::contained, &size_bounds::least>}, {"maxContains", &c::size<&schema_node::contained, &size_bounds::most>},
        {"properties", &c::schemas_by_name<&schema_node::properties>}, {"dependentSchemas", &c::schemas_by_name<&schema_node::dependent_schemas>},
        {"dependentRequired", &c::read_dependencies},
        {"allOf", &c::schema_list<&schema_node::all_of>}, {"anyOf", &c::schema_list<&schema_node::any_of>}, {"oneOf", &c::schema_list<&schema_node::one_of>},
        {"prefixItems", &c::schema_list<&schema_node::first_items>},
        {"additionalProperties", &c::schema<&schema_node::other_properties>}, {"propertyNames", &c::schema<&schema_node::property_names>},
        {"additionalItems", &c::read_additional_items}, {"contains", &c::schema<&schema_node::contains>}, {"not", &c::schema<&schema_node::negation>},
        {"if", &c::schema<&schema_node::condition>}, {"then", &c::schema<&schema_node::then>}, {"else", &c::schema<&schema_node::otherwise>}};
    return all;
  }

  template <std::optional<double> schema_node::*into> void number(const json& value, const std::string& place, schema_node& node) {
    if (!value.is_number())
      return refuse(place, "must be a number");
    node.*into = value.get<double>();
  }
  template <size_bounds schema_node::*into, std::uint64_t size_bounds::*end> void size(const json& value, const std::string& place, schema_node& node) {
    const bool is_whole = value.is_number_unsigned() || (value.is_number_float() && value.get<double>() >= 0 && value.get<double>() < 1e15 && value.get<double>() == std::floor(value.get<double>()));
    if (!is_whole)
      return refuse(place, "must be a whole number from 0 on");
    (node.*into).*end = value.get<std::uint64_t>();
  }
  template <schema_number schema_node::*into> void schema(const json&, const std::string& place, schema_node& node) { node.*into = number_of(place); }
  template <std::vector<schema_number> schema_node::*into> void schema_list(const json& value, const std::string& place, schema_node& node) {
    if (!value.is_array() || value.empty())
      return refuse(place, "must be a list of schemas");
    for (std::size_t i = 0; i < value.size(); ++i)
      (node.*into).push_back(number_of(place + "/" + std::to_string(i)));
  }
  template <std::map<std::string, schema_number> schema_node::*into> void schemas_by_name(const json& value, const std::string& place, schema_node& node) {
    if (!value.is_object())
      return refuse(place, "must be an object of schemas");
    for (const auto& [name, inner] : value.items())
      (node.*into)[name] = number_of(below(place, name));
  }

  void read_type(const json& value, const std::string& place, schema_node& node) {
    const auto list = value.is_array() ? value : json::array({value});
    for (const auto& each : list) {
      const auto found = each.is_string() ? std::find(schema_type_names.begin(), schema_type_names.end(), each.get<std::string>()) : schema_type_names.end();
      if (found == schema_type_names.end())
        return refuse(place, "must be null, boolean, object, array, number, string or integer, or a list of these");
      node.types |= static_cast<std::uint8_t>(1u << (found - schema_type_names.begin()));
    }
    if (node.types == 0)
      refuse(place, "must name a type");
  }
  void read_enum(const json& value, const std::string& place, schema_node& node) {
    if (!value.is_array() || value.empty())
      return refuse(place, "must be a list of values");
    node.values = value.get<std::vector<json>>();
  }
  void read_const(const json& value, const std::string&, schema_node& node) { node.values = std::vector<json>{value}; }
  void read_multiple(const json& value, const std::string& place, schema_node& node) {
    number<&schema_node::multiple_of>(value, place, node);
    if (node.multiple_of && !(*node.multiple_of > 0))
      refuse(place, "must be greater than 0");
  }
  std::optional<pattern> compile_pattern(const std::string& text, const std::string& place) {
    if (++patterns_ > schema_patterns_max)
      return refuse(place, "is one of more than schema_patterns_max = " + std::to_string(schema_patterns_max) + " regular expressions"), std::nullopt;
    auto compiled = pattern::compile(text);
    if (!compiled)
      return refuse(place, "cannot be used: " + compiled.error().message), std::nullopt;
    return std::move(*compiled);
  }
  void read_pattern(const json& value, const std::string& place, schema_node& node) {
    if (!value.is_string())
      return refuse(place, "must be a regular expression as text");
    node.text = compile_pattern(value.get<std::string>(), place);
  }
  void read_pattern_properties(const json& value, const std::string& place, schema_node& node) {
    if (!value.is_object())
      return refuse(place, "must be an object of schemas");
    for (const auto& [text, inner] : value.items())
      if (auto compiled = compile_pattern(text, place))
        node.pattern_properties.emplace_back(std::move(*compiled), number_of(below(place, text)));
  }
  void read_format(const json& value, const std::string& place, schema_node& node) {
    if (!value.is_string())
      return refuse(place, "must be text");
    if (const auto found = std::find(schema_format_names.begin(), schema_format_names.end(), value.get<std::string>()); found != schema_format_names.end())
      node.format = static_cast<schema_format>(found - schema_format_names.begin());
  }
  bool read_names(const json& value, const std::string& place, std::vector<std::string>& into) {
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), [](const json& each) { return each.is_string(); }))
      return refuse(place, "must be a list of names"), false;
    into = value.get<std::vector<std::string>>();
    return true;
  }
  void read_required(const json& value, const std::string& place, schema_node& node) { read_names(value, place, node.required); }
  void read_dependencies(const json& value, const std::string& place, schema_node& node) {
    if (!value.is_object())
      return refuse(place, "must be an object");
    for (const auto& [name, needed] : value.items())
      if (needed.is_array())
        read_names(needed, below(place, name), node.dependent_required[name]);
      else if (place.ends_with("/dependencies"))
        node.dependent_schemas[name] = number_of(below(place, name));
      else
        refuse(below(place, name), "must be a list of names");
  }
  void read_items(const json& value, const std::string& place, schema_node& node) {
    if (value.is_array())
      return value.empty() ? void() : schema_list<&schema_node::first_items>(value, place, node);
    node.items = number_of(place);
  }
  /// Draft 7: what follows a list of items. Without such a list it says nothing.
  void read_additional_items(const json&, const std::string& place, schema_node& node) {
    const auto parent = json::json_pointer{place}.parent_pointer();
    const auto& around = document_.at(parent);
    if (around.contains("items") && around["items"].is_array())
      node.items = number_of(place);
  }
  void read_unique(const json& value, const std::string& place, schema_node& node) {
    if (!value.is_boolean())
      return refuse(place, "must be true or false");
    node.has_unique_items = value.get<bool>();
  }
  void read_reference(const json& value, const std::string& place, schema_node& node) {
    const auto target = value.is_string() ? value.get<std::string>() : std::string{};
    if (!target.starts_with('#') || (target.size() > 1 && target[1] != '/'))
      return refuse(place, "may refer only to its own parts (\"#/...\")");
    // A pointer that is not well formed is the one thing that nlohmann tells by throwing only.
    try {
      const json::json_pointer pointer{target.substr(1)};
      if (!document_.contains(pointer))
        return refuse(place, "refers to " + target + ", which is not there");
      node.reference = number_of(pointer.to_string());
    } catch (const json::exception&) {
      refuse(place, "is not a JSON pointer");
    }
  }

  /// Depth first over the edges that stay at the same value; a way back to a node on the way would never end.
  void refuse_loops() {
    enum class mark : std::uint8_t { fresh, on_the_way, finished };
    std::vector<mark> marks(out_.nodes.size(), mark::fresh);
    std::vector<std::pair<schema_number, std::size_t>> way;
    for (schema_number start = 0; start < out_.nodes.size(); ++start) {
      if (marks[start] != mark::fresh)
        continue;
      way.push_back({start, 0});
      while (!way.empty()) {
        auto& [at, next] = way.back();
        marks[at] = mark::on_the_way;
        const auto edges = edges_in_place(out_.nodes[at]);
        if (next == edges.size()) {
          marks[at] = mark::finished;
          way.pop_back();
          continue;
        }
        const auto to = edges[next++];
        if (marks[to] == mark::on_the_way)
          return refuse(places_[to], "refers to itself without going into a part of the value");
        if (marks[to] == mark::fresh)
          way.push_back({to, 0});
      }
    }
  }

  static std::vector<schema_number> edges_in_place(const schema_node& node) {
    std::vector<schema_number> out;
    for (const auto* list : {&node.all_of, &node.any_of, &node.one_of})
      out.insert(out.end(), list->begin(), list->end());
    for (const auto& [name, to] : node.dependent_schemas)
      out.push_back(to);
    for (const auto to : {node.negation, node.condition, node.then, node.otherwise, node.reference})
      if (to != no_schema)
        out.push_back(to);
    return out;
  }

  const json& document_;
  compiled_json_schema::program out_;
  std::map<std::string, schema_number> numbers_;
  std::vector<std::string> places_;
  std::size_t patterns_ = 0;
  std::optional<failure> why_;
};

} // namespace

result<compiled_json_schema> compiled_json_schema::compile(const json& definition) {
  auto compiled = schema_compiler{definition}.run();
  if (!compiled)
    return compiled.error();
  return compiled_json_schema{std::make_shared<const program>(std::move(*compiled))};
}

} // namespace dotmac
