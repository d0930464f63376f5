#pragma once

/// The JSON of described records: reading with every complaint told, writing, and the JSON Schema for the API document.
///
///   json_reader in;
///   funnel_options options;
///   if (!in.read(body, options)) return in.complaints();
///
/// Reading      Unknown fields, missing required fields, wrong types and values out of bounds are complaints, each with
///              the place (`loc`), a sentence that names the limit, and the input. null for an optional field means its default.
/// Custom forms specialize json_form<T> with read, write and schema.
/// Limits       complaints_max complaints; further ones are not told.
/// Threads      none of its own. Cost: linear in the document.

#include "core/describe/description.hpp"
#include "core/time/timestamp.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dotmac {

using json = nlohmann::json;

inline constexpr std::size_t complaints_max = 20;
inline constexpr std::size_t complaint_input_bytes_max = 200;

struct complaint {
  std::string type;
  std::vector<json> loc; ///< names and positions from the body (or the query) inwards
  std::string msg;
  json input;
};

/// A list of `{type, loc, msg, input}` as clients of the first edition know it.
inline json to_json(const std::vector<complaint>& complaints) {
  json list = json::array();
  for (const auto& each : complaints)
    list.push_back({{"type", each.type}, {"loc", each.loc}, {"msg", each.msg}, {"input", each.input}});
  return list;
}

/// Unicode code points of valid UTF-8.
inline std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Any JSON value, kept as its text.
struct json_text {
  std::string text;
};

template <class T> struct json_form;

namespace json_detail {
template <class T> inline constexpr bool is_vector = false;
template <class T> inline constexpr bool is_vector<std::vector<T>> = true;
template <class T> inline constexpr bool is_optional = false;
template <class T> inline constexpr bool is_optional<std::optional<T>> = true;
template <class T> inline constexpr bool is_string_map = false;
template <class T> inline constexpr bool is_string_map<std::map<std::string, T>> = true;
template <class T> concept custom = requires { sizeof(json_form<T>); };
} // namespace json_detail

class json_reader {
public:
  /// `root` is where places begin: "body", "query".
  explicit json_reader(std::string root = "body") : at_(1, json(std::move(root))) {}

  bool good() const noexcept { return complaints_.empty(); }
  const std::vector<complaint>& complaints() const noexcept { return complaints_; }

  template <class T> bool read(const json& from, T& into, bounds allowed = {}) {
    using namespace json_detail;
    const auto before = complaints_.size();
    if constexpr (custom<T>)
      json_form<T>::read(*this, from, into);
    else if constexpr (is_optional<T>)
      from.is_null() ? into.reset() : (void)read(from, into.emplace(), allowed);
    else if constexpr (std::is_same_v<T, timestamp>)
      read_timestamp(from, into);
    else if constexpr (std::is_same_v<T, json_text>)
      into.text = from.dump(-1, ' ', false, json::error_handler_t::replace);
    else if constexpr (described<T>)
      read_record(from, into);
    else if constexpr (std::is_same_v<T, std::string>)
      read_text(from, into, allowed);
    else if constexpr (std::is_same_v<T, bool>)
      from.is_boolean() ? (void)(into = from.get<bool>()) : complain("bool_type", "must be true or false", from);
    else if constexpr (named_enumeration<T>)
      read_name(from, into);
    else if constexpr (std::is_floating_point_v<T>)
      read_number(from, into, allowed);
    else if constexpr (std::is_integral_v<T>)
      read_integer(from, into, allowed);
    else if constexpr (is_vector<T>)
      read_list(from, into, allowed);
    else
      read_map(from, into, allowed);
    return complaints_.size() == before;
  }

  void complain(std::string type, std::string msg, const json& input) {
    if (complaints_.size() >= complaints_max)
      return;
    auto shown = input;
    if (input.is_structured() || input.is_string()) {
      auto text = input.dump(-1, ' ', false, json::error_handler_t::replace);
      if (text.size() > complaint_input_bytes_max)
        shown = text.substr(0, complaint_input_bytes_max) + "...";
    }
    complaints_.push_back({std::move(type), at_, std::move(msg), std::move(shown)});
  }

  /// Complaints made inside `read` carry `step` in their place.
  template <class Read> void inside(json step, Read read) {
    at_.push_back(std::move(step));
    read();
    at_.pop_back();
  }

private:
  static std::string between(bounds allowed, const char* unit) {
    constexpr bounds none;
    const auto min = std::to_string(allowed.min);
    const auto max = std::to_string(allowed.max);
    if (allowed.min == none.min)
      return "at most " + max + unit;
    if (allowed.max == none.max)
      return "at least " + min + unit;
    return min + " to " + max + unit;
  }
  static bool is_within(bounds allowed, std::size_t size) {
    return (allowed.min < 0 || size >= static_cast<std::size_t>(allowed.min)) && (allowed.max < 0 || size <= static_cast<std::size_t>(allowed.max));
  }

  void read_timestamp(const json& from, timestamp& into) {
    if (!from.is_string())
      return complain("datetime_type", "must be an RFC 3339 time as text", from);
    if (auto parsed = parse_timestamp(from.get_ref<const std::string&>()))
      into = parsed->at;
    else
      complain("datetime_parsing", parsed.error().message, from);
  }

  void read_text(const json& from, std::string& into, bounds allowed) {
    if (!from.is_string())
      return complain("string_type", "must be text", from);
    into = from.get<std::string>();
    const bool in_characters = allowed.unit == length_unit::in_characters;
    if (!is_within(allowed, in_characters ? count_characters(into) : into.size()))
      complain("string_length", "must have " + between(allowed, in_characters ? " characters" : " bytes"), from);
  }

  template <class T> void read_name(const json& from, T& into) {
    const auto& names = enumeration<T>::names;
    if (from.is_string())
      for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == from.get_ref<const std::string&>()) {
          into = static_cast<T>(i);
          return;
        }
    std::string known;
    for (const auto name : names)
      known.append(known.empty() ? "" : ", ").append(name);
    complain("enum", "must be one of: " + known, from);
  }

  template <class T> void read_number(const json& from, T& into, bounds allowed) {
    if (!from.is_number())
      return complain("float_type", "must be a number", from);
    into = from.get<T>();
    if (!std::isfinite(into))
      return complain("finite_number", "must be a finite number", from);
    constexpr bounds none;
    if ((allowed.min != none.min && into < static_cast<T>(allowed.min)) || (allowed.max != none.max && into > static_cast<T>(allowed.max)))
      complain("out_of_bounds", "must be " + between(allowed, ""), from);
  }

  template <class T> void read_integer(const json& from, T& into, bounds allowed) {
    if (!from.is_number_integer())
      return complain("int_type", "must be a whole number", from);
    if (from.is_number_unsigned() && from.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return complain("out_of_bounds", "must be " + between(allowed, ""), from);
    const auto value = from.get<std::int64_t>();
    if (value < allowed.min || value > allowed.max)
      return complain("out_of_bounds", "must be " + between(allowed, ""), from);
    into = static_cast<T>(value);
  }

  template <class T> void read_list(const json& from, std::vector<T>& into, bounds allowed) {
    if (!from.is_array())
      return complain("list_type", "must be a list", from);
    if (!is_within(allowed, from.size()))
      return complain("list_length", "must have " + between(allowed, " entries"), from.size());
    into.clear();
    for (std::size_t i = 0; i < from.size(); ++i)
      inside(i, [&] {
        T each{};
        read(from[i], each);
        into.push_back(std::move(each));
      });
  }

  template <class T> void read_map(const json& from, std::map<std::string, T>& into, bounds allowed) {
    if (!from.is_object())
      return complain("dict_type", "must be an object", from);
    if (!is_within(allowed, from.size()))
      return complain("dict_length", "must have " + between(allowed, " entries"), from.size());
    into.clear();
    for (const auto& [key, value] : from.items())
      inside(key, [&, &name = key, &held = value] { read(held, into[name]); });
  }

  template <described R> void read_record(const json& from, R& into) {
    if (!from.is_object())
      return complain("object_type", "must be an object", from);
    for_each_field<R>([&](const auto& each) {
      const auto found = from.find(each.name);
      inside(std::string{each.name}, [&] {
        if (found == from.end() || (found->is_null() && each.present == presence::required)) {
          if (each.present == presence::required)
            complain("missing", "is required", nullptr);
        } else if (!found->is_null()) {
          read(*found, into.*each.member, each.allowed);
        }
      });
    });
    for (const auto& [key, value] : from.items()) {
      bool known = false;
      for_each_field<R>([&, &name = key](const auto& each) { known = known || each.name == name; });
      if (!known)
        inside(key, [&, &held = value] { complain("extra_forbidden", "there is no such field", held); });
    }
  }

  std::vector<json> at_;
  std::vector<complaint> complaints_;
};

template <class T> json write_json(const T& value) {
  using namespace json_detail;
  if constexpr (custom<T>) {
    return json_form<T>::write(value);
  } else if constexpr (is_optional<T>) {
    return value ? write_json(*value) : json(nullptr);
  } else if constexpr (std::is_same_v<T, timestamp>) {
    return format_timestamp(value);
  } else if constexpr (std::is_same_v<T, json_text>) {
    return json::parse(value.text, nullptr, false);
  } else if constexpr (described<T>) {
    json object = json::object();
    for_each_field<T>([&](const auto& each) { object[std::string{each.name}] = write_json(value.*each.member); });
    return object;
  } else if constexpr (named_enumeration<T>) {
    return std::string{name_of(value)};
  } else if constexpr (is_vector<T>) {
    json list = json::array();
    for (const auto& each : value)
      list.push_back(write_json(each));
    return list;
  } else if constexpr (is_string_map<T>) {
    json object = json::object();
    for (const auto& [key, held] : value)
      object[key] = write_json(held);
    return object;
  } else {
    return value;
  }
}

template <class T> json json_schema(bounds allowed = {}) {
  using namespace json_detail;
  constexpr bounds none;
  const auto limited = [&](json schema, const char* min, const char* max) {
    if (allowed.min != none.min)
      schema[min] = allowed.min;
    if (allowed.max != none.max)
      schema[max] = allowed.max;
    return schema;
  };
  if constexpr (custom<T>) {
    return json_form<T>::schema();
  } else if constexpr (is_optional<T>) {
    return {{"anyOf", json::array({json_schema<typename T::value_type>(allowed), json{{"type", "null"}}})}};
  } else if constexpr (std::is_same_v<T, timestamp>) {
    return {{"type", "string"}, {"format", "date-time"}};
  } else if constexpr (std::is_same_v<T, json_text>) {
    return json::object();
  } else if constexpr (described<T>) {
    json schema{{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
    json required = json::array();
    for_each_field<T>([&](const auto& each) {
      using value = std::remove_cvref_t<decltype(std::declval<T>().*each.member)>;
      auto one = json_schema<value>(each.allowed);
      one["description"] = std::string{each.meaning};
      if constexpr (!custom<value> && !described<value> && !is_optional<value> && !std::is_same_v<value, json_text> && !std::is_same_v<value, timestamp>)
        if (each.present == presence::optional)
          one["default"] = write_json(T{}.*each.member);
      schema["properties"][std::string{each.name}] = std::move(one);
      if (each.present == presence::required)
        required.push_back(std::string{each.name});
    });
    if (!required.empty())
      schema["required"] = std::move(required);
    return schema;
  } else if constexpr (named_enumeration<T>) {
    json names = json::array();
    for (const auto name : enumeration<T>::names)
      names.push_back(std::string{name});
    return {{"type", "string"}, {"enum", std::move(names)}};
  } else if constexpr (std::is_same_v<T, std::string>) {
    return limited({{"type", "string"}}, "minLength", "maxLength");
  } else if constexpr (std::is_same_v<T, bool>) {
    return {{"type", "boolean"}};
  } else if constexpr (std::is_floating_point_v<T>) {
    return limited({{"type", "number"}}, "minimum", "maximum");
  } else if constexpr (std::is_integral_v<T>) {
    return limited({{"type", "integer"}}, "minimum", "maximum");
  } else if constexpr (is_vector<T>) {
    return limited({{"type", "array"}, {"items", json_schema<typename T::value_type>()}}, "minItems", "maxItems");
  } else {
    return limited({{"type", "object"}, {"additionalProperties", json_schema<typename T::mapped_type>()}}, "minProperties", "maxProperties");
  }
}

} // namespace dotmac
