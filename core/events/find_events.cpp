#include "core/events/event_answers.hpp"
#include "core/events/row_selection.hpp"

#include <algorithm>

namespace dotmac {
namespace {
struct place {
  std::int64_t at;
  std::uint64_t row;
};
bool is_newer(const place& a, const place& b) { return a.at != b.at ? a.at > b.at : a.row > b.row; }
} // namespace

std::size_t answer_size(const found_event& event) {
  constexpr std::size_t per_value = 24;
  std::size_t size = per_value * (event.texts.size() + 2);
  for (const auto& each : event.texts)
    size += each.size();
  for (const auto& each : event.properties) {
    const auto* text = std::get_if<std::string>(&each.value);
    size += per_value + each.key.size() + each.json.size() + (text != nullptr ? text->size() : 0);
  }
  return size;
}

namespace {

/// The first of the matching rows, in the order asked for, of the chunks that one thread or all of them looked at.
class first_places {
public:
  explicit first_places(const find_events& question) : question_{&question}, reach_{static_cast<std::size_t>(question.limit + question.offset)} {}

  void add(const event_chunk& chunk, const row_selection& selection) {
    total_ += selection.rows().size();
    for (const auto row : selection.rows()) {
      const auto at = selection.first() + row;
      const place here{chunk.at()[at], chunk.row_number(at)};
      if (!question_->before || comes_first({question_->before->at.milliseconds, question_->before->row}, here))
        found_.push_back(here);
    }
    if (found_.size() > 2 * reach_ + scan_rows)
      keep_first();
  }
  void merge(const first_places& other) {
    total_ += other.total_;
    found_.insert(found_.end(), other.found_.begin(), other.found_.end());
    keep_first();
  }
  /// In order.
  const std::vector<place>& finish() {
    keep_first();
    std::sort(found_.begin(), found_.end(), [this](const place& a, const place& b) { return comes_first(a, b); });
    return found_;
  }
  std::uint64_t total() const noexcept { return total_; }

private:
  bool comes_first(const place& a, const place& b) const { return question_->oldest_first ? is_newer(b, a) : is_newer(a, b); }
  void keep_first() {
    if (found_.size() <= reach_)
      return;
    std::nth_element(found_.begin(), found_.begin() + static_cast<std::ptrdiff_t>(reach_), found_.end(), [this](const place& a, const place& b) { return comes_first(a, b); });
    found_.resize(reach_);
  }

  const find_events* question_;
  std::size_t reach_;
  std::vector<place> found_;
  std::uint64_t total_ = 0;
};

struct finding_worker {
  explicit finding_worker(const find_events& question) : places{question} {}
  row_selection selection;
  first_places places;
  std::uint64_t scanned = 0;
};

result<void> read_page(const event_view& view, const find_events& question, std::span<const place> found, const scan_context& context, events_found& out) {
  std::size_t size = 0;
  std::optional<event_chunk> chunk;
  for (std::size_t i = static_cast<std::size_t>(question.offset); i < found.size() && !out.is_cut; ++i) {
    if (context.is_stopped()) // each may lie in another chunk, which has to be read
      return question_cancelled();
    if (!chunk || chunk->first_row != found[i].row - found[i].row % event_chunk_rows)
      chunk = view.chunk_of(found[i].row);
    auto event = view.read(*chunk, chunk->position_of(found[i].row).value_or(0)); // not there only where the numbers cannot be read
    if (chunk->why_incomplete())
      return *chunk->why_incomplete();
    size += answer_size(event);
    out.is_cut = size > found_bytes_max && !out.events.empty();
    if (!out.is_cut)
      out.events.push_back(std::move(event));
  }
  return {};
}

} // namespace

result<events_found> answer(const event_view& view, const find_events& question, const scan_context& context) {
  if (question.limit < 0 || question.offset < 0 || question.limit > event_query_reach_max
      || question.offset > event_query_reach_max - question.limit)
    return failure{error_code::validation_failed, "limit and offset reach past event_query_reach_max = 1000000", "offset"};
  const result<filter_plan> plan = filter_plan::make(view, filter_of(question.selection));
  if (!plan)
    return plan.error();
  const time_range range{question.selection.start_time.milliseconds, question.selection.end_time.milliseconds};
  std::vector<std::unique_ptr<finding_worker>> workers(context.width());
  const auto scanned = scan_chunks(view, range, context, [&](std::size_t number, const event_chunk& chunk) -> result<void> {
    auto& mine = workers[number];
    if (!mine)
      mine = std::make_unique<finding_worker>(question);
    for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
      if (context.is_stopped())
        return question_cancelled();
      const auto count = std::min(scan_rows, chunk.rows - first);
      mine->selection.select(view, chunk, first, count, *plan, range);
      mine->places.add(chunk, mine->selection);
      mine->scanned += count;
    }
    return {};
  });
  if (!scanned)
    return scanned.error();
  events_found out;
  first_places all{question};
  std::uint64_t rows = 0;
  for (const auto& each : workers)
    if (each) {
      all.merge(each->places);
      rows += each->scanned;
    }
  out.total = all.total();
  if (auto read = read_page(view, question, all.finish(), context, out); !read)
    return read.error();
  out.scope = {view.newest(), rows};
  return out;
}

} // namespace dotmac
