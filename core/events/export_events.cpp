#include "core/events/export_events.hpp"

#include "core/events/row_selection.hpp"

#include <algorithm>

namespace dotmac {
namespace {

/// The rows of one run that the page has not passed and may take.
class page_filler {
public:
  page_filler(const event_view& view, events_exported& page, std::uint64_t bytes_max) : view_{view}, page_{page}, bytes_max_{bytes_max} {}

  /// False once the page is full: it then goes on with the row that had no place.
  bool take(const event_chunk& chunk, const row_selection& found, std::uint64_t first_row, std::uint64_t end_row) {
    for (const auto at : found.rows()) {
      const auto row = chunk.row_number(found.first() + at);
      if (row < first_row || row >= end_row)
        continue;
      auto event = view_.read(chunk, found.first() + at);
      size_ += answer_size(event);
      if (size_ > bytes_max_ && !page_.events.empty()) {
        page_.next_row = row;
        return false;
      }
      page_.events.push_back(std::move(event));
    }
    return true;
  }

private:
  const event_view& view_;
  events_exported& page_;
  const std::uint64_t bytes_max_;
  std::uint64_t size_ = 0;
};

} // namespace

result<events_exported> answer(const event_view& view, const export_events& question, const stop_check& stop) {
  const result<filter_plan> plan = filter_plan::make(view, filter_of(question.selection));
  if (!plan)
    return plan.error();
  events_exported page;
  page.end_row = std::min(question.end_row.value_or(view.row_count()), view.row_count());
  page.next_row = page.end_row;
  const time_range range{question.selection.start_time.milliseconds, question.selection.end_time.milliseconds};
  const auto rows = std::make_unique<row_selection>();
  page_filler filler{view, page, std::min(question.page_bytes, export_page_bytes)};
  for (const auto& place : view.chunks()) {
    if (!range.touches(place) || place.first_row + place.row_span <= question.first_row || place.first_row >= page.end_row)
      continue;
    const auto chunk = place.open();
    for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
      if (stop && stop())
        return question_cancelled();
      const auto count = std::min(scan_rows, chunk.rows - first);
      if (chunk.row_number(first + count - 1) < question.first_row)
        continue;
      rows->select(view, chunk, first, count, *plan, range);
      const bool is_full = !filler.take(chunk, *rows, question.first_row, page.end_row);
      if (chunk.why_incomplete())
        return *chunk.why_incomplete();
      if (is_full)
        return page;
    }
  }
  return page;
}

} // namespace dotmac
