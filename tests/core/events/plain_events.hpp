#pragma once

/// Events as a list of plain structs, and filters, pages and aggregates over them in the most obvious way. What the column store
/// answers is held against these.

#include "core/events/event_answers.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <set>

namespace dotmac::plain {

struct nested {
  std::string json;
  friend bool operator==(const nested&, const nested&) = default;
};
using value = std::variant<std::monostate, bool, std::int64_t, double, std::string, nested>;
using property_name = std::pair<property_scope, std::string>;

struct event {
  std::array<std::string, event_field_count> texts;
  fine_timestamp at;
  timestamp received_at;
  std::map<property_name, value> properties;
  std::uint64_t row = 0;
  std::string sent_user;                    ///< the user_id that was sent, where it is not the user's
  std::vector<std::string> other_users;     ///< ids that were merged into the user's
  std::map<std::string, value> attributes;  ///< of the profiles that the event names: "user.tier"
  std::string event_id() const { return texts[static_cast<std::size_t>(event_field::event_id)]; }
};

using events = std::vector<event>;

inline bool is_absent(const value& of) { return of.index() == 0; }

/// What a filter or a dimension sees under `name`.
inline value look_up(const event& e, const std::string& name) {
  static const std::map<std::string, event_field> fields{
      {"event_type", event_field::event_type}, {"event_name", event_field::event_name}, {"event_id", event_field::event_id},
      {"user_id", event_field::user_id}, {"session_id", event_field::session_id}, {"customer_id", event_field::customer_id},
      {"source", event_field::source}};
  if (const auto found = fields.find(name); found != fields.end()) {
    const auto& text = e.texts[static_cast<std::size_t>(found->second)];
    return text.empty() ? value{} : value{text};
  }
  if (name == "timestamp")
    return e.at.at.milliseconds;
  if (name == "received_at")
    return e.received_at.milliseconds;
  if (name.rfind("user.", 0) == 0 || name.rfind("customer.", 0) == 0 || name.rfind("groups.", 0) == 0) {
    const auto found = e.attributes.find(name);
    return found == e.attributes.end() ? value{} : found->second;
  }
  property_name key{property_scope::properties, name};
  if (name.rfind("properties.", 0) == 0)
    key.second = name.substr(11);
  else if (name.rfind("context.", 0) == 0)
    key = {property_scope::context, name.substr(8)};
  const auto found = e.properties.find(key);
  return found == e.properties.end() ? value{} : found->second;
}

/// long double holds every 64-bit integer and every double.
inline std::optional<long double> number_of(const scalar& of) {
  if (const auto* whole = std::get_if<std::int64_t>(&of))
    return static_cast<long double>(*whole);
  if (const auto* number = std::get_if<double>(&of))
    return static_cast<long double>(*number);
  return std::nullopt;
}

inline bool are_equal(const scalar& a, const scalar& b) {
  if (number_of(a) && number_of(b))
    return *number_of(a) == *number_of(b);
  return a.index() == b.index() && a.index() != 0 && a == b;
}

/// -1, 0, 1; none where the two have no order.
inline std::optional<int> order_of(const scalar& a, const scalar& b) {
  if (number_of(a) && number_of(b))
    return *number_of(a) < *number_of(b) ? -1 : *number_of(a) > *number_of(b) ? 1 : 0;
  const auto* left = std::get_if<std::string>(&a);
  const auto* right = std::get_if<std::string>(&b);
  if (left == nullptr || right == nullptr)
    return std::nullopt;
  const auto compared = left->compare(*right);
  return compared < 0 ? -1 : compared > 0 ? 1 : 0;
}

inline scalar as_scalar(const value& of) {
  scalar out;
  std::visit([&out](const auto& held) {
    if constexpr (!std::is_same_v<std::decay_t<decltype(held)>, nested>)
      out = held;
  }, of);
  return out;
}

inline bool holds_of(const filter_node& condition, const value& found) {
  const bool is_nested = std::holds_alternative<nested>(found);
  auto seen = as_scalar(found); // null for nested values: they equal and order with nothing
  if (const auto* inner = std::get_if<nested>(&found); inner != nullptr && inner->json.find_first_not_of("-0123456789") == std::string::npos)
    seen = std::stod(inner->json); // an integer past 64 bits
  const auto* text = std::get_if<std::string>(&seen);
  auto values = condition.values;
  if (condition.field == "timestamp" || condition.field == "received_at")
    for (auto& each : values)
      if (const auto* written = std::get_if<std::string>(&each))
        each = parse_timestamp(*written)->at.milliseconds;
  const auto any_equal = [&] { return std::any_of(values.begin(), values.end(), [&](const scalar& each) { return are_equal(seen, each); }); };
  const auto order = [&] { return order_of(seen, values.at(0)); };
  const auto part = [&] { return std::get<std::string>(values.at(0)); };
  switch (condition.operation) {
  case filter_operator::equals: case filter_operator::in: return any_equal();
  case filter_operator::not_equals: case filter_operator::not_in: return !any_equal();
  case filter_operator::greater_than: return order() == 1;
  case filter_operator::less_than: return order() == -1;
  case filter_operator::greater_equal: return order() == 1 || order() == 0;
  case filter_operator::less_equal: return order() == -1 || order() == 0;
  case filter_operator::contains: return text != nullptr && text->find(part()) != text->npos;
  case filter_operator::not_contains: return text == nullptr || text->find(part()) == text->npos;
  case filter_operator::starts_with: return text != nullptr && text->substr(0, part().size()) == part();
  case filter_operator::ends_with: return text != nullptr && text->size() >= part().size() && text->substr(text->size() - part().size()) == part();
  case filter_operator::is_null: return is_absent(found);
  case filter_operator::is_not_null: return is_nested || !is_absent(found);
  case filter_operator::regex: return text != nullptr && std::regex_search(*text, std::regex{part()});
  }
  return false;
}

/// A user has several names where ids were merged.
inline bool holds_condition(const event& e, const filter_node& condition) {
  const bool own = holds_of(condition, look_up(e, condition.field));
  if (condition.field != "user_id")
    return own;
  const auto holds_of_other = [&](const std::string& id) { return holds_of(condition, id); };
  if (condition.operation == filter_operator::not_equals || condition.operation == filter_operator::not_in || condition.operation == filter_operator::not_contains)
    return own && std::all_of(e.other_users.begin(), e.other_users.end(), holds_of_other);
  return own || std::any_of(e.other_users.begin(), e.other_users.end(), holds_of_other);
}

inline bool holds(const event& e, const filter_node& filter) {
  const auto holds_child = [&e](const filter_node& child) { return holds(e, child); };
  switch (filter.kind) {
  case filter_kind::all: return std::all_of(filter.children.begin(), filter.children.end(), holds_child);
  case filter_kind::any: return std::any_of(filter.children.begin(), filter.children.end(), holds_child);
  case filter_kind::negation: return !holds(e, filter.children.at(0));
  case filter_kind::condition: return holds_condition(e, filter);
  }
  return false;
}

inline bool is_selected(const event& e, const event_selection& by) {
  const auto is_text = [&e](event_field which, const std::optional<std::string>& wanted) {
    return !wanted || e.texts[static_cast<std::size_t>(which)] == *wanted;
  };
  return is_text(event_field::event_type, by.event_type) && is_text(event_field::event_name, by.event_name)
         && (is_text(event_field::user_id, by.user_id) || std::find(e.other_users.begin(), e.other_users.end(), *by.user_id) != e.other_users.end()) && is_text(event_field::session_id, by.session_id)
         && is_text(event_field::customer_id, by.customer_id) && e.at.at >= by.start_time && e.at.at < by.end_time && holds(e, by.filters);
}

/// What the events are grouped by: whole numbers are integers, nested values their text, times RFC 3339.
inline scalar group_value(const event& e, const std::string& dimension) {
  const auto found = look_up(e, dimension);
  if (dimension == "timestamp" || dimension == "received_at")
    return format_timestamp(timestamp{std::get<std::int64_t>(found)});
  if (const auto* inner = std::get_if<nested>(&found))
    return inner->json;
  if (const auto* number = std::get_if<double>(&found); number != nullptr && std::floor(*number) == *number && *number >= -0x1p63 && *number < 0x1p63)
    return static_cast<std::int64_t>(*number);
  return as_scalar(found);
}

struct group {
  std::uint64_t count = 0;
  std::array<std::set<std::string>, 3> ids;
};

inline std::map<std::pair<timestamp, std::vector<scalar>>, group> aggregate(const events& all, const aggregate_events& question) {
  std::map<std::pair<timestamp, std::vector<scalar>>, group> out;
  for (const auto& e : all) {
    if (!is_selected(e, question.selection))
      continue;
    std::vector<scalar> values;
    for (const auto& each : question.dimensions)
      values.push_back(group_value(e, each));
    auto& into = out[{bucket_start(e.at.at, question.size, question.zone), values}];
    ++into.count;
    constexpr std::array fields{event_field::user_id, event_field::session_id, event_field::customer_id};
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (const auto& id = e.texts[static_cast<std::size_t>(fields[i])]; !id.empty())
        into.ids[i].insert(id);
  }
  std::set<std::vector<scalar>> groups;
  if (question.dimensions.empty())
    groups.insert(std::vector<scalar>{});
  for (const auto& [key, each] : out)
    groups.insert(key.second);
  if (question.fill_zero)
    for (auto at = question.selection.start_time; at < question.selection.end_time; at = next_bucket_start(bucket_start(at, question.size, question.zone), question.size, question.zone))
      for (const auto& each : groups)
        out.try_emplace({bucket_start(at, question.size, question.zone), each});
  return out;
}

} // namespace dotmac::plain
