#include "core/events/event_partition.hpp"

#include "core/describe/binary.hpp"

#include <algorithm>
#include <set>

namespace dotmac {
namespace {

failure damaged(std::string how) { return {error_code::corrupt_data, "a snapshot of events is damaged: " + std::move(how), {}}; }

bool is_present_form(bytes_view segment, std::uint32_t snapshot_version) {
  std::uint32_t version = 0;
  binary::reader in{segment};
  return snapshot_version != 1 && in.read(version) && version >= event_segment_version_without_gaps;
}

} // namespace

event_snapshot_image event_snapshot_plan::encode() const {
  event_snapshot_image image;
  std::uint64_t number = next_segment;
  auto state = removals;
  image.removals = {state.last_number, rewriting.forgotten.size(), 0, {}, {}, !retired_segments.empty()};
  image.retired_segments = retired_segments;
  for (const auto& each : state.pending)
    if (each.is_finishing)
      image.removals.finishing = each.record.number;
  if (rewriting.is_needed()) {
    auto rewritten = rewrite_segments(view, kept, rewriting, number);
    image.live_segments = std::move(rewritten.live);
    image.new_segments = std::move(rewritten.fresh);
    image.removals.removed = std::move(rewritten.removed);
    image.removals.why_not = std::move(rewritten.why_not);
    for (const auto& [of, events] : image.removals.removed)
      for (auto& each : state.pending)
        if (each.record.number == of)
          each.record.removed_events += events;
  } else {
    image.live_segments = kept;
  }
  std::uint64_t row = kept.empty() ? 0 : kept.back().first_row + kept.back().row_count;
  auto before = kept.empty() ? std::make_shared<const dictionary_counts>() : kept.back().end;
  while (row < view.row_count()) {
    for (auto& segment : encode_segments(view, row, *before, number)) {
      segment.clean_through = state.last_number;
      segment.blank_through = rewriting.forgotten.size();
      image.live_segments.push_back(without_content(segment));
      image.new_segments.push_back(std::move(segment));
    }
    row += image.live_segments.back().row_count;
    before = image.live_segments.back().end;
  }
  image.version = !state.is_empty() ? event_snapshot_version : view.profiles() != nullptr ? event_snapshot_version_with_profiles : event_snapshot_version_without_profiles;
  binary::write(image.payload, view.key());
  binary::write(image.payload, view.row_count());
  binary::write(image.payload, number);
  binary::write_length(image.payload, image.live_segments.size());
  for (const event_segment& each : image.live_segments) {
    for (const std::uint64_t value : {each.number, each.first_row, each.row_count, static_cast<std::uint64_t>(each.min_time_ms),
                                      static_cast<std::uint64_t>(each.max_time_ms)})
      binary::write(image.payload, value);
    if (image.version == event_snapshot_version)
      binary::write(image.payload, each.clean_through);
  }
  if (image.version == event_snapshot_version) {
    binary::write(image.payload, state);
    binary::write(image.payload, view.profiles() != nullptr);
  }
  if (view.profiles() != nullptr)
    profile_book::write(image.payload, view);
  return image;
}

event_snapshot_plan event_partition::prepare_snapshot() {
  wants_snapshot_ = false;
  event_snapshot_plan plan{snapshot(), segments_, next_segment_, removal_progress_.rewriting(removals_.state(), source_), removals_.state(), retired_in_use()};
  while (!plan.kept.empty() && plan.kept.back().row_count != event_segment_rows)
    plan.kept.pop_back();
  return plan;
}

void event_partition::snapshot_written(const event_snapshot_image& image) {
  segments_ = image.live_segments;
  former_segments_.clear();
  removal_progress_.note_snapshot(image.removals, segments_);
  for (const auto& [number, events] : image.removals.removed)
    removals_.note_removed(number, events);
  std::set<std::uint64_t> fresh;
  for (const event_segment& each : image.new_segments) {
    next_segment_ = std::max(next_segment_, each.number + 1);
    fresh.insert(each.number);
  }
  drop_overtaken();
  retire_rewritten(image);
  for (event_segment& each : segments_)
    if (each.row_count == event_segment_rows && source_ != nullptr && fresh.contains(each.number)) {
      auto stored = std::make_shared<stored_columns>(stored_columns{*each.directory, source_});
      each.directory = {stored, &stored->directory};
      columns_.release(stored);
    }
}

/// Chunks in memory lost events since the snapshot was taken: they stay, and the next snapshot writes them instead of these segments.
void event_partition::drop_overtaken() {
  const auto overtaken = std::find_if(segments_.begin(), segments_.end(), [this](const event_segment& each) {
    return each.clean_through < removals_.state().last_number && columns_.is_in_memory(each.first_row);
  });
  segments_.erase(overtaken, segments_.end());
}

void event_partition::retire_rewritten(const event_snapshot_image& image) {
  for (const auto& each : image.new_segments)
    if (each.row_count == event_segment_rows && each.first_row < columns_.committed_rows())
      if (const auto before = columns_.stored_at(each.first_row); before != nullptr && before->directory.number != each.number)
        retired_.push_back(before);
}

std::vector<std::uint64_t> event_partition::retired_in_use() {
  std::vector<std::uint64_t> out;
  std::erase_if(retired_, [](const auto& each) { return each.expired(); });
  for (const auto& each : retired_)
    if (const auto held = each.lock())
      out.push_back(held->directory.number);
  return out;
}

result<void> event_partition::read_removals(binary::reader& in) {
  removal_state state;
  if (!in.read(state))
    return damaged("its removals end early");
  snapshot_removals said;
  said.last_removal = state.last_number;
  for (const auto& each : state.pending)
    if (each.is_finishing)
      said.finishing = each.record.number;
  removals_.restore(std::move(state));
  removal_progress_.note_snapshot(said, segments_);
  return {};
}

result<void> event_partition::append_stored(bytes_view payload, event_segment& as) {
  auto segment = decode_segment(payload);
  if (!segment)
    return segment.error();
  if (auto added = columns_.append_entries(*segment); !added)
    return added;
  if (!segment->directory) {
    for (const auto& chunk : segment->chunks)
      for (const auto received : chunk.received_at)
        newest_received_ = std::max(newest_received_, received);
    return columns_.append_rows(*segment);
  }
  segment->directory->number = as.number;
  segment->directory->end = std::make_shared<dictionary_counts>(columns_.counts());
  for (const auto& each : segment->directory->columns)
    if (each.kind == column_kind::property && each.index / value_kind_count >= segment->directory->end->keys)
      return damaged("a segment has a property that is in no dictionary");
  for (const auto& each : segment->directory->chunks)
    newest_received_ = std::max(newest_received_, each.max_received);
  const auto stored = std::make_shared<stored_columns>(stored_columns{std::move(*segment->directory), source_});
  as.directory = {stored, &stored->directory};
  return append_parts(stored);
}

/// Full segments stay where they are; the last one, which goes on growing, comes in.
result<void> event_partition::append_parts(const std::shared_ptr<const stored_columns>& segment) {
  const auto& directory = segment->directory;
  std::uint64_t rows = 0;
  for (const auto& each : directory.chunks)
    rows += each.row_span;
  if (rows == event_segment_rows)
    return columns_.append_rows(segment);
  std::vector<std::shared_ptr<const segment_column>> parts;
  for (std::uint32_t part = 0; part < directory.columns.size(); ++part) {
    auto column = source_->column(directory, part);
    if (!column)
      return column.error();
    parts.push_back(std::move(*column));
  }
  std::vector<std::shared_ptr<const chunk_columns>> chunks;
  for (std::size_t c = 0; c < directory.chunks.size(); ++c)
    chunks.push_back(assemble(directory, c, parts));
  return columns_.append_rows(chunks);
}

/// A segment of version 1: a block as those that clients' events come in.
result<void> event_partition::append_block(bytes_view payload, std::uint64_t row_count) {
  const result<event_block_view> view = event_block_view::parse(payload);
  if (!view)
    return view.error();
  if (view->row_count() != row_count)
    return damaged("a segment has another number of rows than its snapshot says");
  std::vector<std::uint32_t> all(view->row_count());
  for (std::uint32_t row = 0; row < all.size(); ++row)
    all[row] = row;
  if (const result<void> appended = append_known(*view, all); !appended)
    return appended.error();
  columns_.commit();
  return {};
}

result<event_partition> event_partition::restore(std::uint32_t version, bytes_view payload,
                                                 const std::function<result<bytes>(std::uint64_t)>& read_segment, std::shared_ptr<segment_source> source,
                                                 std::int64_t dedupe_window_milliseconds, damaged_ids with_damaged_ids) {
  if (version == 0 || version > event_snapshot_version)
    return failure{error_code::unknown_schema_version, "a snapshot of events has a version that this program does not know"};
  binary::reader in{payload};
  std::uint64_t key = 0;
  std::uint64_t rows = 0;
  std::uint64_t next_segment = 0;
  std::uint32_t count = 0;
  if (!in.read(key) || !in.read(rows) || !in.read(next_segment) || !in.read(count))
    return damaged("it ends early");
  event_partition out{key, dedupe_window_milliseconds, std::move(source)};
  bool is_all_present = true; // in the present form
  out.next_segment_ = next_segment;
  for (std::uint32_t i = 0; i < count; ++i) {
    event_segment segment;
    if (!in.read(segment.number) || !in.read(segment.first_row) || !in.read(segment.row_count) || !in.read(segment.min_time_ms)
        || !in.read(segment.max_time_ms) || (version == event_snapshot_version && !in.read(segment.clean_through)))
      return damaged("it ends early");
    if (segment.first_row != out.columns_.row_count())
      return damaged("its segments do not follow each other");
    const result<bytes> stored = read_segment(segment.number);
    if (!stored)
      return stored.error();
    if (const auto appended = version == 1 ? out.append_block(*stored, segment.row_count) : out.append_stored(*stored, segment); !appended)
      return appended.error();
    if (out.columns_.row_count() != segment.first_row + segment.row_count)
      return damaged("a segment has another number of rows than it says");
    is_all_present &= is_present_form(*stored, version);
    segment.end = std::make_shared<dictionary_counts>(out.columns_.counts());
    out.segments_.push_back(std::move(segment));
  }
  if (auto indexed = out.columns_.index_texts(); !indexed)
    return indexed.error();
  bool has_profiles = version == event_snapshot_version_with_profiles;
  if (version == event_snapshot_version) {
    if (auto removals = out.read_removals(in); !removals)
      return removals.error();
    if (!in.read(has_profiles))
      return damaged("it ends early");
  }
  if (has_profiles)
    if (auto profiles = out.profiles_.read(in, out.columns_); !profiles)
      return profiles.error();
  if (!in.at_end() || out.columns_.row_count() != rows)
    return damaged("it has another number of rows than its segments");
  if (!is_all_present)
    out.former_segments_ = std::exchange(out.segments_, {}); // the next snapshot writes all of it in the present form
  if (version != 1) // blocks bring their ids in themselves
    if (auto remembered = out.remember_ids(0); !remembered) {
      if (with_damaged_ids == damaged_ids::fail || remembered.error().code != error_code::corrupt_data)
        return remembered.error();
      out.why_no_ids_ = failure{error_code::corrupt_data, "no event with an event_id can be taken, because nobody can tell whether it was here before: " + remembered.error().message, {}};
    }
  return out;
}

} // namespace dotmac
