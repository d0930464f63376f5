#include "cli/json_member.hpp"

namespace dotmac {
namespace {

bool is_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool is_in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_text) {
      i += c == '\\';
      is_in_text = c != '"';
    } else if (c == '"') {
      is_in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > parsed_depth_max)
        return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

} // namespace

result<json> parse_json(std::string_view text) {
  if (is_too_deep(text))
    return failure{error_code::malformed_request, "has lists and objects nested deeper than " + std::to_string(parsed_depth_max), {}};
  auto document = json::parse(text, nullptr, false);
  if (document.is_discarded())
    return failure{error_code::malformed_request, "is no valid JSON", {}};
  return document;
}

const json& member(const json& of, const char* name) {
  static const json nothing;
  if (!of.is_object())
    return nothing;
  const auto found = of.find(name);
  return found == of.end() ? nothing : *found;
}

std::string text_member(const json& of, const char* name) {
  const auto& found = member(of, name);
  return found.is_string() ? found.get<std::string>() : std::string{};
}

std::optional<std::uint64_t> count_member(const json& of, const char* name) {
  const auto& found = member(of, name);
  return found.is_number_unsigned() ? std::optional{found.get<std::uint64_t>()} : std::nullopt;
}

const json& list_member(const json& of, const char* name) {
  static const json empty = json::array();
  const auto& found = member(of, name);
  return found.is_array() ? found : empty;
}

} // namespace dotmac
