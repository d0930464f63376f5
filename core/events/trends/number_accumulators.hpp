#pragma once

/// Sums, extremes and percentiles of a property's numbers. See measure_accumulator.hpp.

#include "core/events/trends/measure_accumulator.hpp"

namespace dotmac {

std::unique_ptr<measure_accumulator> make_number_measure(const event_view& view, const std::string& property, trend_measure measure, memory_allowance& memory);
std::unique_ptr<measure_accumulator> make_percentile(const event_view& view, const std::string& property, double percentile, memory_allowance& memory);

} // namespace dotmac
