#pragma once

/// Reads the members of one event out of a document that simdjson walks on demand: types, lengths, schemas. Part of
/// event_parser, which owns the document around the events.
///
/// Errors    a fault names its field; `broken` says that the document itself cannot be read on.
/// Threads   one owner.

#include "api/event_parser.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace dotmac::event_reading {

namespace ondemand = simdjson::ondemand;

/// A fault of one event; the document around it may still be sound.
struct fault {
  std::string field;
  std::string text;
};
using maybe_fault = std::optional<fault>;

struct text_field {
  std::string_view name;
  event_field field;
  std::size_t size_max;
  bool required;
};
inline constexpr std::array text_fields{
    text_field{"event_type", event_field::event_type, event_type_size_max, true},
    text_field{"event_name", event_field::event_name, event_name_size_max, true},
    text_field{"event_id", event_field::event_id, event_identifier_size_max, false},
    text_field{"user_id", event_field::user_id, event_identifier_size_max, false},
    text_field{"session_id", event_field::session_id, event_identifier_size_max, false},
    text_field{"customer_id", event_field::customer_id, event_identifier_size_max, false},
    text_field{"source", event_field::source, event_identifier_size_max, false}};

inline failure malformed(const std::string& why) { return {error_code::malformed_request, "the body is not valid JSON: " + why, "body"}; }

/// Errors after which the place in the document is lost.
inline bool breaks_document(simdjson::error_code why) {
  return why != simdjson::SUCCESS && why != simdjson::INCORRECT_TYPE && why != simdjson::NUMBER_OUT_OF_RANGE
         && why != simdjson::NUMBER_ERROR && why != simdjson::STRING_ERROR;
}

inline std::string describe_error(simdjson::error_code why) { return simdjson::error_message(why); }

inline bool is_whole_number(std::string_view token) {
  if (!token.empty() && token.front() == '-')
    token.remove_prefix(1);
  return !token.empty() && token.find_first_not_of("0123456789") == token.npos;
}

inline std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

class event_reader {
public:
  simdjson::padded_string_view pad(std::string& body) {
    if (body.capacity() < body.size() + simdjson::SIMDJSON_PADDING)
      body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view{body.data(), body.size(), body.capacity()};
  }

  /// `broken` is set where the document cannot be read on.
  maybe_fault read_event(ondemand::value value, timestamp received_at, event_block_builder& into, std::string_view source,
                         simdjson::error_code& broken) {
    ondemand::object object;
    if (const auto why = value.get_object().get(object)) {
      if (breaks_document(why))
        broken = why;
      return fault{"event", "must be an object"};
    }
    return read_object(object, received_at, into, source, broken);
  }

  maybe_fault read_object(ondemand::object object, timestamp received_at, event_block_builder& into,
                          std::string_view source, simdjson::error_code& broken) {
    into.begin_event(received_at);
    seen_.fill(false);
    keys_.clear();
    property_count_ = 0;
    sent_id_.clear();
    event_type_ = event_name_ = raw_properties_ = {};
    auto found = read_fields(object, into, broken);
    if (!found && !broken)
      for (std::size_t i = 0; i < text_fields.size(); ++i)
        if (text_fields[i].required && !seen_[i]) {
          found = fault{std::string{text_fields[i].name}, "is required"};
          break;
        }
    if (!found && !broken && schemas_)
      found = check_schema(into);
    if (found || broken) {
      into.abandon_event();
      return found;
    }
    if (!source.empty() && !seen_[6])
      into.set_field(event_field::source, source);
    into.end_event();
    return {};
  }

  void use_schemas(const event_schemas* schemas) { schemas_ = schemas && !schemas->is_empty() ? schemas : nullptr; }
  const std::string& sent_id() const { return sent_id_; }
  ondemand::parser& parser() { return parser_; }
  ondemand::parser& line_parser() { return line_parser_; }

private:
  maybe_fault check_schema(event_block_builder& into) {
    const auto finding = schemas_->check(event_type_, event_name_, raw_properties_);
    if (finding.violations.empty())
      return {};
    if (finding.mode == schema_mode::reject)
      return fault{"properties", "break the schema of this event: " + finding.violations.front()};
    constexpr std::string_view flag = "schema_violations";
    for (const auto& [scope, key] : keys_)
      if (scope == property_scope::context && key == flag)
        return fault{"context.schema_violations", "is given by the server"};
    into.add_json(property_scope::context, flag, json(finding.violations).dump(-1, ' ', false, json::error_handler_t::replace));
    return {};
  }

  maybe_fault read_fields(ondemand::object& object, event_block_builder& into, simdjson::error_code& broken) {
    for (auto each : object) {
      ondemand::field field;
      std::string_view key;
      if (auto why = std::move(each).get(field); why || (why = field.unescaped_key().get(key))) {
        broken = why;
        return fault{"event", describe_error(why)};
      }
      if (auto found = read_field(key, field.value(), into, broken); found || broken)
        return found;
    }
    return {};
  }

  maybe_fault read_field(std::string_view key, ondemand::value value, event_block_builder& into, simdjson::error_code& broken) {
    for (std::size_t i = 0; i < text_fields.size(); ++i)
      if (key == text_fields[i].name)
        return read_text_field(i, value, into, broken);
    if (key == "timestamp")
      return read_time(value, into, broken);
    if (key == "properties")
      return read_properties(property_scope::properties, "properties", value, into, broken);
    if (key == "context")
      return read_properties(property_scope::context, "context", value, into, broken);
    return fault{std::string{key.substr(0, 100)}, "is not a field of an event"};
  }

  maybe_fault read_text_field(std::size_t index, ondemand::value value, event_block_builder& into, simdjson::error_code& broken) {
    const auto& known = text_fields[index];
    bool is_null = false;
    if (value.is_null().get(is_null) == simdjson::SUCCESS && is_null)
      return known.required ? maybe_fault{fault{std::string{known.name}, "is required"}} : std::nullopt;
    std::string_view text;
    if (const auto why = value.get_string().get(text))
      return failed(known.name, why, "must be text", broken);
    if (seen_[index])
      return fault{std::string{known.name}, "is given twice"};
    seen_[index] = true;
    if (text.size() > known.size_max)
      return fault{std::string{known.name}, "has " + std::to_string(text.size()) + " bytes; the limit is " + std::to_string(known.size_max)};
    if (known.required && text.empty())
      return fault{std::string{known.name}, "must not be empty"};
    if (known.field == event_field::event_id)
      sent_id_ = text;
    else if (known.field == event_field::event_type)
      event_type_ = text;
    else if (known.field == event_field::event_name)
      event_name_ = text;
    into.set_field(known.field, text);
    return {};
  }

  maybe_fault read_time(ondemand::value value, event_block_builder& into, simdjson::error_code& broken) {
    bool is_null = false;
    if (value.is_null().get(is_null) == simdjson::SUCCESS && is_null)
      return {};
    std::string_view text;
    if (const auto why = value.get_string().get(text))
      return failed("timestamp", why, "must be an RFC 3339 time as text", broken);
    auto at = parse_timestamp(text);
    if (!at)
      return fault{"timestamp", at.error().message};
    into.set_timestamp(*at);
    return {};
  }

  maybe_fault read_properties(property_scope scope, std::string_view name, ondemand::value value, event_block_builder& into,
                              simdjson::error_code& broken) {
    bool is_null = false;
    if (value.is_null().get(is_null) == simdjson::SUCCESS && is_null)
      return {};
    ondemand::object object;
    if (const auto why = value.get_object().get(object))
      return failed(name, why, "must be an object", broken);
    if (schemas_ && scope == property_scope::properties) {
      auto why = object.raw_json().get(raw_properties_);
      if (!why)
        why = object.reset().error();
      if (why)
        return failed(name, why, "is not valid", broken);
    }
    for (auto each : object) {
      ondemand::field field;
      std::string_view key;
      if (auto why = std::move(each).get(field); why || (why = field.unescaped_key().get(key)))
        return failed(name, why, "is not valid", broken);
      if (auto found = read_property(scope, name, key, field.value(), into, broken); found || broken)
        return found;
    }
    return {};
  }

  maybe_fault read_property(property_scope scope, std::string_view name, std::string_view key, ondemand::value value,
                            event_block_builder& into, simdjson::error_code& broken) {
    const auto path = [&] { return std::string{name} + "." + std::string{key.substr(0, property_key_size_max)}; };
    if (key.empty() || key.size() > property_key_size_max)
      return fault{path(), "a key has 1 to " + std::to_string(property_key_size_max) + " bytes"};
    if (++property_count_ > property_count_max)
      return fault{std::string{name}, "an event has at most " + std::to_string(property_count_max) + " properties and context entries"};
    for (const auto& [seen_scope, seen_key] : keys_)
      if (seen_scope == scope && seen_key == key)
        return fault{path(), "is given twice"};
    keys_.emplace_back(scope, key);
    ondemand::json_type type;
    if (const auto why = value.type().get(type))
      return failed(path(), why, "is not valid", broken);
    switch (type) {
    case ondemand::json_type::string: {
      std::string_view text;
      if (const auto why = value.get_string().get(text))
        return failed(path(), why, "is not valid text", broken);
      if (text.size() > property_text_size_max)
        return fault{path(), "has " + std::to_string(text.size()) + " bytes; the limit is " + std::to_string(property_text_size_max)};
      into.add_text(scope, key, text);
      return {};
    }
    case ondemand::json_type::number: return read_number(scope, path(), key, value, into, broken);
    case ondemand::json_type::boolean: {
      bool held = false;
      if (const auto why = value.get_bool().get(held))
        return failed(path(), why, "must be true or false", broken);
      into.add_boolean(scope, key, held);
      return {};
    }
    case ondemand::json_type::null: {
      bool is_null = false;
      if (const auto why = value.is_null().get(is_null); why || !is_null)
        return failed(path(), why ? why : simdjson::N_ATOM_ERROR, "is not valid", broken);
      into.add_null(scope, key);
      return {};
    }
    default: return read_nested(scope, path(), key, value, into, broken);
    }
  }

  maybe_fault read_number(property_scope scope, const std::string& path, std::string_view key, ondemand::value value,
                          event_block_builder& into, simdjson::error_code& broken) {
    const auto token = trimmed(value.raw_json_token());
    ondemand::number number;
    if (const auto why = value.get_number().get(number)) {
      if (is_whole_number(token) && token.size() <= property_text_size_max && (token.size() == 1 || token.find_first_not_of('-') == token.npos || token[token[0] == '-'] != '0')) {
        into.add_json(scope, key, token);
        return {};
      }
      return failed(path, why, "is not a number that fits into 64 bits", broken);
    }
    if (number.is_int64())
      into.add_integer(scope, key, number.get_int64());
    else if (number.is_uint64())
      into.add_json(scope, key, token);
    else if (std::isfinite(number.get_double()))
      into.add_number(scope, key, number.get_double());
    else
      return fault{path, "is not a number that fits into 64 bits"};
    return {};
  }

  /// Nested values are kept as their text, so they are checked as a whole first.
  maybe_fault read_nested(property_scope scope, const std::string& path, std::string_view key, ondemand::value value,
                          event_block_builder& into, simdjson::error_code& broken) {
    std::string_view raw;
    if (const auto why = simdjson::to_json_string(value).get(raw))
      return failed(path, why, "is not valid", broken);
    raw = trimmed(raw);
    if (raw.size() > property_text_size_max)
      return fault{path, "has " + std::to_string(raw.size()) + " bytes of JSON; the limit is " + std::to_string(property_text_size_max)};
    nested_.assign(raw);
    nested_.reserve(raw.size() + simdjson::SIMDJSON_PADDING);
    if (nested_parser_.max_depth() != json_depth_max)
      if (const auto why = nested_parser_.allocate(property_text_size_max, json_depth_max))
        return failed(path, why, "is not valid", broken);
    if (const auto why = nested_parser_.parse(nested_.data(), nested_.size(), false).error()) {
      if (why == simdjson::DEPTH_ERROR)
        return fault{path, "is nested deeper than the limit of " + std::to_string(json_depth_max)};
      return fault{path, "is not valid JSON: " + describe_error(why)};
    }
    into.add_json(scope, key, raw);
    return {};
  }

  static maybe_fault failed(std::string_view field, simdjson::error_code why, std::string_view text, simdjson::error_code& broken) {
    if (breaks_document(why))
      broken = why;
    return fault{std::string{field}, std::string{text}};
  }

  ondemand::parser parser_;
  ondemand::parser line_parser_;
  simdjson::dom::parser nested_parser_{property_text_size_max};
  std::string nested_;
  std::string sent_id_;
  const event_schemas* schemas_ = nullptr;
  std::string_view event_type_; ///< of the present event, in the parser's buffer
  std::string_view event_name_;
  std::string_view raw_properties_;
  std::array<bool, text_fields.size()> seen_{};
  std::vector<std::pair<property_scope, std::string_view>> keys_;
  std::size_t property_count_ = 0;
};

} // namespace dotmac::event_reading
