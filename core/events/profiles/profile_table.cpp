#include "core/events/profiles/profile_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace dotmac {
namespace {

enum class value_mark : char { boolean = 'b', integer = 'i', number = 'd', text = 't', json = 'j' };

template <class T> std::string marked(value_mark mark, T value) {
  std::string out(1, static_cast<char>(mark));
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  return out.append(raw, sizeof raw);
}

template <class T> T raw_of(std::string_view text) {
  T out{};
  assert(text.size() == 1 + sizeof out);
  std::memcpy(&out, text.data() + 1, sizeof out);
  return out;
}

} // namespace

std::string profile_value_text(const scalar& value, const std::string& json) {
  if (!json.empty())
    return static_cast<char>(value_mark::json) + json;
  if (const auto* held = std::get_if<bool>(&value))
    return marked(value_mark::boolean, *held ? '\1' : '\0');
  if (const auto* held = std::get_if<std::int64_t>(&value))
    return marked(value_mark::integer, *held);
  if (const auto* held = std::get_if<double>(&value))
    return marked(value_mark::number, *held);
  return static_cast<char>(value_mark::text) + std::get<std::string>(value);
}

profile_value profile_value_of(std::string_view text) {
  switch (static_cast<value_mark>(text[0])) {
  case value_mark::boolean: return {text[1] != '\0', {}};
  case value_mark::integer: return {raw_of<std::int64_t>(text), {}};
  case value_mark::number: return {raw_of<double>(text), {}};
  case value_mark::json: return {{}, std::string{text.substr(1)}};
  case value_mark::text: break;
  }
  return {std::string{text.substr(1)}, {}};
}

const attribute_column* profile_table::find(std::string_view name) const noexcept {
  const auto at = std::find_if(attributes.begin(), attributes.end(), [name](const auto& each) { return each.name == name; });
  return at == attributes.end() ? nullptr : &*at;
}

std::optional<profile_value> profile_table::value(const attribute_column& of, std::uint32_t code) const {
  const auto value = of.codes[code];
  return value == 0 ? std::nullopt : std::optional{profile_value_of(of.values->text(value))};
}

std::vector<profile_attribute> profile_table::attributes_of(std::uint32_t code) const {
  std::vector<profile_attribute> out;
  for (const auto& each : attributes)
    if (auto held = value(each, code))
      out.push_back({each.name, std::move(held->value), std::move(held->json)});
  std::sort(out.begin(), out.end(), [](const auto& left, const auto& right) { return left.name < right.name; });
  return out;
}

void profile_table::put(attribute_column& into, std::uint32_t code, std::uint32_t value) {
  into.codes.set(code, value);
  constexpr std::uint32_t kept_at_least = 1'024;
  if (into.value_count <= kept_at_least || into.value_count / 2 <= into.codes.used())
    return;
  auto fresh = std::make_shared<string_dictionary>();
  for (std::uint32_t each = 0; each < into.codes.end(); ++each)
    if (const auto held = into.codes[each]; held != 0)
      into.codes.set(each, fresh->insert(into.values->text(held)));
  into.values = std::move(fresh);
  into.value_count = into.values->size();
}

bool profile_table::set(std::uint32_t code, const std::string& name, const std::string& value_text) {
  auto at = std::find_if(attributes.begin(), attributes.end(), [&](const auto& each) { return each.name == name; });
  if (at == attributes.end()) {
    attributes.emplace_back().name = name;
    at = std::prev(attributes.end());
  }
  const auto value = at->values->insert(value_text);
  at->value_count = at->values->size();
  if (at->codes[code] == value)
    return false;
  put(*at, code, value);
  return true;
}

bool profile_table::unset(std::uint32_t code, std::string_view name) {
  const auto at = std::find_if(attributes.begin(), attributes.end(), [name](const auto& each) { return each.name == name; });
  if (at == attributes.end() || at->codes[code] == 0)
    return false;
  put(*at, code, 0);
  return true;
}

void profile_table::touch(std::uint32_t code, std::uint32_t second) {
  second = std::max(second, 1u);
  if (created[code] == 0)
    created.set(code, second);
  updated.set(code, std::max({second, created[code], updated[code]})); // clocks can go back
}

void profile_table::move(std::uint32_t from, std::uint32_t to, std::uint32_t second) {
  for (auto& each : attributes) {
    const auto value = each.codes[from];
    if (value == 0)
      continue;
    if (each.codes[to] == 0)
      each.codes.set(to, value);
    put(each, from, 0);
  }
  if (const auto first = created[from]; first != 0 && (created[to] == 0 || first < created[to]))
    created.set(to, first);
  touch(to, second);
  created.set(from, 0);
  updated.set(from, 0);
}

void profile_table::remove(std::uint32_t code) {
  for (auto& each : attributes)
    if (each.codes[code] != 0)
      put(each, code, 0);
  created.set(code, 0);
  updated.set(code, 0);
}

void profile_table::next_generation() {
  for (auto& each : attributes)
    each.codes.next_generation();
  created.next_generation();
  updated.next_generation();
}

std::size_t profile_table::memory_bytes() const {
  std::size_t total = created.memory_bytes() + updated.memory_bytes();
  for (const auto& each : attributes)
    total += sizeof each + each.values->memory_bytes() + each.codes.memory_bytes();
  return total;
}

const profile_table* profile_state::find(const profile_subject& subject) const noexcept {
  const auto at = tables.find(subject);
  return at == tables.end() ? nullptr : &at->second;
}

std::size_t profile_state::memory_bytes() const {
  std::size_t total = merged.memory_bytes();
  for (const auto& [subject, table] : tables)
    total += table.memory_bytes();
  return total;
}

} // namespace dotmac
