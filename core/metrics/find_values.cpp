#include "core/metrics/metric_answers.hpp"

#include "core/events/event_uuid.hpp"

#include <algorithm>
#include <limits>

namespace dotmac {
namespace {

struct place {
  std::int64_t at = 0;
  std::uint64_t row = 0;
  friend auto operator<=>(const place&, const place&) = default;
};

/// The `reach` newest of all that were offered.
class newest_places {
public:
  explicit newest_places(std::size_t reach) : reach_{reach} {}
  void offer(place each) {
    if (heap_.size() < reach_) {
      heap_.push_back(each);
      std::push_heap(heap_.begin(), heap_.end(), std::greater{});
    } else if (reach_ > 0 && each > heap_.front()) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater{});
      heap_.back() = each;
      std::push_heap(heap_.begin(), heap_.end(), std::greater{});
    }
  }
  std::vector<place> newest_first() && {
    std::sort_heap(heap_.begin(), heap_.end(), std::greater{});
    return std::move(heap_);
  }

private:
  std::size_t reach_;
  std::vector<place> heap_; ///< the oldest in front
};

/// Fills samples in from a run of rows that starts at `first_row`.
class sample_reader {
public:
  sample_reader(const sample_view& view, const std::vector<place>& page, std::vector<metric_sample>& out) : view_{view}, page_{page}, out_{out} {
    for (std::size_t i = 0; i < page.size(); ++i)
      by_row_.push_back(i);
    std::sort(by_row_.begin(), by_row_.end(), [&](auto a, auto b) { return page[a].row < page[b].row; });
  }

  bool has_rows_before(std::uint64_t end) const { return next_ < by_row_.size() && page_[by_row_[next_]].row < end; }

  void fill(std::uint64_t first_row, std::size_t row_count, const sample_spans& rows) {
    for (; has_rows_before(first_row + row_count); ++next_) {
      const auto row = page_[by_row_[next_]].row;
      const auto i = row - first_row;
      auto& sample = out_[by_row_[next_]];
      sample.value = rows.value[i];
      sample.at = {rows.at[i]};
      sample.recorded_at = {rows.recorded_at[i]};
      sample.dimensions = *view_.series[rows.series[i]];
      const auto text = std::lower_bound(rows.texts.begin(), rows.texts.end(), i, [](const sample_text& each, auto wanted) { return each.row < wanted; });
      if (text != rows.texts.end() && text->row == i) {
        sample.value_id = text->value_id;
        sample.context = text->context;
      }
      if (sample.value_id.empty())
        sample.value_id = format_uuid(derive_event_id(row, view_.id_key));
    }
  }

private:
  const sample_view& view_;
  const std::vector<place>& page_;
  std::vector<metric_sample>& out_;
  std::vector<std::size_t> by_row_;
  std::size_t next_ = 0;
};

result<std::vector<metric_sample>> read_page(const sample_view& view, const std::vector<place>& page) {
  std::vector<metric_sample> samples(page.size());
  sample_reader reader{view, page, samples};
  sample_buffers rows;
  for (const auto& chunk : *view.chunks) {
    if (!reader.has_rows_before(chunk.first_row + chunk.row_count))
      continue;
    if (auto decoded = decode_numbers(*chunk.encoded, view.series.size(), rows); !decoded)
      return decoded.error();
    if (auto decoded = decode_receipt(*chunk.encoded, rows); !decoded)
      return decoded.error();
    if (auto decoded = decode_texts(*chunk.encoded, rows); !decoded)
      return decoded.error();
    reader.fill(chunk.first_row, chunk.row_count, {rows.series, rows.at, rows.value, rows.recorded_at, rows.texts});
  }
  const auto& tail = view.tail;
  reader.fill(tail.first_row, tail.at.size(), {tail.series.span(), tail.at.span(), tail.value.span(), tail.recorded_at.span(), tail.texts.span()});
  return samples;
}

filter_node equality_of(const dimension_map& dimensions) {
  filter_node all;
  for (const auto& [name, value] : dimensions)
    all.children.push_back(condition("dimensions." + name, filter_operator::equals, value));
  return all;
}

} // namespace

result<values_found> answer(const sample_view& view, const find_values& question, const stop_check& is_unwanted) {
  if (question.offset + question.limit > metric_page_reach_max)
    return failure{error_code::query_too_large, "offset and limit reach further than metric_page_reach_max = " + std::to_string(metric_page_reach_max)
                                                    + " values: narrow the interval", "offset"};
  const auto filter = equality_of(question.dimensions);
  const sample_filter wanted{view, filter};
  const auto start = question.start_time.milliseconds;
  const auto end = question.end_time.milliseconds;
  values_found found;
  constexpr place end_of_all{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::uint64_t>::max()};
  const place behind = question.before ? place{question.before->at.milliseconds, question.before->row} : end_of_all;
  const auto reach = static_cast<std::size_t>(question.offset + question.limit);
  std::size_t offered = 0;
  newest_places newest{reach};
  auto scanned = scan_samples(view, start, end, is_unwanted, [&](const sample_slice& slice) -> result<void> {
    for (std::size_t i = 0; i < slice.at.size(); ++i) {
      if (slice.at[i] < start || slice.at[i] >= end || !wanted.may_take(slice.series[i]))
        continue;
      ++found.total;
      const place here{slice.at[i], slice.first_row + i};
      if (here >= behind)
        continue;
      ++offered;
      newest.offer(here);
    }
    return {};
  });
  if (!scanned)
    return scanned.error();
  auto page = std::move(newest).newest_first();
  if (offered > reach && !page.empty())
    found.last = event_position{{page.back().at}, page.back().row};
  page.erase(page.begin(), page.begin() + std::min(static_cast<std::ptrdiff_t>(page.size()), static_cast<std::ptrdiff_t>(question.offset)));
  auto values = read_page(view, page);
  if (!values)
    return values.error();
  found.values = std::move(*values);
  found.scope = {view.newest, *scanned};
  return found;
}

} // namespace dotmac
