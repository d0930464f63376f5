#include "api/json_schema_program.hpp"

#include "core/events/event_uuid.hpp"
#include "core/time/timestamp.hpp"

#include <algorithm>
#include <cmath>

#include <arpa/inet.h>

namespace dotmac {
namespace {

std::uint64_t code_points(const std::string& text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_whole(const json& value) {
  return value.is_number_integer() || (value.is_number_float() && value.get<double>() == std::floor(value.get<double>()));
}

bool has_type(const json& value, std::size_t type) {
  switch (type) {
  case 0: return value.is_null();
  case 1: return value.is_boolean();
  case 2: return value.is_object();
  case 3: return value.is_array();
  case 4: return value.is_number();
  case 5: return value.is_string();
  default: return value.is_number() && is_whole(value);
  }
}

bool is_multiple(const json& value, double of) {
  if (value.is_number_integer() && of == std::floor(of) && of < 0x1p53)
    return value.is_number_unsigned() ? value.get<std::uint64_t>() % static_cast<std::uint64_t>(of) == 0 : value.get<std::int64_t>() % static_cast<std::int64_t>(of) == 0;
  // Decimal steps such as 0.01 have no exact double: a quotient within rounding of a whole number counts.
  const auto quotient = value.get<double>() / of;
  return std::isfinite(quotient) && std::abs(quotient - std::round(quotient)) <= 1e-9 * std::max(1.0, std::abs(quotient));
}

std::string lower_case(std::string text) {
  for (auto& c : text)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

bool has_format(const std::string& text, schema_format format) {
  unsigned char address[16];
  switch (format) {
  case schema_format::date_time: return parse_timestamp(text).has_value();
  case schema_format::date: return text.size() == 10 && parse_timestamp(text + "T00:00:00Z").has_value();
  case schema_format::uuid: return parse_uuid(lower_case(text)).has_value();
  case schema_format::ipv4: return ::inet_pton(AF_INET, text.c_str(), address) == 1 && text.find('\0') == text.npos;
  case schema_format::ipv6: return ::inet_pton(AF_INET6, text.c_str(), address) == 1 && text.find('\0') == text.npos;
  case schema_format::email: {
    const auto at = text.rfind('@');
    return at != text.npos && at > 0 && at + 1 < text.size() && text.find_first_of(" \t\r\n") == text.npos;
  }
  default: return true;
  }
}

class schema_checker {
public:
  schema_checker(const compiled_json_schema::program& with, std::size_t told_max) : program_{with}, told_max_{told_max} {}

  void check(schema_number number, const json& value, const std::string& place) {
    if (gave_up_)
      return;
    if (++steps_ > schema_steps_max || depth_ >= schema_depth_max)
      return give_up(place);
    ++depth_;
    const auto& node = program_.nodes[number];
    if (node.is_never)
      tell(place, "is not allowed");
    check_value(node, value, place);
    if (value.is_number())
      check_number(node, value, place);
    else if (value.is_string())
      check_text(node, value.get_ref<const std::string&>(), place);
    else if (value.is_array())
      check_list(node, value, place);
    else if (value.is_object())
      check_object(node, value, place);
    check_combinations(node, value, place);
    --depth_;
  }

  std::vector<std::string> told;

private:
  void tell(const std::string& place, const std::string& what) {
    failed_ = true;
    if (!is_trying_ && told.size() < told_max_)
      told.push_back(place + " " + what);
  }
  void give_up(const std::string& place) {
    if (!gave_up_) {
      gave_up_ = true;
      const bool was_trying = std::exchange(is_trying_, false);
      tell(place, "cannot be checked: the schema takes more than schema_steps_max = " + std::to_string(schema_steps_max) + " steps or schema_depth_max = "
                      + std::to_string(schema_depth_max) + " levels");
      is_trying_ = was_trying;
    }
    failed_ = true;
  }
  /// Nothing that follows would change what is told.
  bool is_over() const { return gave_up_ || (is_trying_ ? failed_ : told.size() >= told_max_); }
  void charge(std::size_t steps) { steps_ += steps; }

  /// Whether the value fits, telling nothing.
  bool fits(schema_number number, const json& value, const std::string& place) {
    const bool was_trying = std::exchange(is_trying_, true);
    const bool had_failed = std::exchange(failed_, false);
    check(number, value, place);
    is_trying_ = was_trying;
    return !std::exchange(failed_, had_failed);
  }

  void check_value(const schema_node& node, const json& value, const std::string& place) {
    if (node.types != 0) {
      bool has_any = false;
      std::string names;
      for (std::size_t i = 0; i < schema_type_names.size(); ++i)
        if ((node.types >> i & 1) != 0) {
          has_any = has_any || has_type(value, i);
          names.append(names.empty() ? "" : " or ").append(schema_type_names[i]);
        }
      if (!has_any)
        tell(place, "must be of type " + names);
    }
    if (!node.values)
      return;
    charge(node.values->size());
    if (std::find(node.values->begin(), node.values->end(), value) == node.values->end())
      tell(place, node.values->size() == 1 ? "must be " + node.values->front().dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 100) : "is none of the values that are allowed");
  }

  void check_number(const schema_node& node, const json& value, const std::string& place) {
    const auto number = value.get<double>();
    const auto bound = [&](const std::optional<double>& limit, bool is_kept, const char* words) {
      if (limit && !is_kept)
        tell(place, words + json(*limit).dump());
    };
    bound(node.minimum, node.minimum && number >= *node.minimum, "must be at least ");
    bound(node.maximum, node.maximum && number <= *node.maximum, "must be at most ");
    bound(node.above, node.above && number > *node.above, "must be greater than ");
    bound(node.below, node.below && number < *node.below, "must be less than ");
    bound(node.multiple_of, node.multiple_of && is_multiple(value, *node.multiple_of), "must be a multiple of ");
  }

  void check_size(std::uint64_t size, const size_bounds& allowed, const char* what, const std::string& place) {
    if (size < allowed.least)
      tell(place, "must have at least " + std::to_string(allowed.least) + what);
    if (size > allowed.most)
      tell(place, "must have at most " + std::to_string(allowed.most) + what);
  }

  void check_text(const schema_node& node, const std::string& text, const std::string& place) {
    if (node.length.least > 0 || node.length.most != UINT64_MAX)
      check_size(code_points(text), node.length, " characters", place);
    if (node.text) {
      charge(text.size() / 64);
      if (!node.text->is_in(text))
        tell(place, "does not match the pattern");
    }
    if (!has_format(text, node.format))
      tell(place, "must be of the format " + std::string{schema_format_names[static_cast<std::size_t>(node.format)]});
  }

  void check_list(const schema_node& node, const json& list, const std::string& place) {
    check_size(list.size(), node.items_count, " items", place);
    if (node.has_unique_items) {
      charge(list.size());
      auto sorted = list.get<std::vector<json>>();
      std::sort(sorted.begin(), sorted.end());
      if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        tell(place, "must not have the same item twice");
    }
    std::uint64_t contained = 0;
    for (std::size_t i = 0; i < list.size() && !is_over(); ++i) {
      const auto item = place + "[" + std::to_string(i) + "]";
      if (i < node.first_items.size())
        check(node.first_items[i], list[i], item);
      else if (node.items != no_schema)
        check(node.items, list[i], item);
      if (node.contains != no_schema)
        contained += fits(node.contains, list[i], item);
    }
    if (node.contains != no_schema && !is_over())
      check_size(contained, node.contained, " items that its \"contains\" asks for", place);
  }

  void check_object(const schema_node& node, const json& object, const std::string& place) {
    check_size(object.size(), node.members, " properties", place);
    for (const auto& name : node.required)
      if (!object.contains(name))
        tell(place, "must have \"" + name + "\"");
    for (const auto& [name, needed] : node.dependent_required)
      for (const auto& other : needed)
        if (object.contains(name) && !object.contains(other))
          tell(place, "must have \"" + other + "\" beside \"" + name + "\"");
    for (const auto& [name, schema] : node.dependent_schemas)
      if (object.contains(name))
        check(schema, object, place);
    for (const auto& [name, value] : object.items()) {
      if (is_over())
        return;
      check_member(node, name, value, place + "." + name.substr(0, 128));
    }
  }

  void check_member(const schema_node& node, const std::string& name, const json& value, const std::string& place) {
    bool is_known = false;
    if (const auto own = node.properties.find(name); own != node.properties.end()) {
      is_known = true;
      check(own->second, value, place);
    }
    charge(node.pattern_properties.size());
    for (const auto& [names, schema] : node.pattern_properties)
      if (names.is_in(name)) {
        is_known = true;
        check(schema, value, place);
      }
    if (!is_known && node.other_properties != no_schema)
      check(node.other_properties, value, place);
    if (node.property_names != no_schema)
      check(node.property_names, json(name), place);
  }

  void check_combinations(const schema_node& node, const json& value, const std::string& place) {
    if (node.reference != no_schema)
      check(node.reference, value, place);
    for (const auto each : node.all_of)
      check(each, value, place);
    const auto fits_here = [&](schema_number each) { return fits(each, value, place); };
    if (!node.any_of.empty() && std::none_of(node.any_of.begin(), node.any_of.end(), fits_here))
      tell(place, "fits none of the schemas of its \"anyOf\"");
    if (!node.one_of.empty() && std::count_if(node.one_of.begin(), node.one_of.end(), fits_here) != 1)
      tell(place, "must fit exactly one of the schemas of its \"oneOf\"");
    if (node.negation != no_schema && fits_here(node.negation))
      tell(place, "fits what its \"not\" forbids");
    if (node.condition == no_schema)
      return;
    if (const auto next = fits_here(node.condition) ? node.then : node.otherwise; next != no_schema)
      check(next, value, place);
  }

  const compiled_json_schema::program& program_;
  const std::size_t told_max_;
  std::size_t steps_ = 0;
  std::size_t depth_ = 0;
  bool is_trying_ = false;
  bool failed_ = false;
  bool gave_up_ = false;
};

} // namespace

std::vector<std::string> compiled_json_schema::violations(const json& value, const std::string& root, std::size_t told_max) const {
  schema_checker with{*program_, told_max};
  with.check(0, value, root);
  return std::move(with.told);
}

} // namespace dotmac
