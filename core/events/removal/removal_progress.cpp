#include "core/events/removal/removal_progress.hpp"

#include <algorithm>

namespace dotmac {

removal_step removal_progress::next(const removal_state& state, bool has_readers) {
  if (state.pending.empty()) {
    batch_end_ = 0;
    return removal_step::none;
  }
  if (state.pending.front().is_finishing) {
    batch_end_ = 0;
    for (const auto& each : state.pending)
      if (each.is_finishing)
        batch_end_ = each.record.number;
    return stored_finishing_ >= batch_end_ ? removal_step::done : removal_step::step;
  }
  if (batch_end_ < state.pending.front().record.number)
    batch_end_ = state.pending.back().record.number;
  if (stored_clean_through_ < batch_end_)
    return removal_step::step;
  if (usage_known_through_ < batch_end_)
    return removal_step::find_unused_texts;
  if (stored_blank_through_ < forgotten_.size())
    return removal_step::step;
  if (has_readers)
    return removal_step::wait;
  return stored_keeps_retired_ ? removal_step::step : removal_step::finish;
}

removal_change removal_progress::change_for(removal_step step, timestamp now) const {
  removal_change out;
  out.what = step == removal_step::finish ? removal_change::kind::finish : step == removal_step::done ? removal_change::kind::done : removal_change::kind::step;
  out.number = batch_end_;
  out.at = now;
  return out;
}

void removal_progress::note_forgotten(forgotten_codes codes, std::uint64_t last_removal) {
  usage_known_through_ = last_removal;
  const auto is_empty = [](const auto& list) { return std::all_of(list.begin(), list.end(), [](const auto& each) { return each.empty(); }); };
  if (!is_empty(codes.fields) || !is_empty(codes.texts))
    forgotten_.push_back(std::move(codes));
}

void removal_progress::note_snapshot(const snapshot_removals& said, std::span<const event_segment> live) {
  stored_clean_through_ = said.last_removal;
  stored_blank_through_ = said.forgotten_times;
  stored_finishing_ = said.finishing;
  stored_keeps_retired_ = said.keeps_retired;
  for (const auto& each : live) {
    stored_clean_through_ = std::min(stored_clean_through_, each.clean_through);
    stored_blank_through_ = std::min(stored_blank_through_, each.blank_through);
  }
  if (stored_blank_through_ == forgotten_.size())
    for (auto& each : forgotten_)
      each = {}; // nobody looks there any more
  problem_ = said.why_not;
}

segment_rewriting removal_progress::rewriting(const removal_state& state, std::shared_ptr<segment_source> source) const {
  segment_rewriting out;
  for (const auto& each : state.pending)
    out.conditions.push_back({each.record.number, each.condition});
  out.last_removal = state.last_number;
  out.forgotten = forgotten_;
  out.source = std::move(source);
  return out;
}

} // namespace dotmac
