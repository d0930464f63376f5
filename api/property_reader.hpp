#pragma once

/// Reads the properties and the context of one event into columns: text, numbers, true, false, null as values of their type;
/// lists, objects and whole numbers beyond 64 bits as the JSON that was sent. Part of event_parser.
///
/// Errors    a fault names its key; `broken` says that the document itself cannot be read on.
/// Threads   one owner.

#include "api/json_grammar.hpp"
#include "api/json_number.hpp"
#include "api/reading_fault.hpp"

namespace dotmac::event_reading {

class property_reader {
public:
  explicit property_reader(const surrogate_check& surrogates) : surrogates_{surrogates} {}

  void begin_event() {
    keys_.clear();
    raw_properties_ = {};
  }
  bool has(property_scope scope, std::string_view key) const { return std::find(keys_.begin(), keys_.end(), std::pair{scope, key}) != keys_.end(); }
  /// The JSON of `properties`, where `keeps_raw` was asked for.
  std::string_view raw_properties() const { return raw_properties_; }

  /// `rest_of` gives the bytes of the document from a value on, for what is told of a fault.
  template <class Rest>
  maybe_fault read(property_scope scope, std::string_view name, ondemand::value value, bool keeps_raw, event_block_builder& into,
                   simdjson::error_code& broken, const Rest& rest_of) {
    bool is_null = false;
    if (value.is_null().get(is_null) == simdjson::SUCCESS && is_null)
      return {};
    ondemand::object object;
    if (const auto why = value.get_object().get(object))
      return failed({std::string{name}}, why, "must be an object", broken);
    if (keeps_raw) {
      auto why = object.raw_json().get(raw_properties_);
      if (!why)
        why = object.reset().error();
      if (why)
        return failed({std::string{name}}, why, "is not valid", broken);
    }
    for (auto each : object) {
      ondemand::field field;
      if (const auto why = std::move(each).get(field))
        return failed({std::string{name}}, why, "is not valid", broken);
      std::string_view key;
      if (const auto why = field.unescaped_key().get(key); why || surrogates_.is_half_a_pair(key))
        return failed({std::string{name}}, why, "a key is not valid text", broken);
      auto found = read_property(scope, key, field.value(), into, broken);
      if (!found && !broken)
        continue;
      if (found) {
        if (found->input.empty())
          found->input = shown_value(rest_of(field.value()));
        found->path = {std::string{name}, std::string{key.substr(0, property_key_size_max)}};
      }
      return found;
    }
    return {};
  }

private:
  maybe_fault read_property(property_scope scope, std::string_view key, ondemand::value value, event_block_builder& into, simdjson::error_code& broken) {
    if (key.empty() || key.size() > property_key_size_max)
      return make_fault({}, "a key has 1 to " + std::to_string(property_key_size_max) + " bytes");
    if (keys_.size() == property_count_max)
      return make_fault({}, "an event has at most " + std::to_string(property_count_max) + " properties and context entries");
    if (has(scope, key))
      return make_fault({}, "is given twice");
    keys_.emplace_back(scope, key);
    ondemand::json_type type;
    if (const auto why = value.type().get(type))
      return failed({}, why, "is not valid", broken);
    switch (type) {
    case ondemand::json_type::string: {
      std::string_view text;
      if (const auto why = value.get_string().get(text); why || surrogates_.is_half_a_pair(text))
        return failed({}, why, "is not valid text", broken);
      if (text.size() > property_text_size_max)
        return too_long(text.size(), " bytes");
      into.add_text(scope, key, text);
      return {};
    }
    case ondemand::json_type::number: return read_number(scope, key, without_blanks_behind(value.raw_json_token()), into);
    case ondemand::json_type::boolean: {
      bool held = false;
      if (const auto why = value.get_bool().get(held))
        return failed({}, why, "must be true or false", broken);
      into.add_boolean(scope, key, held);
      return {};
    }
    case ondemand::json_type::null: {
      bool is_null = false;
      if (const auto why = value.is_null().get(is_null); why || !is_null)
        return failed({}, why ? why : simdjson::N_ATOM_ERROR, "is not valid", broken);
      into.add_null(scope, key);
      return {};
    }
    default: return read_nested(scope, key, value, into, broken);
    }
  }

  static std::string_view without_blanks_behind(std::string_view token) {
    while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t'))
      token.remove_suffix(1);
    return token;
  }

  static maybe_fault too_long(std::size_t size, const char* unit) {
    return make_fault({}, "has " + std::to_string(size) + unit + "; the limit is " + std::to_string(property_text_size_max));
  }

  /// By our own reading: simdjson 3.0.1 loses decimals of 19 and more digits. The token is passed over as an unread value.
  static maybe_fault read_number(property_scope scope, std::string_view key, std::string_view token, event_block_builder& into) {
    const auto number = read_json_number(token);
    switch (number.kind) {
    case number_kind::integer: into.add_integer(scope, key, number.integer); return {};
    case number_kind::real: into.add_number(scope, key, number.real); return {};
    case number_kind::whole:
      if (token.size() > property_text_size_max)
        return too_long(token.size(), " digits");
      into.add_json(scope, key, token);
      return {};
    case number_kind::too_large: return make_fault({}, "is not a number that fits into 64 bits");
    case number_kind::none: break;
    }
    return make_fault({}, "is not a number as JSON writes them");
  }

  /// Nested values are kept as their text, so they are checked as a whole first.
  static maybe_fault read_nested(property_scope scope, std::string_view key, ondemand::value value, event_block_builder& into, simdjson::error_code& broken) {
    std::string_view raw;
    if (const auto why = simdjson::to_json_string(value).get(raw))
      return failed({}, why, "is not valid", broken);
    raw = trimmed(raw);
    if (raw.size() > property_text_size_max)
      return too_long(raw.size(), " bytes of JSON");
    if (auto wrong = check_json(raw, json_depth_max))
      return make_fault({}, "is not valid JSON: " + *wrong);
    into.add_json(scope, key, raw);
    return {};
  }

  const surrogate_check& surrogates_;
  std::vector<std::pair<property_scope, std::string_view>> keys_; ///< of the present event, in the parser's buffer
  std::string_view raw_properties_;
};

} // namespace dotmac::event_reading
