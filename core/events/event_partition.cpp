#include "core/events/event_partition.hpp"

#include "core/describe/binary.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cassert>

namespace dotmac {
namespace {
constexpr std::uint32_t journal_version = 1;
constexpr std::uint32_t journal_version_with_profiles = 2; ///< behind the blocks, a change of profiles
constexpr std::uint32_t journal_version_with_removal = 3;  ///< behind the blocks, a removal_change
failure damaged(std::string how) { return {error_code::corrupt_data, "a journaled run of events is damaged: " + std::move(how)}; }
} // namespace

/// An event of a block with the id it came with.
struct event_partition::incoming {
  std::optional<uuid_bytes> uuid;
  std::string_view id_text;
  std::uint64_t hash = 0;

  incoming(const event_block_view& block, std::uint32_t row, std::uint32_t uuid_number, std::uint64_t key) {
    const auto code = static_cast<std::uint32_t>(block.fields[static_cast<std::size_t>(event_field::event_id)][row]);
    if (code == 0)
      return;
    if (code == block.uuid_code()) {
      uuid = block.uuid(uuid_number);
      hash = XXH3_64bits_withSeed(uuid->octets.data(), uuid->octets.size(), key);
    } else {
      id_text = block.text(code);
      hash = XXH3_64bits_withSeed(id_text.data(), id_text.size(), key);
    }
  }
  bool has_id() const { return uuid || !id_text.empty(); }
};

event_partition::event_partition(std::uint64_t key, std::int64_t dedupe_window_milliseconds, std::shared_ptr<segment_source> source)
    : columns_{key, source == nullptr ? nullptr : source->large_memory()}, source_{std::move(source)}, window_{dedupe_window_milliseconds}, newest_received_{timestamp_min.milliseconds} {
  if (auto memory = source_ == nullptr ? nullptr : source_->large_memory())
    ids_.use_for_large(memory.get()); // columns_ keeps it
}

result<bool> event_partition::has_this_id(std::uint64_t row, const incoming& event) const {
  if (row >= columns_.row_count()) {
    const std::size_t i = row - columns_.row_count();
    const incoming other{*deciding_, (*deciding_rows_)[i], deciding_uuids_[i], columns_.key()};
    return other.uuid == event.uuid && other.id_text == event.id_text;
  }
  const auto id = columns_.id_of(row);
  if (!id)
    return id.error();
  return *id && (*id)->uuid == event.uuid && (*id)->text == event.id_text;
}

result<std::optional<std::uint64_t>> event_partition::find_row(const incoming& event) const {
  using found = std::optional<std::uint64_t>;
  if (event.uuid)
    if (const auto row = row_of_derived_id(*event.uuid, columns_.key()); row && *row < columns_.row_count()) {
      const auto id = columns_.id_of(*row);
      if (!id)
        return id.error();
      if (*id && (*id)->empty())
        return found{*row};
    }
  result<std::optional<std::uint64_t>> out{found{}};
  ids_.visit(event.hash, [&](std::uint64_t row) {
    const auto is_it = has_this_id(row, event);
    if (!is_it)
      out = is_it.error();
    else if (*is_it)
      out = found{row};
    return !is_it || *is_it;
  });
  return out;
}

result<void> event_partition::remember_ids(std::uint64_t first_row) {
  return columns_.visit_ids(first_row, newest_received_ - window_, [&](std::uint64_t row, std::string_view id) {
    remember(XXH3_64bits_withSeed(id.data(), id.size(), columns_.key()), row);
    if (ids_.wants_settling())
      ids_.settle(first_row_in_window());
  });
}

void event_partition::remember(std::uint64_t hash, std::uint64_t row) {
  if (ids_.is_full())
    ids_.make_room(first_row_in_window());
  ids_.remember(hash, row);
}

/// Whole chunks that were received before the window are let go.
std::uint64_t event_partition::first_row_in_window() const {
  std::uint64_t first = 0;
  const event_view view = columns_.snapshot();
  for (const auto& chunk : view.chunks()) {
    if (chunk.row_span != event_chunk_rows || chunk.max_received >= newest_received_ - window_)
      break;
    first += chunk.row_span;
  }
  return first;
}

namespace {

/// Whether two rows of one block are the same event apart from the time of receipt.
bool same_in_block(const event_block_view& block, std::uint32_t left, std::uint32_t right) {
  const auto nanoseconds = [&](std::uint32_t row) {
    const std::uint32_t i = block.finer_rows.lower_bound(row);
    return i < block.finer_rows.size() && block.finer_rows[i] == row ? block.finer_nanoseconds[i] : 0;
  };
  const bool both_without_time = block.at[left] == block.received_at[left] && block.at[right] == block.received_at[right];
  if (!both_without_time && (block.at[left] != block.at[right] || nanoseconds(left) != nanoseconds(right)))
    return false;
  for (std::size_t f = 0; f < event_field_count; ++f)
    if (f != static_cast<std::size_t>(event_field::event_id)
        && (block.fields[f][left] == 0) != (block.fields[f][right] == 0))
      return false;
    else if (f != static_cast<std::size_t>(event_field::event_id) && block.fields[f][left] != 0
             && block.text(static_cast<std::uint32_t>(block.fields[f][left]))
                    != block.text(static_cast<std::uint32_t>(block.fields[f][right])))
      return false;
  const auto position = [](const block_property_column& column, std::uint32_t row) -> std::optional<std::uint32_t> {
    const std::uint32_t i = column.rows.empty() ? row : column.rows.lower_bound(row);
    return i < column.count && column.row_at(i) == row ? std::optional{i} : std::nullopt;
  };
  for (const block_property_column& column : block.columns) {
    const auto a = position(column, left);
    const auto b = position(column, right);
    if (a.has_value() != b.has_value())
      return false;
    if (!a || column.values.empty() || column.values[*a] == column.values[*b])
      continue;
    const bool is_coded = column.kind == value_kind::text || column.kind == value_kind::json;
    if (!is_coded || block.text(static_cast<std::uint32_t>(column.values[*a])) != block.text(static_cast<std::uint32_t>(column.values[*b])))
      return false;
  }
  return true;
}

} // namespace

result<void> event_partition::decide_known(std::uint64_t before, const event_block_view& block, std::uint32_t row, const std::vector<std::uint32_t>& chosen, staged_block& out) const {
  const bool is_staged_here = before >= columns_.row_count();
  const auto same = is_staged_here ? result<bool>{same_in_block(block, chosen[before - columns_.row_count()], row)} : columns_.same_content(before, block, row);
  if (!same)
    return same.error();
  out.outcomes.push_back(*same ? event_outcome::duplicate : event_outcome::conflicting);
  out.rows.push_back(before);
  return {};
}

result<void> event_partition::decide(const event_block_view& block, std::uint32_t row, std::uint32_t uuid,
                                     std::vector<std::uint32_t>& chosen, staged_block& out) {
  const incoming event{block, row, uuid, columns_.key()};
  if (event.has_id()) {
    const auto before = find_row(event);
    if (!before)
      return before.error();
    if (*before) {
      out.known_ids.push_back(event.uuid ? format_uuid(*event.uuid) : std::string{event.id_text});
      return decide_known(**before, block, row, chosen, out);
    }
    remember(event.hash, columns_.row_count() + chosen.size());
  }
  out.outcomes.push_back(event_outcome::accepted);
  out.rows.push_back(columns_.row_count() + chosen.size());
  chosen.push_back(row);
  deciding_uuids_.push_back(uuid);
  return {};
}

event_view event_partition::snapshot() const {
  auto view = columns_.snapshot();
  if (auto profiles = profiles_.share())
    view.set_profiles(std::move(profiles));
  return view;
}

result<staged_block> event_partition::stage(bytes block) {
  const result<event_block_view> view = event_block_view::parse(block);
  if (!view)
    return view.error();
  if (columns_.row_count() + view->row_count() > event_rows_max)
    return failure{error_code::validation_failed, "the partition is full: event_rows_max = 4000000000 events"};
  if (why_no_ids_ && count_not_zero(view->fields[static_cast<std::size_t>(event_field::event_id)]) > 0)
    return *why_no_ids_;
  staged_block out;
  out.first_row = columns_.row_count();
  std::vector<std::uint32_t> chosen;
  deciding_ = &*view;
  deciding_rows_ = &chosen;
  deciding_uuids_.clear();
  const packed_integers& ids = view->fields[static_cast<std::size_t>(event_field::event_id)];
  std::uint32_t uuids = 0;
  const std::vector<bool> crowded_out = columns_.rows_without_room(*view);
  result<void> decided{};
  for (std::uint32_t row = 0; row < view->row_count() && decided; ++row) {
    newest_received_ = std::max(newest_received_, view->received_at[row]);
    if (!crowded_out.empty() && crowded_out[row]) {
      out.outcomes.push_back(event_outcome::refused);
      out.rows.push_back(0);
    } else {
      decided = decide(*view, row, uuids, chosen, out);
    }
    uuids += ids[row] == std::int64_t{view->uuid_code()};
  }
  deciding_ = nullptr;
  deciding_rows_ = nullptr;
  if (!decided) {
    ids_.forget_from(out.first_row);
    return decided.error();
  }
  if (const result<void> appended = columns_.append(*view, chosen); !appended) {
    ids_.forget_from(out.first_row);
    return appended.error();
  }
  if (!chosen.empty())
    staged_.push_back({std::move(block), std::move(chosen)});
  return out;
}

bytes event_partition::staged_payload() const {
  if (!has_staged())
    return {};
  bytes out;
  binary::write(out, removals_.has_staged() ? journal_version_with_removal : profiles_.has_staged() ? journal_version_with_profiles : journal_version);
  binary::write(out, columns_.key());
  binary::write(out, columns_.committed_rows());
  binary::write_length(out, staged_.size());
  for (const staged_part& each : staged_) {
    std::vector<std::uint32_t> skipped;
    const std::uint32_t rows = event_block_view::parse(each.block)->row_count();
    for (std::uint32_t row = 0, next = 0; row < rows; ++row)
      if (next < each.rows.size() && each.rows[next] == row)
        ++next;
      else
        skipped.push_back(row);
    binary::write(out, skipped);
    binary::write(out, each.block);
  }
  if (profiles_.has_staged())
    profiles_.write_staged(out);
  if (removals_.has_staged())
    removals_.write_staged(out);
  return out;
}

void event_partition::commit_staged() {
  columns_.commit();
  if (ids_.wants_settling())
    ids_.settle(first_row_in_window());
  staged_.clear();
  if (profiles_.has_staged())
    profiles_changed_ = profiles_.commit_staged();
  if (removals_.has_staged())
    carry_out(removals_.take_staged());
}

void event_partition::discard_staged() {
  ids_.forget_from(columns_.committed_rows());
  columns_.discard();
  staged_.clear();
  profiles_.discard_staged();
  removals_.discard_staged();
}

result<void> event_partition::append_known(const event_block_view& block, const std::vector<std::uint32_t>& rows) {
  const packed_integers& ids = block.fields[static_cast<std::size_t>(event_field::event_id)];
  if (columns_.row_count() + rows.size() > event_rows_max)
    return damaged("more than event_rows_max events");
  const std::uint64_t first = columns_.row_count();
  if (const result<void> appended = columns_.append(block, rows); !appended)
    return appended;
  std::uint32_t uuids = 0;
  std::size_t next = 0;
  for (std::uint32_t row = 0; row < block.row_count() && next < rows.size(); ++row) {
    if (rows[next] == row) {
      newest_received_ = std::max(newest_received_, block.received_at[row]);
      const incoming event{block, row, uuids, columns_.key()};
      if (event.has_id())
        remember(event.hash, first + next);
      ++next;
    }
    uuids += ids[row] == std::int64_t{block.uuid_code()};
  }
  return {};
}

result<void> event_partition::apply(bytes_view payload) {
  assert(!has_staged());
  binary::reader in{payload};
  std::uint32_t version = 0;
  std::uint64_t key = 0;
  std::uint64_t first_row = 0;
  std::uint32_t blocks = 0;
  if (!in.read(version))
    return damaged("its header ends early");
  if (version == 0 || version > journal_version_with_removal)
    return failure{error_code::unknown_schema_version, "a journaled run of events has a version that this program does not know"};
  if (!in.read(key) || !in.read(first_row) || !in.read(blocks))
    return damaged("its header ends early");
  if (columns_.row_count() == 0)
    columns_.set_key(key);
  if (key != columns_.key() || first_row != columns_.row_count())
    return damaged("it does not follow what was applied before it");
  const auto refuse = [this](failure why) {
    discard_staged();
    return why;
  };
  for (std::uint32_t i = 0; i < blocks; ++i) {
    std::vector<std::uint32_t> skipped;
    bytes block;
    if (!in.read(skipped) || !in.read(block))
      return refuse(damaged("a block ends early"));
    const result<event_block_view> view = event_block_view::parse(block);
    if (!view)
      return refuse(view.error());
    std::vector<std::uint32_t> rows;
    std::size_t next = 0;
    for (std::uint32_t row = 0; row < view->row_count(); ++row)
      if (next < skipped.size() && skipped[next] == row)
        ++next;
      else
        rows.push_back(row);
    if (next != skipped.size())
      return refuse(damaged("it passes over rows that its block does not have"));
    if (const result<void> appended = append_known(*view, rows); !appended)
      return refuse(appended.error());
  }
  change_profiles changes;
  if (version == journal_version_with_profiles && !in.read(changes))
    return refuse(damaged("a change of profiles ends early"));
  removal_change removal;
  if (version == journal_version_with_removal && !in.read(removal))
    return refuse(damaged("a step of a removal ends early"));
  if (!in.at_end())
    return refuse(damaged("bytes are left over"));
  if (const auto changed = profiles_.apply(columns_, changes); !changed)
    return refuse(changed.error());
  columns_.commit();
  if (version == journal_version_with_removal)
    carry_out(removal);
  return {};
}

void event_partition::carry_out(const removal_change& change) {
  removals_.carry_out(change, columns_, profiles_);
  wants_snapshot_ |= change.what == removal_change::kind::step || change.what == removal_change::kind::finish;
}

result<void> event_partition::forget_unused(text_usage usage) {
  auto forgotten = columns_.forget_unused(std::move(usage), [this](const profile_subject& subject, std::uint32_t code) { return profiles_.knows(subject, code); });
  if (!forgotten) {
    removal_progress_.note_problem(forgotten.error());
    return forgotten.error();
  }
  removal_progress_.note_forgotten(std::move(*forgotten), removals_.state().last_number);
  return {};
}

bool event_partition::has_expired_events(timestamp now) const {
  const auto& state = removals_.state();
  if ((!state.retention.days && state.retention.rules.empty()) || state.expired_at == start_of_day(now))
    return false;
  const auto condition = removals_.expiry_on(start_of_day(now), columns_);
  const auto view = columns_.snapshot();
  return std::any_of(view.chunks().begin(), view.chunks().end(), [&](auto chunk) {
    chunk.first_row = 0; // whatever its rows
    return condition.may_touch(chunk);
  });
}

removals_told event_partition::tell_removals() const {
  auto out = removals_.tell();
  if (removal_progress_.problem())
    out.problem = removal_progress_.problem()->message;
  return out;
}

result<std::string> event_partition::event_id_text(std::uint64_t row) const {
  auto id = columns_.id_of(row);
  if (!id)
    return id.error();
  if (!*id)
    return failure{error_code::not_found, "that event was removed", {}};
  if ((*id)->uuid)
    return format_uuid(*(*id)->uuid);
  return (*id)->text.empty() ? format_uuid(derive_event_id(row, columns_.key())) : std::move((*id)->text);
}

} // namespace dotmac
