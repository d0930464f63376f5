#include "cli/json_member.hpp"

#include <algorithm>

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

constexpr std::size_t digits_of_a_double = 15; ///< so many every double keeps

/// Digits of a number that tell something: without leading and trailing zeros, point, sign and exponent.
std::size_t significant_digits(std::string_view text) {
  text = text.substr(0, text.find_first_of("eE"));
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  const auto first = digits.find_first_not_of('0');
  return first == digits.npos ? 0 : digits.find_last_not_of('0') - first + 1;
}

/// Builds the document, and keeps the text of numbers that would lose digits, as binary data: JSON itself has none.
class exact_builder : public json::json_sax_t {
public:
  explicit exact_builder(json& root) : open_{&root} {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(json::number_integer_t value) override { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) override { return add(value); }
  bool number_float(json::number_float_t value, const std::string& text) override {
    if (significant_digits(text) <= digits_of_a_double || json(value).dump() == text)
      return add(value);
    return add(json::binary({text.begin(), text.end()}));
  }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(json::binary_t& value) override { return add(std::move(value)); }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool key(std::string& value) override {
    key_ = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override { return false; }

private:
  json* place(json value) {
    auto& parent = *open_.back();
    if (parent.is_array())
      return &parent.emplace_back(std::move(value));
    if (parent.is_object())
      return &(parent[key_] = std::move(value));
    return &(parent = std::move(value)); // the root
  }
  bool add(json value) {
    place(std::move(value));
    return true;
  }
  bool open(json value) {
    auto* placed = place(std::move(value));
    open_.push_back(placed);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<json*> open_; ///< from the root inwards
  std::string key_;
};

void write(std::string& out, const json& value) {
  if (value.is_binary()) {
    out.append(value.get_binary().begin(), value.get_binary().end());
  } else if (value.is_array()) {
    out.push_back('[');
    for (std::size_t i = 0; i < value.size(); ++i) {
      out.append(i == 0 ? "" : ",");
      write(out, value[i]);
    }
    out.push_back(']');
  } else if (value.is_object()) {
    const char* between = "{";
    for (const auto& [name, held] : value.items()) {
      out.append(between).append(json(name).dump(-1, ' ', false, json::error_handler_t::replace)).push_back(':');
      write(out, held);
      between = ",";
    }
    out.append(value.empty() ? "{}" : "}");
  } else {
    out.append(value.dump(-1, ' ', false, json::error_handler_t::replace));
  }
}

} // namespace

result<json> parse_json(std::string_view text) {
  if (is_too_deep(text))
    return failure{error_code::malformed_request, "has lists and objects nested deeper than " + std::to_string(parsed_depth_max), {}};
  json document;
  exact_builder builder{document};
  if (!json::sax_parse(text, &builder))
    return failure{error_code::malformed_request, "is no valid JSON", {}};
  return document;
}

std::string written_json(const json& value) {
  std::string out;
  write(out, value);
  return out;
}

std::string text_of(const json& value) { return value.is_null() ? "" : value.is_string() ? value.get<std::string>() : written_json(value); }

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
