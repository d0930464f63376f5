#include "core/events/filter.hpp"

#include "core/text/pattern.hpp"

namespace dotmac {
namespace {

failure invalid(std::string why) { return {error_code::validation_failed, std::move(why), "filters"}; }

result<void> check_condition(const filter_node& node) {
  if (node.field.empty())
    return invalid("a condition names no field");
  if (!node.children.empty())
    return invalid("a condition has no children");
  switch (node.operation) {
  case filter_operator::is_null:
  case filter_operator::is_not_null:
    return node.values.empty() ? result<void>{} : invalid("is_null and is_not_null take no value");
  case filter_operator::in:
  case filter_operator::not_in:
    return node.values.size() <= filter_values_max ? result<void>{} : invalid("more than filter_values_max = 10000 values");
  default: break;
  }
  if (node.values.size() != 1)
    return invalid(std::string{name_of(node.operation)} + " takes one value");
  const bool is_textual = node.operation == filter_operator::contains || node.operation == filter_operator::not_contains
                          || node.operation == filter_operator::starts_with || node.operation == filter_operator::ends_with
                          || node.operation == filter_operator::regex;
  const auto* text = std::get_if<std::string>(&node.values[0]);
  if (is_textual && text == nullptr)
    return invalid(std::string{name_of(node.operation)} + " takes a text");
  if (node.operation != filter_operator::regex)
    return {};
  const auto compiled = pattern::compile(*text);
  return compiled ? result<void>{} : invalid(compiled.error().message);
}

result<void> check_node(const filter_node& node, std::size_t depth, std::size_t& nodes) {
  if (++nodes > filter_nodes_max)
    return invalid("more than filter_nodes_max = 256 conditions");
  if (depth > filter_depth_max)
    return invalid("nested deeper than filter_depth_max = 16");
  if (node.kind == filter_kind::condition)
    return check_condition(node);
  if (node.kind == filter_kind::negation && node.children.size() != 1)
    return invalid("\"not\" takes one condition");
  for (const filter_node& each : node.children)
    if (result<void> checked = check_node(each, depth + 1, nodes); !checked)
      return checked;
  return {};
}

} // namespace

result<void> check_filter(const filter_node& filter) {
  std::size_t nodes = 0;
  return check_node(filter, 1, nodes);
}

} // namespace dotmac
