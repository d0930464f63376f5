#pragma once

/// Reads the members of one event out of a document that simdjson walks on demand: types, lengths, schemas. Part of
/// event_parser, which owns the document around the events.
///
/// Errors    a fault names its field; `broken` says that the document itself cannot be read on.
/// Threads   one owner.

#include "api/property_reader.hpp"

namespace dotmac::event_reading {

struct text_field {
  std::string_view name;
  event_field field;
  std::size_t size_max;
  bool in_characters; ///< else in bytes
  bool required;
};
inline constexpr std::array text_fields{
    text_field{"event_type", event_field::event_type, event_type_size_max, true, true},
    text_field{"event_name", event_field::event_name, event_name_size_max, true, true},
    text_field{"event_id", event_field::event_id, event_identifier_size_max, false, false},
    text_field{"user_id", event_field::user_id, event_identifier_size_max, false, false},
    text_field{"session_id", event_field::session_id, event_identifier_size_max, false, false},
    text_field{"customer_id", event_field::customer_id, event_identifier_size_max, false, false},
    text_field{"source", event_field::source, event_identifier_size_max, false, false}};
inline constexpr auto field_names = [] {
  std::array<std::string_view, text_fields.size() + 3> names;
  std::transform(text_fields.begin(), text_fields.end(), names.begin(), [](const text_field& each) { return each.name; });
  names[text_fields.size()] = "timestamp";
  names[text_fields.size() + 1] = "properties";
  names[text_fields.size() + 2] = "context";
  return names;
}();

class event_reader {
public:
  /// The body as simdjson wants it, without a byte order mark.
  simdjson::padded_string_view pad(std::string& body) {
    if (body.capacity() < body.size() + simdjson::SIMDJSON_PADDING)
      body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    const auto begin = byte_order_mark_of(body).size();
    end_ = body.data() + body.size();
    surrogates_.use_body(body);
    return simdjson::padded_string_view{body.data() + begin, body.size() - begin, body.capacity() - begin};
  }

  /// `broken` is set where the document cannot be read on.
  maybe_fault read_event(ondemand::value value, timestamp received_at, event_block_builder& into, std::string_view source,
                         simdjson::error_code& broken) {
    ondemand::object object;
    if (const auto why = value.get_object().get(object)) {
      if (breaks_document(why))
        broken = why;
      return make_fault({}, "must be an object", shown_value(rest_of(value)));
    }
    return read_object(object, nullptr, received_at, into, source, broken);
  }

  /// `whole` is the document where it must end with this object.
  maybe_fault read_object(ondemand::object object, ondemand::document* whole, timestamp received_at, event_block_builder& into,
                          std::string_view source, simdjson::error_code& broken) {
    into.begin_event(received_at);
    begin_event();
    auto found = read_fields(object, into, broken);
    if (const char* rest = nullptr; !found && !broken && whole && whole->current_location().get(rest) == simdjson::SUCCESS)
      broken = simdjson::TRAILING_CONTENT;
    if (!found && !broken)
      for (std::size_t i = 0; i < text_fields.size(); ++i)
        if (text_fields[i].required && !seen_[i]) {
          found = make_fault({std::string{text_fields[i].name}}, "is required");
          break;
        }
    if (!found && !broken && schemas_)
      found = check_schema(into);
    if (found || broken) {
      into.abandon_event();
      return found;
    }
    if (!source.empty() && !has_source_)
      into.set_field(event_field::source, source);
    into.end_event();
    return {};
  }

  void use_schemas(const event_schemas* schemas) { schemas_ = schemas && !schemas->is_empty() ? schemas : nullptr; }
  const parsed_event& parsed() const { return parsed_; }
  ondemand::parser& parser() { return parser_; }
  ondemand::parser& line_parser() { return line_parser_; }

  static std::string_view byte_order_mark_of(std::string_view body) { return body.starts_with("\xEF\xBB\xBF") ? body.substr(0, 3) : std::string_view{}; }

private:
  void begin_event() {
    seen_.fill(false);
    has_source_ = false;
    properties_.begin_event();
    parsed_.event_id.clear();
    parsed_.at.reset();
    event_type_ = event_name_ = {};
  }

  /// The bytes of the document from a value on.
  std::string_view rest_of(ondemand::value value) const {
    const auto* const begin = value.raw_json_token().data();
    return {begin, static_cast<std::size_t>(end_ - begin)};
  }

  maybe_fault check_schema(event_block_builder& into) {
    const auto raw = properties_.raw_properties();
    const auto finding = schemas_->check(event_type_, event_name_, raw);
    if (finding.violations.empty())
      return {};
    if (finding.mode == schema_mode::reject)
      return make_fault({"properties"}, "break the schema of this event: " + finding.violations.front(), shown_value(raw));
    constexpr std::string_view flag = "schema_violations";
    if (properties_.has(property_scope::context, flag))
      return make_fault({"context", std::string{flag}}, "is given by the server");
    into.add_json(property_scope::context, flag, json(finding.violations).dump(-1, ' ', false, json::error_handler_t::replace));
    return {};
  }

  maybe_fault read_fields(ondemand::object& object, event_block_builder& into, simdjson::error_code& broken) {
    std::size_t position = 0;
    for (auto each : object) {
      ondemand::field field;
      if (const auto why = std::move(each).get(field)) {
        broken = why;
        return make_fault({}, describe_error(why));
      }
      std::string_view key;
      if (const auto why = field.unescaped_key().get(key); why || surrogates_.is_half_a_pair(key))
        return failed({}, why, "a key is not valid text", broken);
      auto found = read_field(key, position++, field.value(), into, broken);
      if (found && found->input.empty())
        found->input = shown_value(rest_of(field.value()));
      if (found || broken)
        return found;
    }
    return {};
  }

  maybe_fault read_field(std::string_view key, std::size_t position, ondemand::value value, event_block_builder& into, simdjson::error_code& broken) {
    const auto index = number_of_field(key, position);
    if (index == field_names.size())
      return make_fault({std::string{key.substr(0, key_shown_max)}}, "is not a field of an event");
    if (std::exchange(seen_[index], true))
      return make_fault({std::string{key}}, "is given twice");
    if (index < text_fields.size())
      return read_text_field(text_fields[index], value, into, broken);
    if (index == text_fields.size())
      return read_time(value, into, broken);
    const auto scope = index == text_fields.size() + 1 ? property_scope::properties : property_scope::context;
    return properties_.read(scope, key, value, schemas_ && scope == property_scope::properties, into, broken, [&](ondemand::value of) { return rest_of(of); });
  }

  /// Events of a batch mostly have their fields in one order, so the field that stood there last time is looked at first.
  std::size_t number_of_field(std::string_view key, std::size_t position) {
    auto& last = last_at_[std::min(position, last_at_.size() - 1)];
    if (field_names[last] == key)
      return last;
    const auto found = static_cast<std::size_t>(std::find(field_names.begin(), field_names.end(), key) - field_names.begin());
    if (found < field_names.size())
      last = found;
    return found;
  }

  maybe_fault read_text_field(const text_field& known, ondemand::value value, event_block_builder& into, simdjson::error_code& broken) {
    const auto wrong = [&](std::string text) { return make_fault({std::string{known.name}}, std::move(text)); };
    bool is_null = false;
    if (value.is_null().get(is_null) == simdjson::SUCCESS && is_null)
      return known.required ? wrong("is required") : nullptr;
    std::string_view text;
    if (const auto why = value.get_string().get(text))
      return failed({std::string{known.name}}, why, "must be text", broken);
    if (surrogates_.is_half_a_pair(text))
      return wrong("is not valid text");
    if (text.size() > known.size_max)
      if (const auto size = known.in_characters ? count_characters(text) : text.size(); size > known.size_max)
        return wrong("has " + std::to_string(size) + (known.in_characters ? " characters" : " bytes") + "; the limit is " + std::to_string(known.size_max));
    if (known.required && text.empty())
      return wrong("must not be empty");
    if (known.field == event_field::event_id)
      parsed_.event_id = text;
    else if (known.field == event_field::event_type)
      event_type_ = text;
    else if (known.field == event_field::event_name)
      event_name_ = text;
    else if (known.field == event_field::source)
      has_source_ = true;
    into.set_field(known.field, text);
    return {};
  }

  maybe_fault read_time(ondemand::value value, event_block_builder& into, simdjson::error_code& broken) {
    bool is_null = false;
    if (value.is_null().get(is_null) == simdjson::SUCCESS && is_null)
      return {};
    std::string_view text;
    if (const auto why = value.get_string().get(text))
      return failed({"timestamp"}, why, "must be an RFC 3339 time as text", broken);
    auto at = parse_timestamp(text);
    if (!at)
      return make_fault({"timestamp"}, at.error().message);
    parsed_.at = *at;
    into.set_timestamp(*at);
    return {};
  }

  ondemand::parser parser_;
  ondemand::parser line_parser_;
  surrogate_check surrogates_;
  property_reader properties_{surrogates_};
  parsed_event parsed_;
  const char* end_ = nullptr; ///< of the present body
  const event_schemas* schemas_ = nullptr;
  std::string_view event_type_; ///< of the present event, in the parser's buffer
  std::string_view event_name_;
  std::array<bool, field_names.size()> seen_{};
  std::array<std::size_t, field_names.size()> last_at_{}; ///< the field that stood at a position of an event last
  bool has_source_ = false;
};

} // namespace dotmac::event_reading
