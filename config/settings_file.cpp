#include "config/settings_file.hpp"

#include "config/settings.hpp"

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <fstream>

namespace dotmac {
namespace {

using variables = std::map<std::string, std::string>;

failure wrong(const std::string& path, const toml::source_region& at, const std::string& key, const std::string& why) {
  return {error_code::validation_failed, path + ", line " + std::to_string(at.begin.line) + ": " + (key.empty() ? "" : key + ": ") + why, key};
}

std::string all_keys() {
  std::string text;
  for (const auto& each : file_keys_of_settings())
    text += (text.empty() ? "" : ", ") + each;
  return text;
}

result<void> take(const std::string& path, const std::string& key, const toml::node& node, variables& into) {
  const auto setting = setting_of_file_key(key);
  if (!setting)
    return wrong(path, node.source(), key, "there is no such setting; there are " + all_keys());
  std::string text;
  if (const auto* number = node.as_integer(); number != nullptr && setting->is_number)
    text = std::to_string(number->get());
  else if (const auto* words = node.as_string(); words != nullptr && !setting->is_number)
    text = words->get();
  else
    return wrong(path, node.source(), key, setting->is_number ? "must be a whole number" : "must be text, in quotes");
  if (const auto checked = check_setting(setting->name, text); !checked)
    return wrong(path, node.source(), key, checked.error().message);
  into.emplace(setting->name, std::move(text));
  return {};
}

} // namespace

result<variables> parse_settings_file(std::string_view text, const std::string& path) {
  if (text.size() > settings_file_bytes_max)
    return failure{error_code::validation_failed, path + " is longer than " + std::to_string(settings_file_bytes_max) + " bytes", {}};
  const auto parsed = toml::parse(text);
  if (!parsed)
    return wrong(path, parsed.error().source(), {}, std::string{parsed.error().description()});
  variables out;
  for (const auto& [section, content] : parsed.table()) {
    const std::string name{section.str()};
    const auto* table = content.as_table();
    if (table == nullptr)
      return wrong(path, content.source(), name, "stands outside of a section, such as [server]");
    for (const auto& [key, node] : *table)
      if (auto taken = take(path, name + "." + std::string{key.str()}, node, out); !taken)
        return taken.error();
  }
  return out;
}

result<variables> read_settings_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file)
    return failure{error_code::not_found, "the settings file " + path + " cannot be opened", {}};
  std::string text(settings_file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad())
    return failure{error_code::not_found, "the settings file " + path + " cannot be read", {}};
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_settings_file(text, path);
}

} // namespace dotmac
