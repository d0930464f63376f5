#pragma once

/// The JSON forms of filters, funnel steps and durations in requests.
///
/// A filter is one of
///   {"field": value}, {"field": [values]}, {"field": {"operator": value, ...}}       all of them must hold
///   {"and": [filters]}, {"or": [filters]}, {"not": filter}                            nested, also beside fields
///   [{"field": ..., "operator": ..., "value": ...}, ...]                              all of them must hold
/// Operators have the names of core/events/filter.hpp, or eq, ne, gt, lt, gte, lte, nin; a listed condition without one means equals.
/// Other members of a condition, a missing value (but for is_null and is_not_null) and {"field": {}} are complaints.

#include "core/describe/json.hpp"
#include "core/events/event_block.hpp"
#include "core/events/event_questions.hpp"

namespace dotmac {

inline constexpr bounds event_type_bounds{1, static_cast<std::int64_t>(event_type_size_max), length_unit::in_characters};
inline constexpr bounds event_name_bounds{1, static_cast<std::int64_t>(event_name_size_max), length_unit::in_characters};

template <> struct json_form<filter_node> {
  static void read(json_reader& in, const json& from, filter_node& into);
  static json write(const filter_node& filter);
  static json schema();
};

/// What the schema of a filter refers to, by its name in the API document: filters contain filters.
json filter_schemas();

/// Text, or {"event_type", "event_name", "filters"}.
template <> struct json_form<funnel_step> {
  static void read(json_reader& in, const json& from, funnel_step& into);
  static json write(const funnel_step& step);
  static json schema();
};

template <> struct json_form<scalar> {
  static void read(json_reader& in, const json& from, scalar& into);
  static json write(const scalar& value);
  static json schema();
};

/// Seconds as a number, or text such as "90s", "30m", "24h", "7d", "2w".
struct duration_form {
  std::int64_t milliseconds = 0;
};
template <> struct json_form<duration_form> {
  static void read(json_reader& in, const json& from, duration_form& into);
  static json write(const duration_form& duration);
  static json schema();
};

} // namespace dotmac
