#pragma once

/// Which events (or samples) a question is about: a tree of conditions, as data.
///
/// Fields   event_type, event_name, event_id, user_id, session_id, customer_id, source, timestamp, received_at,
///          "properties.<key>" and "context.<key>"; "user.<attribute>", "customer.<attribute>", "groups.<property>.<attribute>" of profiles; any other name means the property of that name. The rest of the text after
///          the first dot is the key, dots included.
/// Absent   a field that an event does not have is null: only is_null, not_equals, not_in and not_contains can be true of it.
/// Types    numbers compare with numbers whatever their width, integers past 64 bits by their nearest double; text with text; a
///          comparison across types is false (not_equals, not_in: true).
/// Limits   filter_nodes_max nodes, filter_depth_max levels, filter_values_max values of one `in`.

#include "core/describe/description.hpp"
#include "core/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace dotmac {

inline constexpr std::size_t filter_nodes_max = 256;
inline constexpr std::size_t filter_depth_max = 16;
inline constexpr std::size_t filter_values_max = 10'000;

/// JSON's values without lists and objects; monostate is null.
using scalar = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

enum class filter_operator : std::uint8_t {
  equals, not_equals, greater_than, less_than, greater_equal, less_equal, contains, not_contains,
  starts_with, ends_with, in, not_in, is_null, is_not_null, regex,
};
template <> struct enumeration<filter_operator> {
  static constexpr std::array<std::string_view, 15> names{
      "equals", "not_equals", "greater_than", "less_than", "greater_equal", "less_equal", "contains", "not_contains",
      "starts_with", "ends_with", "in", "not_in", "is_null", "is_not_null", "regex"};
};

enum class filter_kind : std::uint8_t { all, any, negation, condition };
template <> struct enumeration<filter_kind> {
  static constexpr std::array<std::string_view, 4> names{"and", "or", "not", "condition"};
};

/// `all` without children is true of everything: the empty filter.
struct filter_node {
  filter_kind kind = filter_kind::all;
  std::vector<filter_node> children; ///< of all, any, negation (exactly one)
  std::string field;                 ///< of a condition
  filter_operator operation = filter_operator::equals;
  std::vector<scalar> values;        ///< none, one, or for in / not_in many
  friend bool operator==(const filter_node&, const filter_node&) = default;
};
template <> struct description<filter_node> {
  static constexpr auto fields = std::tuple{
      field{"kind", &filter_node::kind, "and, or, not, or condition"},
      field{"children", &filter_node::children, "what is combined"},
      field{"field", &filter_node::field, "the field a condition looks at"},
      field{"operation", &filter_node::operation, "how it compares"},
      field{"values", &filter_node::values, "with what"}};
};

/// Counts, depth, arity of each operator, and that each regular expression compiles (core/text/pattern.hpp says which do).
result<void> check_filter(const filter_node& filter);

} // namespace dotmac
