#include "cli/import/row_mapping.hpp"

#include "cli/json_member.hpp"
#include "cli/option_failure.hpp"
#include "config/time_zones.hpp"

#include <algorithm>
#include <array>

namespace dotmac {
namespace {

constexpr std::array<std::string_view, 8> event_fields{"event_type", "event_name", "event_id", "user_id", "session_id", "customer_id", "source", "timestamp"};
constexpr std::array<std::string_view, 2> value_fields{"timestamp", "value_id"};
constexpr std::array<std::string_view, 5> never_blank{"event_type", "event_name", "event_id", "timestamp", "value_id"};


template <class List> bool contains(const List& list, std::string_view wanted) { return std::find(list.begin(), list.end(), wanted) != list.end(); }

} // namespace

bool is_json_number(const std::string& text, std::size_t digits_max) {
  std::size_t at = 0;
  const auto digits = [&] {
    const auto from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9')
      ++at;
    return at - from;
  };
  if (at < text.size() && text[at] == '-')
    ++at;
  const auto whole_from = at;
  const auto whole = digits();
  if (whole == 0 || whole > digits_max || (whole > 1 && text[whole_from] == '0'))
    return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0)
      return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-'))
      ++at;
    const auto exponent = digits();
    if (exponent == 0 || exponent > 3)
      return false;
  }
  return at == text.size();
}

result<text_template> text_template::parse(const std::string& text) {
  text_template out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_doubled = i + 1 < text.size() && text[i + 1] == text[i];
    if ((text[i] == '{' || text[i] == '}') && is_doubled) {
      out.texts_.back().push_back(text[i++]);
    } else if (text[i] == '{') {
      const auto end = text.find('}', i);
      if (end == text.npos || end == i + 1)
        return option_failure(text, "the template \"" + text + "\" has an open brace without a column's name and a closing one");
      out.columns_.push_back(text.substr(i + 1, end - i - 1));
      out.texts_.emplace_back();
      i = end;
    } else {
      out.texts_.back().push_back(text[i]);
    }
  }
  return out;
}

std::optional<std::string> text_template::fill(const import_row& row) const {
  std::string out = texts_[0];
  bool all_blank = !columns_.empty();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto* value = row.find(columns_[i]);
    const auto text = value == nullptr ? std::string{} : text_of(*value);
    all_blank = all_blank && text.empty();
    out += text + texts_[i + 1];
  }
  return all_blank || out.empty() ? std::nullopt : std::optional{std::move(out)};
}

result<void> row_mapping::add(std::vector<named_template>& to, const std::map<std::string, std::string>& from, const row_source& source) {
  for (const auto& [name, text] : from) {
    auto parsed = text_template::parse(text);
    auto parsed_name = &to == &metrics_ ? text_template::parse(name) : text_template{};
    for (const auto* each : {&parsed, &parsed_name}) {
      if (!*each)
        return each->error();
      for (const auto& column : (*each)->columns()) {
        if (auto known = source.check_column(column); !known)
          return known.error();
        used_columns_.push_back(column);
      }
    }
    to.push_back({name, std::move(*parsed_name), std::move(*parsed), !contains(never_blank, name)});
  }
  return {};
}

result<row_mapping> row_mapping::make(const mapping_options& options, const row_source& source) {
  const auto zone = find_time_zone(options.timezone);
  if (!zone)
    return zone.error();
  auto times = time_format::make(options.time_format_text, **zone);
  if (!times)
    return times.error();
  row_mapping mapping{std::move(*times)};
  mapping.is_values_ = options.is_values;
  mapping.import_id_ = options.import_id;
  for (const auto& [name, text] : options.fields)
    if (options.is_values ? !contains(value_fields, name) : !contains(event_fields, name))
      return option_failure("map", "--map " + name + ": " + (options.is_values ? "values have timestamp and value_id" : "events have event_type, event_name, event_id, user_id, session_id, customer_id, source, timestamp"));
  if (options.is_values && options.metrics.empty())
    return option_failure("metric", "values need at least one --metric NAME={column}");
  if (!options.is_values && (!options.metrics.empty() || !options.dimensions.empty()))
    return option_failure("metric", "--metric and --dimension belong to --as values");
  mapping.is_native_ = !options.is_values && options.fields.empty();
  if (!options.is_values && !mapping.is_native_ && (!options.fields.contains("event_type") || !options.fields.contains("event_name")))
    return option_failure("map", "events need --map event_type=... and --map event_name=...");
  for (auto added : {mapping.add(mapping.fields_, options.fields, source), mapping.add(mapping.metrics_, options.metrics, source),
                     mapping.add(mapping.dimensions_, options.dimensions, source)})
    if (!added)
      return added.error();
  for (const auto& required : options.required) {
    const auto found = std::find_if(mapping.fields_.begin(), mapping.fields_.end(), [&](const auto& each) { return each.name == required; });
    if (found == mapping.fields_.end())
      return option_failure("require", "--require " + required + ": no --map gives this field");
    found->may_be_blank = false;
  }
  mapping.texts_ = options.texts;
  mapping.properties_ = options.properties;
  for (const auto* list : {&options.texts, options.properties ? &*options.properties : nullptr})
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i)
      if (auto known = source.check_column((*list)[i]); !known)
        return known.error();
  return mapping;
}

std::string row_mapping::fill_fields(const import_row& row, json& into) const {
  for (const auto& each : fields_) {
    auto text = each.text.fill(row);
    if (!text) {
      if (!each.may_be_blank)
        return each.name + ": the row has none";
      continue;
    }
    if (each.name == "timestamp") {
      auto time = times_.read(*text);
      if (!time)
        return "timestamp: " + time.error().message;
      into["timestamp"] = std::move(*time);
    } else {
      into[each.name] = std::move(*text);
    }
  }
  return {};
}

json row_mapping::property_of(const std::string& column, const json& value) const {
  if (!value.is_string() || contains(texts_, column) || !is_json_number(value.get_ref<const std::string&>()))
    return value;
  auto number = parse_json(value.get_ref<const std::string&>());
  return number ? std::move(*number) : value;
}

mapped_row row_mapping::map_event(const import_row& row) const {
  mapped_row out;
  json event = json::object();
  if (is_native_) {
    for (const auto& [name, value] : row.columns)
      if (!value.is_null() && value != "")
        event[name] = value;
  } else {
    if (out.fault = fill_fields(row, event); !out.fault.empty())
      return out;
    json properties = json::object();
    for (const auto& [name, value] : row.columns)
      if (!value.is_null() && (properties_ ? contains(*properties_, name) : !contains(used_columns_, name)))
        properties[name] = property_of(name, value);
    if (!properties.empty())
      event["properties"] = std::move(properties);
  }
  if (!event.contains("event_id"))
    event["event_id"] = import_id_ + "-" + std::to_string(row.line);
  out.items.push_back(std::move(event));
  return out;
}

mapped_row row_mapping::map_values(const import_row& row) const {
  mapped_row out;
  json common = json::object();
  if (out.fault = fill_fields(row, common); !out.fault.empty())
    return out;
  for (const auto& each : dimensions_)
    if (auto text = each.text.fill(row))
      common["dimensions"][each.name] = std::move(*text);
  const auto own_id = common.contains("value_id") ? common["value_id"].get<std::string>() : import_id_ + "-" + std::to_string(row.line);
  for (const auto& each : metrics_) {
    const auto text = each.text.fill(row);
    const auto metric = each.name_text.fill(row);
    if (!text || !metric)
      continue;
    auto number = is_json_number(*text, 400) ? parse_json(*text) : result<json>{failure{}};
    if (!number) {
      out.fault = *metric + ": \"" + text->substr(0, 100) + "\" is no number";
      return out;
    }
    auto value = common;
    value["metric_id"] = *metric;
    value["value"] = std::move(*number);
    value["value_id"] = own_id;
    out.items.push_back(std::move(value));
  }
  return out;
}

mapped_row row_mapping::map(const import_row& row) const {
  if (!row.fault.empty())
    return {{}, row.fault};
  auto out = is_values_ ? map_values(row) : map_event(row);
  if (!out.fault.empty())
    out.items.clear();
  return out;
}

} // namespace dotmac
