#include "core/events/filter_plan.hpp"

#include "core/events/packed_equal.hpp"
#include "core/events/profiles/profile_table.hpp"
#include "core/events/slice_run.hpp"
#include "core/text/pattern.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <compare>

namespace dotmac {
namespace {

std::partial_ordering compare_mixed(std::int64_t left, double right) {
  if (std::isnan(right))
    return std::partial_ordering::unordered;
  if (right >= 9223372036854775808.0)
    return std::partial_ordering::less;
  if (right < -9223372036854775808.0)
    return std::partial_ordering::greater;
  const auto whole = static_cast<std::int64_t>(right);
  if (left != whole)
    return left <=> whole;
  return 0.0 <=> right - static_cast<double>(whole);
}

/// Unordered across types, and for null.
std::partial_ordering compare_scalars(const scalar& left, const scalar& right) {
  if (const auto* a = std::get_if<std::string>(&left))
    if (const auto* b = std::get_if<std::string>(&right))
      return a->compare(*b) <=> 0;
  if (const auto* a = std::get_if<bool>(&left))
    if (const auto* b = std::get_if<bool>(&right))
      return *a == *b ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
  const auto* integer_a = std::get_if<std::int64_t>(&left);
  const auto* integer_b = std::get_if<std::int64_t>(&right);
  const auto* number_a = std::get_if<double>(&left);
  const auto* number_b = std::get_if<double>(&right);
  if (integer_a && integer_b)
    return *integer_a <=> *integer_b;
  if (number_a && number_b)
    return *number_a <=> *number_b;
  if (integer_a && number_b)
    return compare_mixed(*integer_a, *number_b);
  if (number_a && integer_b)
    return 0 <=> compare_mixed(*integer_b, *number_a);
  return std::partial_ordering::unordered;
}

/// A condition whose regular expression is compiled.
class matcher {
public:
  /// `compiled` of a condition with a regular expression.
  matcher(const filter_node& condition, std::optional<pattern> compiled) : condition_{condition}, pattern_{std::move(compiled)} {}

  bool operator()(const scalar& value, bool is_nested) const {
    switch (condition_.operation) {
    case filter_operator::is_null: return !is_nested && value.index() == 0;
    case filter_operator::is_not_null: return is_nested || value.index() != 0;
    case filter_operator::equals: return is_any_of(value);
    case filter_operator::in: return is_any_of(value);
    case filter_operator::not_equals: return !is_any_of(value);
    case filter_operator::not_in: return !is_any_of(value);
    case filter_operator::greater_than: return compare_scalars(value, condition_.values[0]) > 0;
    case filter_operator::less_than: return compare_scalars(value, condition_.values[0]) < 0;
    case filter_operator::greater_equal: return orders(value) && compare_scalars(value, condition_.values[0]) >= 0;
    case filter_operator::less_equal: return orders(value) && compare_scalars(value, condition_.values[0]) <= 0;
    case filter_operator::not_contains: return !contains(value);
    case filter_operator::contains: return contains(value);
    default: break;
    }
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr)
      return false;
    if (condition_.operation == filter_operator::starts_with)
      return text->starts_with(std::get<std::string>(condition_.values[0]));
    if (condition_.operation == filter_operator::ends_with)
      return text->ends_with(std::get<std::string>(condition_.values[0]));
    return pattern_ && pattern_->is_in(*text);
  }

private:
  static bool orders(const scalar& value) { return !std::holds_alternative<bool>(value); }
  bool is_any_of(const scalar& value) const {
    return std::any_of(condition_.values.begin(), condition_.values.end(),
                       [&](const scalar& each) { return compare_scalars(value, each) == 0; });
  }
  bool contains(const scalar& value) const {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr && text->find(std::get<std::string>(condition_.values[0])) != text->npos;
  }
  const filter_node& condition_;
  std::optional<pattern> pattern_;
};

} // namespace

result<std::optional<pattern>> pattern_of(const filter_node& condition) {
  if (condition.kind != filter_kind::condition || condition.operation != filter_operator::regex)
    return std::optional<pattern>{};
  auto compiled = pattern::compile(std::get<std::string>(condition.values[0]));
  return compiled ? result<std::optional<pattern>>{std::move(*compiled)} : compiled.error();
}

bool fulfils(const filter_node& condition, const scalar& value, const std::optional<pattern>& compiled, bool is_nested) {
  return matcher{condition, compiled}(value, is_nested);
}

struct filter_plan::node {
  filter_kind kind = filter_kind::all;
  std::vector<std::unique_ptr<node>> children;
  filter_node condition; ///< with times made milliseconds
  event_reference target;
  std::optional<matcher> matches;
  std::vector<std::uint8_t> table;         ///< by code of the field or of the property's texts
  std::vector<std::uint8_t> nested_table;  ///< by code of the property's JSON
  std::optional<std::uint32_t> only; ///< the one code of which `table` is true, if it is one
  bool of_null = false;
  bool of_nested = false;
  std::optional<std::uint32_t> key;

  void evaluate(const event_view& view, const event_chunk& chunk, std::uint32_t first, std::span<std::uint8_t> mask) const;
  void evaluate_condition(const event_view& view, const event_chunk& chunk, std::uint32_t first, std::span<std::uint8_t> mask) const;
  void evaluate_property(const event_chunk& chunk, std::uint32_t first, std::span<std::uint8_t> mask) const;
  bool of_value(value_kind of, std::int64_t value) const;
  void fill_table(const string_dictionary& texts, std::uint32_t count);
  void fill_nested_table(const string_dictionary& texts, std::uint32_t count);
  void fill_attribute_table(const event_view& view, std::uint32_t count);
  void join_merged_users(const profile_state& profiles);
  bool is_negated() const;
  static result<std::unique_ptr<node>> make(const event_view& view, const filter_node& from);
  static result<void> read_times(filter_node& condition);
  std::optional<coded_filter> coded() const;
};

result<void> filter_plan::node::read_times(filter_node& condition) {
  for (scalar& each : condition.values)
    if (const auto* text = std::get_if<std::string>(&each)) {
      const result<fine_timestamp> at = parse_timestamp(*text);
      if (!at)
        return failure{error_code::validation_failed, condition.field + " is compared with what is not a time", "filters"};
      each = at->at.milliseconds;
    }
  return {};
}

void filter_plan::node::fill_table(const string_dictionary& texts, std::uint32_t count) {
  table.resize(std::size_t{count} + 1);
  table[0] = of_null;
  const bool is_one_text = condition.operation == filter_operator::equals && std::holds_alternative<std::string>(condition.values[0]);
  for (std::uint32_t code = 1; code <= count; ++code)
    table[code] = is_one_text ? texts.text(code) == std::get<std::string>(condition.values[0])
                              : (*matches)(std::string{texts.text(code)}, false);
}

/// JSON is kept as text where it is a list, an object, or an integer past 64 bits.
void filter_plan::node::fill_nested_table(const string_dictionary& texts, std::uint32_t count) {
  nested_table.assign(std::size_t{count} + 1, of_nested);
  for (std::uint32_t code = 1; code <= count; ++code) {
    const std::string_view text = texts.text(code);
    double number = 0;
    const bool is_number = !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))
                           && std::from_chars(text.data(), text.data() + text.size(), number).ptr == text.data() + text.size();
    if (is_number)
      nested_table[code] = (*matches)(number, false);
  }
}

/// Decided once per value of the attribute.
void filter_plan::node::fill_attribute_table(const event_view& view, std::uint32_t count) {
  table.assign(std::size_t{count} + 1, of_null);
  const auto* profiles = view.profiles() == nullptr ? nullptr : view.profiles()->find(*subject_of(target));
  const auto* column = profiles == nullptr ? nullptr : profiles->find(target.attribute);
  if (column == nullptr)
    return;
  std::vector<std::uint8_t> decided(std::size_t{column->value_count} + 1, of_null);
  for (std::uint32_t value = 1; value <= column->value_count; ++value) {
    const auto held = profile_value_of(column->values->text(value));
    decided[value] = (*matches)(held.value, !held.json.empty());
  }
  for (std::uint32_t code = 1; code <= count; ++code)
    table[code] = decided[column->codes[code]];
}

bool filter_plan::node::is_negated() const {
  return condition.operation == filter_operator::not_equals || condition.operation == filter_operator::not_in || condition.operation == filter_operator::not_contains;
}

/// A user may be named by any of his ids: it is enough that one matches; of the negated operators all must.
void filter_plan::node::join_merged_users(const profile_state& profiles) {
  for (std::uint32_t code = 1; code < table.size(); ++code)
    if (const auto user = profiles.merged[code]; user != 0)
      table[user] = is_negated() ? table[user] & table[code] : table[user] | table[code];
}

result<std::unique_ptr<filter_plan::node>> filter_plan::node::make(const event_view& view, const filter_node& from) {
  auto out = std::make_unique<node>();
  out->kind = from.kind;
  for (const filter_node& each : from.children) {
    auto child = make(view, each);
    if (!child)
      return child.error();
    out->children.push_back(std::move(*child));
  }
  if (from.kind != filter_kind::condition)
    return out;
  out->condition = from;
  out->target = resolve_event_field(from.field);
  const bool is_time = out->target.kind == event_reference::target::timestamp || out->target.kind == event_reference::target::received_at;
  if (is_time && from.operation != filter_operator::contains && from.operation != filter_operator::not_contains
      && from.operation != filter_operator::starts_with && from.operation != filter_operator::ends_with
      && from.operation != filter_operator::regex) {
    if (const result<void> read = read_times(out->condition); !read)
      return read.error();
  }
  auto compiled = pattern_of(out->condition);
  if (!compiled)
    return compiled.error();
  out->matches.emplace(out->condition, std::move(*compiled));
  out->of_null = (*out->matches)(scalar{}, false);
  out->of_nested = (*out->matches)(scalar{}, true);
  if (const auto subject = subject_of(out->target)) {
    out->fill_attribute_table(view, view.subject_ids(*subject).second);
    out->nested_table.assign(out->table.size(), out->of_null);
    out->only = only_true(out->table);
    out->key = subject->kind == profile_kind::group ? view.find_key(property_scope::properties, out->target.key) : std::nullopt;
    return out;
  }
  if (out->target.kind == event_reference::target::field && out->target.field != event_field::event_id) {
    out->fill_table(view.dictionary(out->target.field), view.dictionary_size(out->target.field));
    if (out->target.field == event_field::user_id && view.profiles() != nullptr)
      out->join_merged_users(*view.profiles());
  }
  if (out->target.kind == event_reference::target::property) {
    out->key = view.find_key(out->target.scope, out->target.key);
    if (out->key) {
      out->fill_table(*view.keys()[*out->key].texts, view.keys()[*out->key].text_count);
      out->fill_nested_table(*view.keys()[*out->key].texts, view.keys()[*out->key].text_count);
    }
  }
  out->only = only_true(out->table);
  return out;
}

bool filter_plan::node::of_value(value_kind of, std::int64_t value) const {
  if (target.is_attribute()) // only a text names a group
    return of_null;
  switch (of) {
  case value_kind::integer: return (*matches)(value, false);
  case value_kind::number: return (*matches)(std::bit_cast<double>(value), false);
  case value_kind::boolean: return (*matches)(value != 0, false);
  default: return of_null;
  }
}

void filter_plan::node::evaluate_property(const event_chunk& chunk, std::uint32_t first, std::span<std::uint8_t> mask) const {
  std::fill(mask.begin(), mask.end(), of_null);
  if (!key)
    return;
  slice_run entries;
  for (const property_slice& slice : chunk.slices_of(*key)) {
    if (slice.kind() == value_kind::text && slice.rows.empty() && first + mask.size() <= slice.count) { // every row has a text
      look_up(slice.values, first, table, only, mask);
      continue;
    }
    entries.read(slice, first, static_cast<std::uint32_t>(mask.size()));
    const auto of_text = [&](const std::vector<std::uint8_t>& decided) {
      for (std::uint32_t i = 0; i < entries.size(); ++i)
        mask[entries.row(i)] = decided[static_cast<std::size_t>(entries.value(i))];
    };
    if (slice.kind() == value_kind::text)
      of_text(table);
    else if (slice.kind() == value_kind::json)
      of_text(nested_table);
    else
      for (std::uint32_t i = 0; i < entries.size(); ++i)
        mask[entries.row(i)] = of_value(slice.kind(), entries.value(i));
  }
}

void filter_plan::node::evaluate_condition(const event_view& view, const event_chunk& chunk, std::uint32_t first,
                                           std::span<std::uint8_t> mask) const {
  if (target.kind == event_reference::target::property)
    return evaluate_property(chunk, first, mask);
  if (target.kind == event_reference::target::field && target.field != event_field::event_id) {
    return look_up(chunk.codes(target.field), first, table, only, mask);
  }
  if (target.kind == event_reference::target::field) {
    for (std::uint32_t i = 0; i < mask.size(); ++i)
      mask[i] = (*matches)(view.event_id_text(chunk, first + i), false);
    return;
  }
  const packed_integers& times = target.kind == event_reference::target::timestamp ? chunk.at() : chunk.received_at();
  for (std::size_t i = 0; i < mask.size(); ++i)
    mask[i] = (*matches)(times[first + i], false);
}

void filter_plan::node::evaluate(const event_view& view, const event_chunk& chunk, std::uint32_t first,
                                 std::span<std::uint8_t> mask) const {
  if (kind == filter_kind::condition)
    return evaluate_condition(view, chunk, first, mask);
  if (kind == filter_kind::negation) {
    children[0]->evaluate(view, chunk, first, mask);
    for (std::uint8_t& each : mask)
      each ^= 1;
    return;
  }
  const bool is_all = kind == filter_kind::all;
  if (children.empty())
    return std::fill(mask.begin(), mask.end(), is_all ? 1 : 0);
  children[0]->evaluate(view, chunk, first, mask);
  std::array<std::uint8_t, scan_rows> other;
  for (const auto& child : std::span{children}.subspan(1)) {
    const std::span<std::uint8_t> part = std::span{other}.first(mask.size());
    child->evaluate(view, chunk, first, part);
    for (std::size_t i = 0; i < mask.size(); ++i)
      mask[i] = is_all ? mask[i] & part[i] : mask[i] | part[i];
  }
}

std::optional<coded_filter> filter_plan::node::coded() const {
  if (kind == filter_kind::condition) {
    if (target.kind != event_reference::target::field || target.field == event_field::event_id)
      return std::nullopt;
    return coded_filter{target.field, table};
  }
  std::optional<coded_filter> out;
  for (const auto& child : children) {
    auto part = child->coded();
    if (!part || (out && out->field != part->field))
      return std::nullopt;
    if (!out) {
      out = std::move(part);
      continue;
    }
    for (std::size_t code = 0; code < out->is_true.size(); ++code)
      out->is_true[code] = kind == filter_kind::all ? out->is_true[code] & part->is_true[code] : out->is_true[code] | part->is_true[code];
  }
  if (out && kind == filter_kind::negation)
    for (auto& each : out->is_true)
      each ^= 1;
  return out;
}

std::optional<coded_filter> filter_plan::coded() const { return root_->coded(); }

filter_plan::filter_plan(std::unique_ptr<node> root) : root_{std::move(root)} {}
filter_plan::filter_plan(filter_plan&&) noexcept = default;
filter_plan& filter_plan::operator=(filter_plan&&) noexcept = default;
filter_plan::~filter_plan() = default;

result<filter_plan> filter_plan::make(const event_view& view, const filter_node& filter) {
  // A selection's own conditions wrap what was asked; the limits are for the latter.
  for (const filter_node& each : filter.kind == filter_kind::all ? std::span{filter.children} : std::span{&filter, 1})
    if (const result<void> checked = check_filter(each); !checked)
      return checked.error();
  auto root = node::make(view, filter);
  if (!root)
    return root.error();
  return filter_plan{std::move(*root)};
}

void filter_plan::evaluate(const event_view& view, const event_chunk& chunk, std::uint32_t first,
                           std::span<std::uint8_t> mask) const {
  root_->evaluate(view, chunk, first, mask);
}

filter_node condition(std::string field, filter_operator operation, scalar value) {
  filter_node out;
  out.kind = filter_kind::condition;
  out.field = std::move(field);
  out.operation = operation;
  out.values.push_back(std::move(value));
  return out;
}

filter_node filter_of(const event_selection& selection) {
  filter_node out;
  const auto add = [&out](const char* name, const std::optional<std::string>& text) {
    if (text)
      out.children.push_back(condition(name, filter_operator::equals, *text));
  };
  add("event_type", selection.event_type);
  add("event_name", selection.event_name);
  add("user_id", selection.user_id);
  add("session_id", selection.session_id);
  add("customer_id", selection.customer_id);
  if (!selection.filters.children.empty() || selection.filters.kind != filter_kind::all)
    out.children.push_back(selection.filters);
  return out;
}

} // namespace dotmac
