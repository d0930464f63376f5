#include "core/metrics/sample_view.hpp"

namespace dotmac {

result<std::uint64_t> scan_samples(const sample_view& view, std::int64_t start_ms, std::int64_t end_ms, const stop_check& is_unwanted,
                                   const std::function<result<void>(const sample_slice&)>& use) {
  const auto unwanted = [&] { return is_unwanted && is_unwanted(); };
  const failure cancelled{error_code::cancelled, "the question was no longer wanted", {}};
  std::uint64_t looked_at = 0;
  sample_buffers buffers;
  for (std::size_t i = view.first_live_chunk; view.chunks && i < view.chunks->size(); ++i) {
    const auto& chunk = (*view.chunks)[i];
    if (chunk.max_time_ms < start_ms || chunk.min_time_ms >= end_ms)
      continue;
    if (unwanted())
      return cancelled;
    if (auto decoded = decode_numbers(*chunk.encoded, view.series.size(), buffers); !decoded)
      return decoded.error();
    looked_at += chunk.row_count;
    if (auto used = use({chunk.first_row, buffers.series, buffers.at, buffers.value}); !used)
      return used.error();
  }
  const auto& tail = view.tail;
  const std::size_t live = tail.at.size() - tail.first_live;
  if (live == 0)
    return looked_at;
  if (unwanted())
    return cancelled;
  const auto part = [&](const auto& column) { return column.span().subspan(tail.first_live); };
  if (auto used = use({tail.first_row + tail.first_live, part(tail.series), part(tail.at), part(tail.value)}); !used)
    return used.error();
  return looked_at + live;
}

sample_filter::sample_filter(const sample_view& view, const filter_node& filter) : series_{view.series}, filter_{&filter} {
  compile(filter);
  verdicts_.reserve(series_.size());
  for (const auto& each : series_.span())
    verdicts_.push_back(decide(filter, *each, nullptr));
}

void sample_filter::compile(const filter_node& node) {
  if (auto compiled = pattern_of(node); compiled && *compiled)
    patterns_.emplace(&node, std::move(*compiled));
  for (const auto& each : node.children)
    compile(each);
}

const std::optional<pattern>& sample_filter::pattern_in(const filter_node& node) const {
  static const std::optional<pattern> none;
  if (node.operation != filter_operator::regex)
    return none;
  const auto found = patterns_.find(&node);
  return found == patterns_.end() ? none : found->second;
}

sample_filter::verdict sample_filter::decide(const filter_node& node, const dimension_map& dimensions, const double* value) const {
  if (node.kind == filter_kind::condition) {
    if (node.field == "value") {
      if (value == nullptr)
        return verdict::depends;
      return fulfils(node, scalar{*value}, pattern_in(node)) ? verdict::yes : verdict::no;
    }
    constexpr std::string_view prefix = "dimensions.";
    const auto found = dimensions.find(node.field.starts_with(prefix) ? node.field.substr(prefix.size()) : node.field);
    return fulfils(node, found == dimensions.end() ? scalar{} : scalar{found->second}, pattern_in(node)) ? verdict::yes : verdict::no;
  }
  if (node.kind == filter_kind::negation) {
    const auto inner = decide(node.children.front(), dimensions, value);
    return inner == verdict::depends ? inner : inner == verdict::yes ? verdict::no : verdict::yes;
  }
  const auto decisive = node.kind == filter_kind::all ? verdict::no : verdict::yes;
  auto whole = node.kind == filter_kind::all ? verdict::yes : verdict::no;
  for (const auto& each : node.children) {
    const auto one = decide(each, dimensions, value);
    if (one == decisive)
      return decisive;
    if (one == verdict::depends)
      whole = verdict::depends;
  }
  return whole;
}

bool sample_filter::look_at(std::uint32_t series, double value) const {
  return decide(*filter_, *series_[series], &value) == verdict::yes;
}

} // namespace dotmac
