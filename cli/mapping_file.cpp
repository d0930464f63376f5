#include "cli/mapping_file.hpp"

#include "cli/option_failure.hpp"

#include <algorithm>
#include <fstream>

namespace dotmac {
namespace {

result<std::map<std::string, std::string>> pairs_of(const std::string& option, const std::vector<std::string>& texts) {
  std::map<std::string, std::string> pairs;
  for (const auto& each : texts) {
    const auto equals = each.find('=');
    if (option == "dimension" && equals == each.npos) {
      pairs[each] = "{" + each + "}";
      continue;
    }
    if (equals == each.npos || equals == 0)
      return option_failure(option, "--" + option + " " + each + ": must be name=template, such as user_id={customer}");
    pairs[each.substr(0, equals)] = each.substr(equals + 1);
  }
  return pairs;
}

using text_map = std::map<std::string, std::string>;

/// Reads the members of a mapping file into options that were not given on the command line.
class mapping_reader {
public:
  explicit mapping_reader(json from) : from_(std::move(from)) {} // braces would make a list of it

  void read(const char* name, text_map& into) {
    const auto found = take(name, "must be an object of texts");
    if (!found.is_null() && is(found.is_object() && std::all_of(found.begin(), found.end(), [](const auto& each) { return each.is_string(); }), name, "must be an object of texts"))
      for (const auto& [key, value] : found.items())
        into.emplace(key, value.template get<std::string>());
  }
  void read(const char* name, std::vector<std::string>& into) {
    const auto found = take(name, "must be a list of texts");
    if (!found.is_null() && is(found.is_array() && std::all_of(found.begin(), found.end(), [](const auto& each) { return each.is_string(); }), name, "must be a list of texts") && into.empty())
      into = found.get<std::vector<std::string>>();
  }
  void read(const char* name, std::optional<std::string>& into) {
    const auto found = take(name, "must be a text");
    if (!found.is_null() && is(found.is_string(), name, "must be a text") && !into)
      into = found.get<std::string>();
  }
  result<void> end() {
    if (fault_.empty() && !from_.empty())
      fault_ = "knows no member \"" + from_.begin().key() + "\"";
    return fault_.empty() ? result<void>{} : result<void>{option_failure("mapping", "the mapping file " + fault_)};
  }

private:
  json take(const char* name, const char*) {
    const auto found = from_.find(name);
    if (found == from_.end())
      return {};
    auto value = *found;
    from_.erase(found);
    return value;
  }
  bool is(bool good, const char* name, const char* why) {
    if (!good && fault_.empty())
      fault_ = std::string{"is wrong: \""} + name + "\" " + why;
    return good;
  }
  json from_;
  std::string fault_;
};

result<void> add_mapping_file(import_options& options, text_map& fields, text_map& metrics, text_map& dimensions) {
  if (options.mapping_file.empty())
    return {};
  std::ifstream file{options.mapping_file};
  if (!file)
    return option_failure("mapping", "the file " + options.mapping_file + " cannot be opened");
  auto document = json::parse(file, nullptr, false);
  if (!document.is_object())
    return option_failure("mapping", options.mapping_file + " is no JSON object");
  mapping_reader in{std::move(document)};
  in.read("map", fields);
  in.read("metrics", metrics);
  in.read("dimensions", dimensions);
  in.read("properties", options.properties);
  in.read("texts", options.texts);
  in.read("required", options.required);
  in.read("where", options.conditions);
  in.read("join", options.joins);
  in.read("as", options.kind);
  in.read("time_format", options.time_format);
  in.read("timezone", options.timezone);
  return in.end();
}

result<bool> is_csv(const import_options& options) {
  if (!options.format.empty())
    return options.format == "csv";
  for (const auto* end : {".csv", ".tsv", ".txt"})
    if (options.file.ends_with(end))
      return true;
  for (const auto* end : {".ndjson", ".jsonl", ".json"})
    if (options.file.ends_with(end))
      return false;
  return option_failure("format", "--format csv or ndjson is needed: the name of " + options.file + " does not tell");
}

} // namespace

result<import_command> to_import_command(import_options options) {
  auto fields = pairs_of("map", options.fields);
  auto metrics = pairs_of("metric", options.metrics);
  auto dimensions = pairs_of("dimension", options.dimensions);
  for (const auto* each : {&fields, &metrics, &dimensions})
    if (!*each)
      return each->error();
  if (auto added = add_mapping_file(options, *fields, *metrics, *dimensions); !added)
    return added.error();
  const auto csv = is_csv(options);
  if (!csv)
    return csv.error();
  const auto kind = options.kind.value_or("events");
  if (kind != "events" && kind != "values")
    return option_failure("as", "\"as\" must be events or values");
  import_command command;
  auto& request = command.request;
  request.source = {options.file, *csv, options.separator == "\\t" ? '\t' : options.separator[0], {}, {}};
  for (const auto& each : options.conditions) {
    auto condition = parse_condition(each);
    if (!condition)
      return condition.error();
    request.source.conditions.push_back(std::move(*condition));
  }
  for (const auto& each : options.joins) {
    auto join = parse_join(each);
    if (!join)
      return join.error();
    request.source.joins.push_back(std::move(*join));
  }
  auto& mapping = request.mapping;
  mapping.is_values = kind == "values";
  mapping.fields = std::move(*fields);
  mapping.metrics = std::move(*metrics);
  mapping.dimensions = std::move(*dimensions);
  if (!options.properties.empty())
    mapping.properties = std::move(options.properties);
  mapping.texts = std::move(options.texts);
  mapping.required = std::move(options.required);
  mapping.time_format_text = options.time_format.value_or("iso");
  mapping.timezone = options.timezone.value_or("UTC");
  mapping.import_id = options.import_id;
  request.batch_size = static_cast<std::size_t>(options.batch_size);
  request.connections = static_cast<std::size_t>(options.connections);
  request.retry_for = std::chrono::seconds{options.retry_seconds};
  request.state_path = options.state_path;
  request.rejected_path = options.rejected_path;
  request.restart = options.restart;
  command.create_metrics = options.create_metrics;
  command.retention_days = options.retention_days;
  command.allow_rejected = options.allow_rejected;
  return command;
}

} // namespace dotmac
