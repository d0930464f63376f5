#pragma once

/// All events that match, page by page in the order in which they came, each page from where the one before ended.
///
/// Promise   With the end_row of the first page, all pages together hold each matching event of that moment once, whatever comes in meanwhile.
/// Limits    page_bytes, at most export_page_bytes, a page, after one event at least.
/// Errors    validation_failed; cancelled.
/// Threads   pure: any number of threads over one view.
/// Cost      all pages together: linear in the rows of chunks that the times do not rule out, and in what is found.

#include "core/events/event_answers.hpp"
#include "core/events/export_questions.hpp"

namespace dotmac {

result<events_exported> answer(const event_view& view, const export_events& question, const stop_check& stop);

} // namespace dotmac
