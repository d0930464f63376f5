#pragma once

/// The increments of a cumulative counter, from its readings.
///
/// Per series, by time and then arrival: a reading less the one before it, or the whole reading where it is lower (the source began
/// anew). The first reading that is known is no increment. The reading before the interval is looked up, however long ago it was.
/// Limits   `readings_max` readings held at once (query_too_large).

#include "core/metrics/sample_view.hpp"

namespace dotmac {

struct counter_increment {
  std::uint32_t series = 0;
  std::int64_t at = 0;
  std::uint64_t row = 0;
  double value = 0; ///< not a number for a first reading
};

struct counter_increments {
  std::vector<counter_increment> increments; ///< one per reading in [start, end)
  std::uint64_t rows_scanned = 0;
};

result<counter_increments> find_increments(const sample_view& view, std::int64_t start_ms, std::int64_t end_ms, const sample_filter& filter,
                                           std::size_t readings_max, const stop_check& is_unwanted);

} // namespace dotmac
