#pragma once

/// Any described record as JSON that people can read, and back, whatever it holds (the JSON of the API has no variants and no maps of records). A field
/// that the text lacks keeps its default: texts written before it came stay true.
///
/// Records     by the names of their fields      Optionals   null, or a list of one
/// Maps        lists of pairs                    Variants    {"alternative": index, "value": ...}

#include "core/describe/binary.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace dotmac::record_text {

using nlohmann::json;

template <class T> json write(const T& value) {
  if constexpr (described<T>) {
    auto text = json::object();
    for_each_field<T>([&](const auto& each) { text[std::string{each.name}] = write(value.*each.member); });
    return text;
  } else if constexpr (named_enumeration<T>) {
    return std::string{name_of(value)};
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (binary::is_vector<T>::value || binary::is_map<T>::value || binary::is_array<T>::value) {
    auto text = json::array();
    for (const auto& each : value)
      text.push_back(write(each));
    return text;
  } else if constexpr (binary::is_pair<T>::value) {
    return json::array({write(value.first), write(value.second)});
  } else if constexpr (binary::is_optional<T>::value) {
    return value ? json::array({write(*value)}) : json(nullptr);
  } else if constexpr (binary::is_variant<T>::value) {
    return {{"alternative", value.index()}, {"value", std::visit([](const auto& held) { return write(held); }, value)}};
  } else {
    static_assert(std::is_same_v<T, std::monostate>, "no text for this type");
    return nullptr;
  }
}

template <class T> void read(const json& from, T& into);

template <std::size_t I, class... Ts> void read_alternative(std::size_t index, const json& from, std::variant<Ts...>& into) {
  if constexpr (I == sizeof...(Ts))
    throw std::runtime_error{"there is no alternative " + std::to_string(index)};
  else
    index == I ? read(from, into.template emplace<I>()) : read_alternative<I + 1>(index, from, into);
}

template <class T> void read_record(const json& from, T& into) {
  std::size_t known = 0;
  for_each_field<T>([&](const auto& each) {
    if (const auto found = from.find(std::string{each.name}); found != from.end()) {
      ++known;
      read(*found, into.*each.member);
    }
  });
  if (known != from.size())
    throw std::runtime_error{"a field of " + from.dump() + " has another name now: give it that in the text too"};
}

template <class T> void read(const json& from, T& into) {
  if constexpr (described<T>) {
    read_record(from, into);
  } else if constexpr (named_enumeration<T>) {
    const auto& names = enumeration<T>::names;
    const auto found = std::find(names.begin(), names.end(), from.get<std::string>());
    if (found == names.end())
      throw std::runtime_error{"nothing is called " + from.dump() + " any more"};
    into = static_cast<T>(found - names.begin());
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    into = from.get<T>();
  } else if constexpr (binary::is_vector<T>::value) {
    into.clear();
    for (const auto& each : from) {
      typename T::value_type entry{};
      read(each, entry);
      into.push_back(std::move(entry));
    }
  } else if constexpr (binary::is_map<T>::value) {
    into.clear();
    for (const auto& each : from)
      read(each.at(1), into[each.at(0).get<std::string>()]);
  } else if constexpr (binary::is_array<T>::value) {
    for (std::size_t i = 0; i < into.size(); ++i)
      read(from.at(i), into[i]);
  } else if constexpr (binary::is_pair<T>::value) {
    read(from.at(0), into.first);
    read(from.at(1), into.second);
  } else if constexpr (binary::is_optional<T>::value) {
    if (!from.is_null())
      read(from.at(0), into.emplace());
  } else if constexpr (binary::is_variant<T>::value) {
    read_alternative<0>(from.at("alternative").get<std::size_t>(), from.at("value"), into);
  }
}

} // namespace dotmac::record_text
