#pragma once

/// A filter made ready for one view: conditions on texts are decided once per dictionary entry, then rows are looked up in a table.
///
/// Times    `timestamp` and `received_at` compare, by milliseconds, with RFC 3339 text or with milliseconds since 1970.
/// Nested   lists and objects are neither text nor number: of them only is_not_null and the negated operators are true.
/// Order    texts by bytes; booleans have none.
/// Threads  immutable once made; `evaluate` may run on several threads.
/// Cost     making one: linear in the dictionaries it looks at. Evaluating: a few instructions per row and condition.

#include "core/events/event_columns.hpp"
#include "core/events/event_reference.hpp"
#include "core/events/scan_context.hpp"
#include "core/text/pattern.hpp"

#include <functional>
#include <memory>

namespace dotmac {

inline constexpr std::uint32_t scan_rows = 4'096; ///< looked at between two questions to the stop check; a few columns of so many fit into the nearest cache

/// A filter that depends on one field alone: whether it is true, by the field's code.
struct coded_filter {
  event_field field{};
  std::vector<std::uint8_t> is_true;
};

class filter_plan {
public:
  static result<filter_plan> make(const event_view& view, const filter_node& filter);
  filter_plan(filter_plan&&) noexcept;
  filter_plan& operator=(filter_plan&&) noexcept;
  ~filter_plan();

  /// One byte per row of [first, first + mask.size()) of the chunk: 1 where the filter is true.
  void evaluate(const event_view& view, const event_chunk& chunk, std::uint32_t first, std::span<std::uint8_t> mask) const;

  /// Nothing where it looks at more than one field, or at what has no codes.
  std::optional<coded_filter> coded() const;

private:
  struct node;
  explicit filter_plan(std::unique_ptr<node> root);
  std::unique_ptr<node> root_;
};

/// The selection as one filter, without its times.
filter_node filter_of(const event_selection& selection);
filter_node condition(std::string field, filter_operator operation, scalar value);

/// The compiled expression of a condition that has one.
result<std::optional<pattern>> pattern_of(const filter_node& condition);
/// Whether a single value fulfils a condition (see filter.hpp); `compiled` as of pattern_of; `is_nested`: it is a list or an object.
bool fulfils(const filter_node& condition, const scalar& value, const std::optional<pattern>& compiled, bool is_nested = false);

} // namespace dotmac
