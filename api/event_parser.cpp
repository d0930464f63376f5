#include "api/event_parser.hpp"

#include "api/event_reader.hpp"

namespace dotmac {

using namespace event_reading;

class event_parser::implementation : public event_reader {};

event_parser::event_parser() : implementation_{std::make_unique<implementation>()} {}
event_parser::~event_parser() = default;

result<parsed_event> event_parser::parse_event(std::string& body, timestamp received_at, event_block_builder& into, const event_schemas* schemas,
                                               std::vector<complaint>& faults) {
  auto& self = *implementation_;
  self.use_schemas(schemas);
  ondemand::document document;
  if (const auto why = self.parser().iterate(self.pad(body)).get(document))
    return malformed(describe_error(why));
  ondemand::object object;
  maybe_fault found;
  if (const auto why = document.get_object().get(object)) {
    if (breaks_document(why))
      return malformed(describe_error(why));
    found = make_fault({}, "must be an object", shown_value(body));
  } else {
    auto broken = simdjson::SUCCESS;
    found = self.read_object(object, &document, received_at, into, {}, broken);
    if (broken)
      return malformed(describe_error(broken));
  }
  if (!found)
    return self.parsed();
  faults.push_back(complaint_of(*found));
  return failure{error_code::validation_failed, sentence_of(*found), {}};
}

namespace {

failure too_many_events() {
  return {error_code::payload_too_large, "a batch has at most " + std::to_string(batch_events_max) + " events", "events"};
}

} // namespace

result<parsed_batch> event_parser::parse_batch(std::string& body, timestamp received_at, event_block_builder& into,
                                   const event_schemas* schemas) {
  auto& self = *implementation_;
  self.use_schemas(schemas);
  ondemand::document document;
  if (const auto why = self.parser().iterate(self.pad(body)).get(document))
    return malformed(describe_error(why));
  parsed_batch batch;
  const auto read_list = [&](ondemand::array list, std::string_view source) -> result<void> {
    for (auto each : list) {
      ondemand::value value;
      if (const auto why = std::move(each).get(value))
        return malformed(describe_error(why));
      if (batch.event_count >= batch_events_max)
        return too_many_events();
      auto broken = simdjson::SUCCESS;
      const auto found = self.read_event(value, received_at, into, source, broken);
      if (broken)
        return malformed(describe_error(broken));
      if (found)
        batch.faults.push_back({batch.event_count, sentence_of(*found)});
      else
        batch.positions.push_back(batch.event_count);
      ++batch.event_count;
    }
    return {};
  };
  ondemand::json_type type;
  if (const auto why = document.type().get(type))
    return malformed(describe_error(why));
  if (type == ondemand::json_type::array) {
    ondemand::array list;
    if (const auto why = document.get_array().get(list))
      return malformed(describe_error(why));
    if (auto read = read_list(list, {}); !read)
      return read.error();
  } else {
    ondemand::object object;
    if (const auto why = document.get_object().get(object))
      return breaks_document(why) ? malformed(describe_error(why)) : failure{error_code::validation_failed, "must be an object with a list of events, or a list", "body"};
    std::string source;
    bool has_events = false;
    bool has_source = false;
    // `source` may stand behind the events: it is looked for first.
    // A look-up that finds the document broken leaves an iterator that must not be used again.
    ondemand::value held;
    if (const auto why = object.find_field_unordered("source").get(held); why != simdjson::SUCCESS && why != simdjson::NO_SUCH_FIELD) {
      return malformed(describe_error(why));
    } else if (why == simdjson::SUCCESS) {
      std::string_view text;
      bool is_null = false;
      if (const auto unread = held.get_string().get(text); unread == simdjson::SUCCESS)
        source = text;
      else if (breaks_document(unread))
        return malformed(describe_error(unread));
      else if (held.is_null().get(is_null) != simdjson::SUCCESS || !is_null)
        return failure{error_code::validation_failed, "must be text", "source"};
    }
    if (source.size() > event_identifier_size_max)
      return failure{error_code::validation_failed, "has more than " + std::to_string(event_identifier_size_max) + " bytes", "source"};
    if (const auto why = object.reset().error())
      return malformed(describe_error(why));
    for (auto each : object) {
      ondemand::field field;
      std::string_view key;
      if (auto why = std::move(each).get(field); why || (why = field.unescaped_key().get(key)))
        return malformed(describe_error(why));
      if (key != "source" && key != "events")
        return failure{error_code::validation_failed, "there is no such field", std::string{key.substr(0, key_shown_max)}};
      if (std::exchange(key == "source" ? has_source : has_events, true))
        return failure{error_code::validation_failed, "is given twice", std::string{key}};
      if (key == "source")
        continue;
      ondemand::array list;
      if (const auto why = field.value().get_array().get(list))
        return breaks_document(why) ? malformed(describe_error(why)) : failure{error_code::validation_failed, "must be a list", "events"};
      if (auto read = read_list(list, source); !read)
        return read.error();
    }
    if (!has_events)
      return failure{error_code::validation_failed, "is required", "events"};
  }
  if (const char* rest = nullptr; document.current_location().get(rest) == simdjson::SUCCESS)
    return malformed("something follows its end");
  if (batch.event_count == 0)
    return failure{error_code::validation_failed, "must have 1 to " + std::to_string(batch_events_max) + " events", "events"};
  return batch;
}

result<parsed_batch> event_parser::parse_lines(std::string& body, timestamp received_at, event_block_builder& into,
                                   const event_schemas* schemas) {
  auto& self = *implementation_;
  self.use_schemas(schemas);
  self.pad(body);
  parsed_batch batch;
  std::size_t line = 0;
  for (std::size_t begin = self.byte_order_mark_of(body).size(); begin < body.size(); ++line) {
    const auto end = std::min(body.find('\n', begin), body.size());
    const std::string_view text{body.data() + begin, end - begin};
    const auto available = body.capacity() - begin;
    begin = end + 1;
    if (trimmed(text).empty())
      continue;
    if (batch.event_count >= batch_events_max)
      return too_many_events();
    ++batch.event_count;
    ondemand::document document;
    ondemand::object object;
    auto why = self.line_parser().iterate(simdjson::padded_string_view{text.data(), text.size(), available}).get(document);
    if (!why)
      why = document.get_object().get(object);
    if (why) {
      batch.faults.push_back({line, why == simdjson::INCORRECT_TYPE ? "event: must be an object" : "event: not valid JSON: " + describe_error(why)});
      continue;
    }
    auto broken = simdjson::SUCCESS;
    auto found = self.read_object(object, &document, received_at, into, {}, broken);
    if (broken)
      batch.faults.push_back({line, "event: not valid JSON: " + describe_error(broken)});
    else if (found)
      batch.faults.push_back({line, sentence_of(*found)});
    else
      batch.positions.push_back(line);
  }
  if (batch.event_count == 0)
    return failure{error_code::validation_failed, "must have 1 to " + std::to_string(batch_events_max) + " events", "events"};
  return batch;
}

} // namespace dotmac
