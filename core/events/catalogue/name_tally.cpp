#include "core/events/catalogue/name_tally.hpp"

namespace dotmac {
namespace {

constexpr catalogue_kind kind_of(value_kind kind) {
  switch (kind) {
  case value_kind::text: return catalogue_kind::text;
  case value_kind::json: return catalogue_kind::nested;
  case value_kind::integer: case value_kind::number: return catalogue_kind::number;
  case value_kind::boolean: return catalogue_kind::boolean;
  case value_kind::null: break;
  }
  return catalogue_kind::null;
}

} // namespace

std::array<std::uint64_t, catalogue_kind_count> name_tally::kinds_of(std::size_t key) const {
  std::array<std::uint64_t, catalogue_kind_count> out{};
  for (std::size_t kind = 0; kind < value_kind_count && !columns_.empty(); ++kind)
    out[static_cast<std::size_t>(kind_of(static_cast<value_kind>(kind)))] += columns_[key * value_kind_count + kind];
  return out;
}

result<void> name_tally::add(const event_chunk& chunk, const selected_rows& rows, const scan_context& context) {
  event_count_ += rows.count();
  if (rows.count() == 0)
    return {};
  if (wanted_.events)
    if (auto added = add_events(chunk, rows, context); !added)
      return added;
  if (auto added = add_fields(chunk, rows, context); !added)
    return added;
  if (!wanted_.keys.empty())
    if (auto added = add_properties(chunk, rows, context); !added)
      return added;
  return charge();
}

result<void> name_tally::add_events(const event_chunk& chunk, const selected_rows& rows, const scan_context& context) {
  const auto mask = rows.mask();
  std::uint64_t last_pair = 0;
  events_seen* last = nullptr; // events of one kind often follow each other
  for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
    if (context.is_stopped())
      return question_cancelled();
    const auto count = std::min(scan_rows, chunk.rows - first);
    chunk.codes(event_field::event_type).unpack(first, std::span{types_}.first(count));
    chunk.codes(event_field::event_name).unpack(first, std::span{names_}.first(count));
    chunk.at().unpack(first, std::span{times_}.first(count));
    for (std::uint32_t i = 0; i < count; ++i) {
      if (mask[first + i] == 0)
        continue;
      const auto pair = std::uint64_t{types_[i]} << 32 | names_[i];
      if (last == nullptr || pair != last_pair)
        last = &seen(pair);
      last_pair = pair;
      last->add(times_[i]);
    }
    if (auto charged = charge(); !charged)
      return charged;
  }
  return {};
}

result<void> name_tally::add_fields(const event_chunk& chunk, const selected_rows& rows, const scan_context& context) {
  const auto mask = rows.mask();
  for (std::size_t field = 0; field < event_field_count; ++field) {
    if (!wanted_.fields[field])
      continue;
    if (field == static_cast<std::size_t>(event_field::event_id)) { // an event that came without one has one made of its row
      fields_[field] += rows.count();
      continue;
    }
    const auto& codes = chunk.codes(static_cast<event_field>(field));
    for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
      if (context.is_stopped())
        return question_cancelled();
      const auto count = std::min(scan_rows, chunk.rows - first);
      codes.unpack(first, std::span{names_}.first(count));
      std::uint32_t present = 0;
      for (std::uint32_t i = 0; i < count; ++i)
        present += static_cast<std::uint32_t>(names_[i] != 0) & mask[first + i];
      fields_[field] += present;
    }
  }
  return {};
}

result<void> name_tally::add_properties(const event_chunk& chunk, const selected_rows& rows, const scan_context& context) {
  if (columns_.empty())
    columns_.resize(wanted_.keys.size() * value_kind_count);
  for (const auto& listed : chunk.listed_slices()) {
    if (wanted_.keys[listed.key()] == 0)
      continue;
    if (rows.is_all()) {
      columns_[listed.column] += listed.count;
    } else if (listed.count == chunk.rows) {
      columns_[listed.column] += rows.count();
    } else {
      if (context.is_stopped())
        return question_cancelled();
      const auto slices = chunk.slices_of(listed.key());
      const auto own = std::find_if(slices.begin(), slices.end(), [&](const property_slice& each) { return each.column == listed.column; });
      columns_[listed.column] += count_taken(*own, rows.mask());
    }
  }
  return {};
}

std::uint64_t name_tally::count_taken(const property_slice& slice, std::span<const std::uint8_t> mask) {
  std::uint64_t taken = 0;
  for (std::uint32_t first = 0; first < slice.count; first += scan_rows) {
    const auto count = std::min(scan_rows, slice.count - first);
    slice.rows.unpack(first, std::span{names_}.first(count));
    for (std::uint32_t i = 0; i < count; ++i)
      taken += mask[names_[i]];
  }
  return taken;
}

result<void> name_tally::merge(const name_tally& other) {
  event_count_ += other.event_count_;
  for (std::size_t field = 0; field < event_field_count; ++field)
    fields_[field] += other.fields_[field];
  columns_.resize(std::max(columns_.size(), other.columns_.size()));
  for (std::size_t column = 0; column < other.columns_.size(); ++column)
    columns_[column] += other.columns_[column];
  for (std::size_t i = 0; i < other.pairs_.size(); ++i)
    seen(other.pairs_[i]).merge(other.seen_[i]);
  return charge();
}

result<void> name_tally::charge() {
  constexpr std::size_t pair_bytes = 2 * (sizeof(std::uint64_t) + sizeof(events_seen)) + 3 * sizeof(std::uint32_t); // lists may be half full, the index a third
  const auto held = pairs_.size() * pair_bytes + columns_.size() * sizeof(std::uint64_t);
  return memory_.take(held - std::exchange(charged_, held));
}

} // namespace dotmac
