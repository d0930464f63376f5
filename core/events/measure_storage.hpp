#pragma once

/// Where a partition's events are and what they take, column by column.
///
/// Promise  Rows and bytes of memory are those of the view. Stored bytes are those of `segments`, of the snapshot that was newest when the view was
///          taken. No column is read: what is not in memory is told by directories and by the store's own lengths.
///          A property's values of all kinds are one column; finer times count to the timestamp. Columns in which no event has a value are left out.
/// Limits   storage_columns_told_max columns, largest first, the others summed; sizes of segments_measured_at_once segments are asked for at once.
/// Errors   those of the source; cancelled.
/// Threads  pure, apart from the source.
/// Cost     linear in the parts of the segments, and in the rows in memory for the fields that events may lack.

#include "core/events/event_messages.hpp"
#include "core/events/event_segment.hpp"
#include "core/events/scan_context.hpp"

namespace dotmac {

inline constexpr std::size_t segments_measured_at_once = 16;

/// `source` may be none where there are no `segments`.
result<event_storage> measure_storage(const event_view& view, std::span<const event_segment> segments, segment_source* source, const stop_check& stop);

} // namespace dotmac
