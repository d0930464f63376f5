#pragma once

/// The catalogue from its definition: all events looked through, one name and one value after the other.

#include "tests/core/events/plain_events.hpp"

#include <cstdio>
#include <tuple>

namespace dotmac::plain {

/// Of the letters that the worlds have.
inline std::string small(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text.compare(i, 2, "Ö") == 0) {
      out += "ö";
      ++i;
    } else {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
    }
  return out;
}

inline bool is_found(const std::string& text, const std::string& wanted, text_match how) {
  const auto at = small(text).find(small(wanted));
  return how == text_match::prefix ? at == 0 : at != std::string::npos;
}

/// In the fewest digits that read back equal.
inline std::string number_text(double number) {
  char text[40];
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, number);
    if (std::strtod(text, nullptr) == number)
      break;
  }
  return text;
}

inline catalogue_kind kind_of(const value& of) {
  constexpr std::array kinds{catalogue_kind::null, catalogue_kind::boolean, catalogue_kind::number, catalogue_kind::number, catalogue_kind::text, catalogue_kind::nested};
  return kinds[of.index()];
}

inline std::string text_of(const scalar& of) {
  if (const auto* text = std::get_if<std::string>(&of))
    return *text;
  if (const auto* number = std::get_if<double>(&of))
    return number_text(*number);
  return of.index() == 1 ? std::get<bool>(of) ? "true" : "false" : std::to_string(std::get<std::int64_t>(of));
}

inline event_values values_of(const events& all, const list_event_values& question) {
  event_values out;
  const bool is_time = question.field == "timestamp" || question.field == "received_at";
  // kind, number, text: as values of equal counts are ordered
  std::map<std::tuple<catalogue_kind, long double, std::string>, catalogue_value> found;
  std::map<long double, scalar> numbers;
  for (const auto& e : all) {
    if (!is_selected(e, question.selection))
      continue;
    ++out.event_count;
    const auto seen = look_up(e, question.field);
    if (is_absent(seen))
      continue;
    ++out.value_events;
    const auto kind = is_time ? catalogue_kind::time : kind_of(seen);
    const auto shown = group_value(e, question.field);
    const auto number = is_time ? static_cast<long double>(std::get<std::int64_t>(seen)) : shown.index() == 1 ? std::get<bool>(shown) : number_of(shown).value_or(0);
    if (kind == catalogue_kind::time || kind == catalogue_kind::number)
      numbers[number] = shown;
    if (!is_found(text_of(shown), question.search, question.match))
      continue;
    const auto* text = is_time ? nullptr : std::get_if<std::string>(&shown);
    auto& into = found[{kind, number, text == nullptr ? "" : *text}];
    into = {shown, kind, into.count + 1};
  }
  out.value_count = found.size();
  std::vector<catalogue_value> ranked;
  for (const auto& [order, each] : found)
    ranked.push_back(each);
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  for (const auto& each : ranked) {
    if (out.values.size() < static_cast<std::size_t>(question.limit)) {
      out.values.push_back(each);
      continue;
    }
    ++out.other_values;
    out.other_events += each.count;
  }
  if (!numbers.empty()) {
    out.min = numbers.begin()->second;
    out.max = numbers.rbegin()->second;
  }
  return out;
}

template <class Entry> catalogue_page<Entry> plain_page(std::vector<Entry> all, const list_event_catalogue& question) {
  catalogue_page<Entry> out{{}, all.size()};
  for (std::size_t i = 0; i < all.size(); ++i)
    if (static_cast<std::int64_t>(i) >= question.offset && static_cast<std::int64_t>(i) < question.offset + question.limit)
      out.entries.push_back(all[i]);
  return out;
}

inline std::vector<catalogue_event> kinds_of_events(const events& all, const list_event_catalogue& question, bool by_name) {
  std::map<std::pair<std::string, std::string>, catalogue_event> found;
  for (const auto& e : all) {
    const auto& type = e.texts[0];
    const auto name = by_name ? e.texts[1] : "";
    if (!is_selected(e, question.selection) || !is_found(by_name ? name : type, question.search, question.match))
      continue;
    auto& into = found.try_emplace({type, name}, catalogue_event{type, name, 0, e.at.at, e.at.at}).first->second;
    ++into.count;
    into.first_time = std::min(into.first_time, e.at.at);
    into.last_time = std::max(into.last_time, e.at.at);
  }
  std::vector<catalogue_event> out;
  for (const auto& [key, each] : found)
    out.push_back(each);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  return out;
}

inline std::vector<catalogue_field> plain_fields(const events& all, const list_event_catalogue& question) {
  std::vector<catalogue_field> out;
  for (const std::string name : {"event_type", "event_name", "event_id", "user_id", "session_id", "customer_id", "source", "timestamp", "received_at"}) {
    if (!is_found(name, question.search, question.match))
      continue;
    const bool is_time = name == "timestamp" || name == "received_at";
    out.push_back({name, is_time ? catalogue_kind::time : catalogue_kind::text, 0});
    for (const auto& e : all)
      out.back().count += is_selected(e, question.selection) && !is_absent(look_up(e, name));
  }
  return out;
}

inline std::vector<catalogue_property> plain_properties(const events& all, const list_event_catalogue& question) {
  std::map<std::string, catalogue_property> found; // by name
  for (const auto& e : all)
    for (const auto& [key, held] : e.properties) {
      const auto name = (key.first == property_scope::context ? "context." : "properties.") + key.second;
      const auto wanted = small(question.search);
      const bool has_scope = wanted.rfind("context.", 0) == 0 || wanted.rfind("properties.", 0) == 0;
      if (!is_selected(e, question.selection) || !(is_found(key.second, wanted, question.match) || (has_scope && is_found(name, wanted, question.match))))
        continue;
      auto& into = found.try_emplace(name, catalogue_property{key.first, key.second, 0, {}}).first->second;
      into.count += !is_absent(held);
      ++into.kinds[static_cast<std::size_t>(kind_of(held))];
    }
  std::vector<catalogue_property> out;
  for (const auto& [name, each] : found)
    out.push_back(each);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  return out;
}

} // namespace dotmac::plain
