#include "core/events/event_answers.hpp"

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

result<events_found> answer(const event_view& view, const find_events& question, const stop_check& stop) {
  if (question.limit < 0 || question.offset < 0 || question.limit > event_query_reach_max
      || question.offset > event_query_reach_max - question.limit)
    return failure{error_code::validation_failed, "limit and offset reach past event_query_reach_max = 1000000", "offset"};
  const result<filter_plan> plan = filter_plan::make(view, filter_of(question.selection));
  if (!plan)
    return plan.error();
  const auto reach = static_cast<std::size_t>(question.limit + question.offset);
  events_found out;
  const auto comes_first = [&](const place& a, const place& b) { return question.oldest_first ? is_newer(b, a) : is_newer(a, b); };
  std::vector<place> found;
  const auto keep_first = [&] {
    if (found.size() > reach) {
      std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(reach), found.end(), comes_first);
      found.resize(reach);
    }
  };
  const auto scanned = scan_events(view, *plan, question.selection.start_time, question.selection.end_time, stop,
                                   [&](const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask) -> result<void> {
    for (std::uint32_t i = 0; i < mask.size(); ++i) {
      if (mask[i] == 0)
        continue;
      ++out.total;
      const place here{chunk.at()[first + i], chunk.first_row + first + i};
      if (!question.before || comes_first({question.before->at.milliseconds, question.before->row}, here))
        found.push_back(here);
    }
    if (found.size() > 2 * reach + scan_rows)
      keep_first();
    return {};
  });
  if (!scanned)
    return scanned.error();
  keep_first();
  std::sort(found.begin(), found.end(), comes_first);
  std::size_t size = 0;
  std::optional<event_chunk> chunk;
  for (std::size_t i = static_cast<std::size_t>(question.offset); i < found.size() && !out.is_cut; ++i) {
    if (stop && stop()) // each may lie in another chunk, which has to be read
      return failure{error_code::cancelled, "the question was cancelled"};
    if (!chunk || chunk->first_row != found[i].row - found[i].row % event_chunk_rows)
      chunk = view.chunk_of(found[i].row);
    auto event = view.read(*chunk, static_cast<std::uint32_t>(found[i].row % event_chunk_rows));
    if (chunk->why_incomplete())
      return *chunk->why_incomplete();
    size += answer_size(event);
    out.is_cut = size > found_bytes_max && !out.events.empty();
    if (!out.is_cut)
      out.events.push_back(std::move(event));
  }
  out.scope = {view.newest(), *scanned};
  return out;
}

} // namespace dotmac
