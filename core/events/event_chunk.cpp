#include "core/events/event_chunk.hpp"

#include "core/events/profiles/profile_table.hpp"
#include "core/events/segment_parts.hpp"

#include <algorithm>

namespace dotmac {

std::optional<std::uint32_t> property_slice::position_of(std::uint32_t row) const noexcept {
  if (rows.empty())
    return row < count ? std::optional{row} : std::nullopt;
  const std::uint32_t at = rows.lower_bound(row);
  return at < count && rows[at] == row ? std::optional{at} : std::nullopt;
}

event_chunk::event_chunk(std::shared_ptr<const chunk_columns> columns, const profile_state* profiles) : chunk_bounds{*columns}, columns_{std::move(columns)}, profiles_{profiles} {}

event_chunk::event_chunk(std::shared_ptr<const stored_columns> segment, std::size_t index, const profile_state* profiles)
    : chunk_bounds{segment->directory.chunks[index]}, segment_{std::move(segment)}, index_{index}, profiles_{profiles} {
  auto own = std::make_shared<chunk_columns>();
  static_cast<chunk_bounds&>(*own) = *this;
  for (const auto& each : segment_->directory.columns)
    if (each.kind == column_kind::property && each.counts[index] > 0)
      own->properties.push_back({each.index, each.counts[index], {}, {}});
  slices_loaded_.resize(own->properties.size());
  lazy_ = own.get();
  columns_ = std::move(own);
}

event_chunk::~event_chunk() = default;
event_chunk::event_chunk(event_chunk&&) noexcept = default;
event_chunk& event_chunk::operator=(event_chunk&&) noexcept = default;

std::shared_ptr<const segment_column> event_chunk::read(std::uint32_t part) const {
  auto column = segment_->source->column(segment_->directory, part);
  if (column) {
    lazy_->owners.push_back(*column);
    return *column;
  }
  if (!why_incomplete_)
    why_incomplete_ = column.error();
  return nullptr;
}

void event_chunk::load(place column) const {
  loaded_ |= 1u << static_cast<unsigned>(column);
  const packed_integers none{nullptr, 0, 0, rows};
  const auto kind = column == place::ids           ? column_kind::ids
                    : column == place::at          ? column_kind::at
                    : column == place::received_at ? column_kind::received_at
                    : column == place::finer_times ? column_kind::finer_times
                    : column == place::row_numbers ? column_kind::row_numbers
                                                   : column_kind::codes;
  const auto part = segment_->directory.find(kind, kind == column_kind::codes ? static_cast<std::uint32_t>(column) : 0);
  const auto found = part ? read(*part) : nullptr;
  const auto* of = found == nullptr ? nullptr : &found->chunks[index_];
  switch (kind) {
  case column_kind::at: lazy_->at = of == nullptr ? packed_integers{nullptr, 0, min_at, rows} : of->first; break; // within the bounds that others rely on
  case column_kind::received_at: lazy_->received_at = of == nullptr ? packed_integers{nullptr, 0, max_received, rows} : of->first; break;
  case column_kind::codes: lazy_->codes[static_cast<std::size_t>(column)] = of == nullptr ? none : of->first; break;
  case column_kind::finer_times:
    if (of != nullptr) {
      lazy_->finer_rows = of->first;
      lazy_->finer_nanoseconds = of->second;
    }
    break;
  case column_kind::ids:
    lazy_->id_references = of == nullptr ? none : of->first;
    if (of != nullptr) {
      lazy_->id_text_ends = of->second;
      lazy_->uuids = of->uuids.data();
      lazy_->id_texts = of->texts.data();
    }
    break;
  case column_kind::row_numbers: lazy_->row_numbers = of == nullptr ? none : of->first; break;
  case column_kind::property: break;
  }
}

void event_chunk::load_slice(std::size_t number) const {
  slices_loaded_[number] = true;
  auto& slice = lazy_->properties[number];
  const auto found = read(*segment_->directory.find(column_kind::property, slice.column));
  if (found == nullptr) {
    slice.count = 0;
    return;
  }
  slice.rows = found->chunks[index_].first;
  slice.values = found->chunks[index_].second;
}

const packed_integers& event_chunk::merged_users() const {
  const auto& sent = sent_codes(event_field::user_id);
  if (profiles_->merged.used() == 0)
    return sent;
  if (!std::exchange(are_users_merged_, true)) {
    merged_codes_.reset(new std::uint32_t[rows]);
    const std::span codes{merged_codes_.get(), rows};
    sent.unpack(0, codes);
    std::uint32_t changed = 0;
    for (auto& code : codes) {
      const auto user = profiles_->user_of(code);
      changed |= user ^ code;
      code = user;
    }
    merged_users_ = changed == 0 ? sent : packed_integers{merged_codes_.get(), sizeof(std::uint32_t), 0, rows};
    if (changed == 0)
      merged_codes_.reset();
  }
  return merged_users_;
}

std::shared_ptr<const coded_rows> event_chunk::rows_with(event_field field, std::uint32_t code, event_field user_field) const {
  const bool is_kind = field == event_field::event_type || field == event_field::event_name || field == event_field::source; // of other fields there may be as many codes as rows
  if (lazy_ == nullptr || !is_kind)
    return nullptr;
  auto& source = *segment_->source;
  const coded_rows_key key{field, user_field, code, static_cast<std::uint32_t>(index_)};
  auto found = source.find_rows(segment_->directory, key);
  if (found == nullptr) {
    found = std::make_shared<const coded_rows>(coded_rows::make(sent_codes(field), code, sent_codes(user_field), at()));
    if (!why_incomplete_)
      source.keep_rows(segment_->directory, key, found);
  }
  return found->is_common() ? nullptr : found;
}

void event_chunk::merge_users(event_field user_field, std::span<std::uint32_t> codes) const {
  if (has_merged_users(user_field))
    for (auto& each : codes)
      each = profiles_->user_of(each);
}

bool event_chunk::has_merged_users(event_field user_field) const noexcept { return user_field == event_field::user_id && profiles_ != nullptr && profiles_->merged.used() > 0; }

std::optional<std::uint32_t> event_chunk::position_of(std::uint64_t row_number) const {
  const auto number = static_cast<std::uint32_t>(row_number - first_row);
  if (row_span == rows)
    return number < rows ? std::optional{number} : std::nullopt;
  const auto& numbers = with(place::row_numbers).row_numbers;
  const auto at = numbers.lower_bound(number);
  return at < rows && numbers[at] == number ? std::optional{at} : std::nullopt;
}

std::uint32_t event_chunk::nanoseconds_at(std::uint32_t row) const {
  const auto& columns = with(place::finer_times);
  const std::uint32_t position = columns.finer_rows.lower_bound(row);
  return position < columns.finer_rows.size() && columns.finer_rows[position] == row ? static_cast<std::uint32_t>(columns.finer_nanoseconds[position]) : 0;
}

std::string_view event_chunk::id_text(std::uint32_t number) const {
  const auto& columns = with(place::ids);
  const std::size_t start = number == 0 ? 0 : static_cast<std::size_t>(columns.id_text_ends[number - 1]);
  return {columns.id_texts + start, static_cast<std::size_t>(columns.id_text_ends[number]) - start};
}

std::span<const property_slice> event_chunk::slices_of(std::uint32_t key) const {
  const auto& all = columns_->properties;
  const auto is_before = [](const property_slice& left, std::uint32_t column) { return left.column < column; };
  const auto begin = static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), key * value_kind_count, is_before) - all.begin());
  auto end = begin;
  for (; end < all.size() && all[end].key() == key; ++end)
    if (lazy_ != nullptr && !slices_loaded_[end])
      load_slice(end);
  return std::span{all}.subspan(begin, end - begin);
}

std::span<const property_slice> event_chunk::all_slices() const {
  for (std::size_t i = 0; lazy_ != nullptr && i < slices_loaded_.size(); ++i)
    if (!slices_loaded_[i])
      load_slice(i);
  return columns_->properties;
}

} // namespace dotmac
