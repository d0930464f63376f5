#pragma once

/// How many different ids, or values of a property, the rows of each cell have: exact. See measure_accumulator.hpp.
///
/// Cost   ids: a bit each of the view's ids per cell, where that fits into bitmap_bytes_max; else 8 bytes per different (cell, id), sorted
///        when they have doubled.

#include "core/events/trends/measure_accumulator.hpp"

namespace dotmac {

std::unique_ptr<measure_accumulator> make_distinct_ids(const event_view& view, event_field field, memory_allowance& memory);
std::unique_ptr<measure_accumulator> make_distinct_values(const event_view& view, const std::string& property, memory_allowance& memory);

} // namespace dotmac
