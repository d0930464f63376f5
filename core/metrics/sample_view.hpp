#pragma once

/// The samples of one metric as a question sees them: immutable, whatever is recorded meanwhile.
///
/// Rows are numbered by arrival. Sealed chunks hold sample_chunk_rows_max rows each, compressed; the tail holds the newest as plain
/// columns. A view leaves out what is past the metric's retention: chunks as a whole, the tail row by row.
/// Threads  any number may read a view.

#include "core/events/filter_plan.hpp"
#include "core/metrics/append_only.hpp"
#include "core/metrics/metric_semantics.hpp"
#include "core/metrics/sample_codec.hpp"

#include <memory>

namespace dotmac {

struct sample_chunk {
  std::uint64_t number = 0; ///< of its segment in the store
  std::uint64_t first_row = 0;
  std::uint32_t row_count = 0;
  std::int64_t min_time_ms = 0;
  std::int64_t max_time_ms = 0;
  std::int64_t newest_recorded_ms = 0;
  std::uint32_t text_count = 0;
  std::shared_ptr<const bytes> encoded;
};
using sample_chunk_list = std::vector<sample_chunk>;

struct sample_tail_view {
  std::uint64_t first_row = 0;
  append_only_view<std::uint32_t> series;
  append_only_view<std::int64_t> at;
  append_only_view<double> value;
  append_only_view<std::int64_t> recorded_at;
  append_only_view<sample_text> texts;
  std::size_t first_live = 0; ///< rows before are past retention
};

using shared_dimensions = std::shared_ptr<const dimension_map>;

struct sample_view {
  std::shared_ptr<const sample_chunk_list> chunks;
  std::size_t first_live_chunk = 0;
  sample_tail_view tail;
  append_only_view<shared_dimensions> series;
  metric_semantics semantics;
  std::uint64_t id_key = 0;
  std::optional<timestamp> newest;
};

/// A run of rows: all of a chunk, or the live part of the tail.
struct sample_slice {
  std::uint64_t first_row = 0;
  std::span<const std::uint32_t> series;
  std::span<const std::int64_t> at;
  std::span<const double> value;
};

/// Calls `use` with every run that can hold times of [start, end); it looks at the times itself.
/// Errors   what `use` returns; cancelled; corrupt_data. Gives the number of rows looked at.
result<std::uint64_t> scan_samples(const sample_view& view, std::int64_t start_ms, std::int64_t end_ms, const stop_check& is_unwanted,
                                   const std::function<result<void>(const sample_slice&)>& use);

/// Which samples a filter (checked by check_filter; it outlives this) takes: decided once per series, and per value only where the filter looks at values.
/// Fields   "value", or the name of a dimension (also as "dimensions.<name>").
class sample_filter {
public:
  sample_filter(const sample_view& view, const filter_node& filter);

  bool takes(std::uint32_t series, double value) const {
    const auto known = verdicts_[series];
    return known == verdict::depends ? look_at(series, value) : known == verdict::yes;
  }
  bool may_take(std::uint32_t series) const { return verdicts_[series] != verdict::no; }

private:
  enum class verdict : std::uint8_t { no, yes, depends };
  void compile(const filter_node& node);
  const std::optional<pattern>& pattern_in(const filter_node& node) const;
  verdict decide(const filter_node& node, const dimension_map& dimensions, const double* value) const;
  bool look_at(std::uint32_t series, double value) const;

  append_only_view<shared_dimensions> series_;
  const filter_node* filter_;
  std::map<const filter_node*, std::optional<pattern>> patterns_;
  std::vector<verdict> verdicts_; ///< by series
};

} // namespace dotmac
