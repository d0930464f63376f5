#include "api/filter_form.hpp"

#include "core/overload.hpp"

#include <algorithm>
#include <charconv>

namespace dotmac {
namespace {

constexpr std::array aliases{
    std::pair{std::string_view{"eq"}, filter_operator::equals},     std::pair{std::string_view{"ne"}, filter_operator::not_equals},
    std::pair{std::string_view{"gt"}, filter_operator::greater_than}, std::pair{std::string_view{"lt"}, filter_operator::less_than},
    std::pair{std::string_view{"gte"}, filter_operator::greater_equal}, std::pair{std::string_view{"lte"}, filter_operator::less_equal},
    std::pair{std::string_view{"nin"}, filter_operator::not_in}};

constexpr std::int64_t duration_seconds_max = 10LL * 366 * 86'400;

std::optional<filter_operator> find_operator(std::string_view name) {
  const auto& names = enumeration<filter_operator>::names;
  if (const auto found = std::find(names.begin(), names.end(), name); found != names.end())
    return static_cast<filter_operator>(found - names.begin());
  for (const auto& [alias, operation] : aliases)
    if (alias == name)
      return operation;
  return std::nullopt;
}

void read_values(json_reader& in, const json& from, filter_node& into) {
  const bool takes_list = into.operation == filter_operator::in || into.operation == filter_operator::not_in;
  if (into.operation == filter_operator::is_null || into.operation == filter_operator::is_not_null) {
    // {"is_null": false} means is_not_null, and the other way round.
    if (!from.is_boolean())
      return in.complain("bool_type", "must be true or false", from);
    if (!from.get<bool>())
      into.operation = into.operation == filter_operator::is_null ? filter_operator::is_not_null : filter_operator::is_null;
    return;
  }
  if (takes_list) {
    in.read(from, into.values, bounds{0, static_cast<std::int64_t>(filter_values_max)});
    return;
  }
  scalar value;
  if (in.read(from, value))
    into.values.push_back(std::move(value));
}

void add_conditions(json_reader& in, const std::string& field, const json& from, filter_node& into) {
  filter_node condition;
  condition.kind = filter_kind::condition;
  condition.field = field;
  if (from.is_array()) {
    condition.operation = filter_operator::in;
    read_values(in, from, condition);
    into.children.push_back(std::move(condition));
  } else if (!from.is_object()) {
    condition.operation = from.is_null() ? filter_operator::is_null : filter_operator::equals;
    read_values(in, from, condition);
    into.children.push_back(std::move(condition));
  } else {
    if (from.empty())
      in.complain("missing", "must name an operator, such as {\"equals\": value}", from);
    for (const auto& [name, value] : from.items())
      in.inside(name, [&, &key = name, &held = value] {
        const auto operation = find_operator(key);
        if (!operation)
          return in.complain("filter_operator", "is not an operator of filters", held);
        auto one = condition;
        one.operation = *operation;
        read_values(in, held, one);
        into.children.push_back(std::move(one));
      });
  }
}

/// {"field", "operator", "value"}; without an operator it means equals, and is_null and is_not_null need no value.
void read_listed_condition(json_reader& in, const json& from, filter_node& into) {
  filter_node condition;
  condition.kind = filter_kind::condition;
  condition.operation = filter_operator::equals;
  for (const auto& [name, value] : from.items())
    in.inside(name, [&, &key = name, &held = value] {
      if (key == "operator") {
        const auto operation = held.is_string() ? find_operator(held.get_ref<const std::string&>()) : std::nullopt;
        operation ? (void)(condition.operation = *operation) : in.complain("filter_operator", "is not an operator of filters", held);
      } else if (key == "field") {
        held.is_string() ? (void)(condition.field = held.get<std::string>()) : in.complain("string_type", "must be text", held);
      } else if (key != "value") {
        in.complain("extra_forbidden", "there is no such field: a condition has field, operator and value", held);
      }
    });
  if (!from.contains("field"))
    in.inside("field", [&] { in.complain("missing", "is required", nullptr); });
  const bool needs_value = condition.operation != filter_operator::is_null && condition.operation != filter_operator::is_not_null;
  if (const auto value = from.find("value"); value != from.end())
    in.inside("value", [&] { read_values(in, *value, condition); });
  else if (needs_value)
    in.inside("value", [&] { in.complain("missing", "is required", nullptr); });
  into.children.push_back(std::move(condition));
}

void read_condition_list(json_reader& in, const json& from, filter_node& into) {
  for (std::size_t i = 0; i < from.size(); ++i)
    in.inside(i, [&] {
      if (from[i].is_object())
        read_listed_condition(in, from[i], into);
      else
        in.complain("filter", "must be an object with field, operator and value", from[i]);
    });
}

/// What has one part is that part: it costs no condition and no level.
void unwrap(filter_node& group) {
  if (group.kind == filter_kind::all && group.children.size() == 1)
    group = filter_node{std::move(group.children.front())};
}

} // namespace

void json_form<filter_node>::read(json_reader& in, const json& from, filter_node& into) {
  into = {};
  if (from.is_array()) {
    read_condition_list(in, from, into);
    return unwrap(into);
  }
  if (!from.is_object())
    return in.complain("filter", "must be an object or a list of conditions", from);
  for (const auto& [name, value] : from.items())
    in.inside(name, [&, &key = name, &held = value] {
      if (key == "not") {
        filter_node negation{filter_kind::negation, {}, {}, {}, {}};
        read(in, held, negation.children.emplace_back());
        into.children.push_back(std::move(negation));
      } else if (key == "and" || key == "or") {
        if (!held.is_array())
          return in.complain("list_type", "must be a list of filters", held);
        filter_node group{key == "and" ? filter_kind::all : filter_kind::any, {}, {}, {}, {}};
        for (std::size_t i = 0; i < held.size(); ++i)
          in.inside(i, [&] { read(in, held[i], group.children.emplace_back()); });
        into.children.push_back(std::move(group));
      } else {
        add_conditions(in, key, held, into);
      }
    });
  unwrap(into);
}

json json_form<filter_node>::write(const filter_node& filter) {
  if (filter.kind == filter_kind::condition) {
    json values = json::array();
    for (const auto& each : filter.values)
      values.push_back(write_json(each));
    const bool is_list = filter.operation == filter_operator::in || filter.operation == filter_operator::not_in;
    return {{filter.field, {{std::string{name_of(filter.operation)}, is_list ? values : values.empty() ? json(true) : values[0]}}}};
  }
  json children = json::array();
  for (const auto& each : filter.children)
    children.push_back(write(each));
  if (filter.kind == filter_kind::negation)
    return {{"not", children.empty() ? json::object() : children[0]}};
  return {{std::string{name_of(filter.kind)}, children}};
}

json json_form<filter_node>::schema() { return {{"$ref", "#/components/schemas/filter"}}; }

json filter_schemas() {
  const json filter = json_form<filter_node>::schema();
  const json condition{{"$ref", "#/components/schemas/filter_condition"}};
  const json value = json_form<scalar>::schema();
  const json values{{"type", "array"}, {"items", value}, {"maxItems", filter_values_max}};
  json names = json::array();
  for (const auto name : enumeration<filter_operator>::names)
    names.push_back(std::string{name});
  for (const auto& [alias, operation] : aliases)
    names.push_back(std::string{alias});
  const json operators{{"type", "string"}, {"enum", names}};
  const json by_operator{{"type", "object"}, {"propertyNames", operators}, {"additionalProperties", {{"anyOf", json::array({value, values})}}},
                         {"description", "operators with their values; all of them must hold. in and not_in take lists"}};
  const json listed{{"type", "object"}, {"required", json::array({"field"})},
                    {"properties", {{"field", {{"type", "string"}}}, {"operator", operators}, {"value", {{"anyOf", json::array({value, values})}}}}}};
  return {{"filter", {{"description", "conditions by field (all of them must hold), and / or / not of further filters, or a list of conditions"},
                      {"anyOf", json::array({json{{"type", "array"}, {"items", listed}, {"description", "all of them must hold"}},
                                             json{{"type", "object"}, {"additionalProperties", condition},
                                                  {"properties", {{"and", {{"type", "array"}, {"items", filter}}}, {"or", {{"type", "array"}, {"items", filter}}}, {"not", filter}}}}})}}},
          {"filter_condition", {{"description", "a value that the field equals, a list of values that it is one of, or operators"},
                                {"anyOf", json::array({value, values, by_operator})}}}};
}

void json_form<funnel_step>::read(json_reader& in, const json& from, funnel_step& into) {
  into = {};
  if (from.is_string()) {
    into.text = from.get<std::string>();
    if (into.text.empty() || count_characters(into.text) > event_name_size_max)
      in.complain("string_length", "must have 1 to " + std::to_string(event_name_size_max) + " characters", from);
    return;
  }
  if (!from.is_object())
    return in.complain("funnel_step", "must be text or an object with event_type, event_name, filters", from);
  for (const auto& [name, value] : from.items())
    in.inside(name, [&, &key = name, &held = value] {
      if (key == "event_type")
        in.read(held, into.event_type, event_type_bounds);
      else if (key == "event_name")
        in.read(held, into.event_name, event_name_bounds);
      else if (key == "filters")
        in.read(held, into.filters);
      else
        in.complain("extra_forbidden", "there is no such field", held);
    });
}

json json_form<funnel_step>::write(const funnel_step& step) {
  if (!step.text.empty())
    return step.text;
  return {{"event_type", write_json(step.event_type)}, {"event_name", write_json(step.event_name)}, {"filters", write_json(step.filters)}};
}

json json_form<funnel_step>::schema() {
  const auto text = [](std::size_t max, const char* meaning) { return json{{"type", json::array({"string", "null"})}, {"minLength", 1}, {"maxLength", max}, {"description", meaning}}; };
  return {{"anyOf", json::array({json{{"type", "string"}, {"minLength", 1}, {"maxLength", event_name_size_max}, {"description", "an event type, or a name that no type bears"}},
                                 json{{"type", "object"}, {"additionalProperties", false},
                                      {"properties", {{"event_type", text(event_type_size_max, "events of this type")}, {"event_name", text(event_name_size_max, "events of this name")},
                                                      {"filters", json_form<filter_node>::schema()}}}}})}};
}

void json_form<scalar>::read(json_reader& in, const json& from, scalar& into) {
  if (from.is_string())
    into = from.get<std::string>();
  else if (from.is_boolean())
    into = from.get<bool>();
  else if (from.is_number_unsigned() && from.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    into = from.get<double>();
  else if (from.is_number_integer())
    into = from.get<std::int64_t>();
  else if (from.is_number())
    into = from.get<double>();
  else if (from.is_null())
    into = std::monostate{};
  else
    in.complain("scalar_type", "must be text, a number, true, false or null", from);
}

json json_form<scalar>::write(const scalar& value) {
  return std::visit(overload{[](std::monostate) { return json(nullptr); }, [](const auto& held) { return json(held); }}, value);
}

json json_form<scalar>::schema() { return {{"type", {"string", "number", "boolean", "null"}}}; }

void json_form<duration_form>::read(json_reader& in, const json& from, duration_form& into) {
  const auto refuse = [&] {
    in.complain("duration", "must be seconds, or text such as 90s, 30m, 24h, 7d, 2w; at most " + std::to_string(duration_seconds_max) + " seconds", from);
  };
  std::int64_t seconds = 0;
  if (from.is_number_integer()) {
    seconds = from.get<std::int64_t>();
  } else if (from.is_number_float()) {
    const auto value = from.get<double>();
    if (!(value >= 0 && value <= static_cast<double>(duration_seconds_max)))
      return refuse();
    into.milliseconds = static_cast<std::int64_t>(value * 1'000);
    return;
  } else if (from.is_string()) {
    const auto& text = from.get_ref<const std::string&>();
    constexpr std::array units{std::pair{'s', 1}, std::pair{'m', 60}, std::pair{'h', 3'600}, std::pair{'d', 86'400}, std::pair{'w', 604'800}};
    const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const auto unit = std::find_if(units.begin(), units.end(), [&, at = end](const auto& each) { return at != text.data() + text.size() && each.first == *at; });
    if (why != std::errc{} || unit == units.end() || end + 1 != text.data() + text.size() || seconds > duration_seconds_max)
      return refuse();
    seconds *= unit->second;
  } else {
    return refuse();
  }
  if (seconds < 0 || seconds > duration_seconds_max)
    return refuse();
  into.milliseconds = seconds * 1'000;
}

json json_form<duration_form>::write(const duration_form& duration) { return static_cast<double>(duration.milliseconds) / 1'000; }

json json_form<duration_form>::schema() {
  return {{"anyOf", json::array({json{{"type", "number"}, {"minimum", 0}, {"maximum", duration_seconds_max}, {"description", "seconds"}},
                                 json{{"type", "string"}, {"pattern", "^[0-9]+[smhdw]$"}, {"description", "such as 90s, 30m, 24h, 7d, 2w"}}})}};
}

} // namespace dotmac
