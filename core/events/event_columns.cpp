#include "core/events/event_columns.hpp"

#include "core/events/event_storage.hpp"
#include "core/events/profiles/profile_table.hpp"
#include "core/events/segment_parts.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace dotmac {
namespace {

bool has_ids(const chunk_place& place) {
  if (place.columns)
    return place.columns->id_references.width() != 0 || place.columns->id_references.base() != 0;
  const auto& directory = place.stored->directory;
  const auto column = directory.find(column_kind::ids, 0);
  return column && directory.columns[*column].counts[place.index_in_segment] > 0;
}

chunk_place place_of(std::shared_ptr<const chunk_columns> columns) {
  chunk_place out{*columns, {}, {}, 0, nullptr};
  out.columns = std::move(columns);
  return out;
}

} // namespace

event_columns::storage::storage(std::uint64_t of_key, std::shared_ptr<std::pmr::memory_resource> for_large) : large_memory{std::move(for_large)}, key{of_key} {
  if (large_memory != nullptr)
    for (auto& each : fields)
      each.use_for_large(large_memory.get());
}

std::unique_ptr<string_dictionary> event_columns::storage::make_dictionary() const {
  auto out = std::make_unique<string_dictionary>();
  if (large_memory != nullptr)
    out->use_for_large(large_memory.get());
  return out;
}

event_columns::event_columns(std::uint64_t key, std::shared_ptr<std::pmr::memory_resource> large_memory) : storage_{std::make_shared<storage>(key, std::move(large_memory))} {}
event_columns::~event_columns() = default;
event_columns::event_columns(event_columns&&) noexcept = default;
event_columns& event_columns::operator=(event_columns&&) noexcept = default;
std::uint64_t event_columns::row_count() const noexcept { return storage_->rows; }
bool event_columns::is_in_memory(std::uint64_t row) const noexcept { return row / event_chunk_rows >= storage_->sealed.size() || storage_->sealed[row / event_chunk_rows].columns != nullptr; }
std::shared_ptr<const stored_columns> event_columns::stored_at(std::uint64_t row) const { return is_in_memory(row) ? nullptr : storage_->sealed[row / event_chunk_rows].stored; }
std::uint64_t event_columns::committed_rows() const noexcept { return storage_->committed; }
std::uint64_t event_columns::key() const noexcept { return storage_->key; }
std::uint32_t event_columns::find_code(event_field which, std::string_view text) const { return storage_->fields[static_cast<std::size_t>(which)].find(text); }
void event_columns::set_key(std::uint64_t key) noexcept { storage_->key = key; }

void event_columns::commit() {
  storage& s = *storage_;
  s.committed = s.rows;
  for (std::size_t f = 0; f < event_field_count; ++f) {
    s.committed_fields[f] = s.fields[f].size();
    s.fields[f].settle();
  }
  s.committed_keys = s.key_names.size();
  for (std::size_t k = 0; k < s.texts.size(); ++k) {
    s.committed_texts[k] = s.texts[k]->size();
    s.texts[k]->settle();
  }
  while (!s.open.empty() && s.open.front().first_row + event_chunk_rows <= s.rows) {
    const growing_chunk& full = s.open.front();
    s.sealed.push_back(place_of(std::make_shared<chunk_columns>(narrow(full.view(event_chunk_rows), full.uuids.size(), full.id_texts.size()))));
    s.open.erase(s.open.begin());
  }
}

void event_columns::discard() {
  storage& s = *storage_;
  s.rows = s.committed;
  while (!s.open.empty() && s.open.back().first_row >= s.committed)
    s.open.pop_back();
  if (!s.open.empty()) {
    growing_chunk& last = s.open.back();
    const auto rows = last.rows_below(static_cast<std::uint32_t>(s.committed - last.first_row));
    std::uint32_t uuids = 0;
    std::uint32_t texts = 0;
    for (std::uint32_t i = 0; i < rows; ++i) {
      uuids += last.id_references[i] % 2;
      texts += last.id_references[i] != 0 && last.id_references[i] % 2 == 0;
    }
    last.uuids.truncate(uuids);
    last.id_text_ends.truncate(texts);
    last.id_texts.truncate(texts == 0 ? 0 : last.id_text_ends[texts - 1]);
    const std::uint32_t finer = count_below(last.finer_rows, rows);
    last.finer_rows.truncate(finer);
    last.finer_nanoseconds.truncate(finer);
    last.at.truncate(rows);
    if (last.has_gaps)
      last.row_numbers.truncate(rows);
    last.received.truncate(rows);
    last.id_references.truncate(rows);
    for (std::size_t f = 0; f < event_field_count; ++f)
      if (f != static_cast<std::size_t>(event_field::event_id))
        last.codes[f].truncate(rows);
    for (auto& [column, slice] : last.properties) {
      const std::uint32_t count = count_below(slice.rows, rows);
      slice.rows.truncate(count);
      slice.values.truncate(count);
    }
    std::erase_if(last.properties, [](const auto& each) { return each.second.rows.size() == 0; });
  }
  for (std::size_t f = 0; f < event_field_count; ++f)
    s.fields[f].truncate(s.committed_fields[f]);
  s.key_names.truncate(s.committed_keys);
  s.texts.resize(s.committed_keys);
  s.committed_texts.resize(s.committed_keys);
  for (std::size_t k = 0; k < s.texts.size(); ++k)
    s.texts[k]->truncate(s.committed_texts[k]);
}

event_view event_columns::snapshot() const {
  const storage& s = *storage_;
  event_view view;
  view.rows_ = s.committed;
  view.key_ = s.key;
  view.owner_ = storage_;
  view.chunks_ = s.sealed;
  for (const growing_chunk& each : s.open)
    if (each.first_row < s.committed)
      view.chunks_.push_back(place_of(std::make_shared<chunk_columns>(each.view(
          static_cast<std::uint32_t>(std::min<std::uint64_t>(s.committed - each.first_row, event_chunk_rows))))));
  for (std::size_t f = 0; f < event_field_count; ++f) {
    view.dictionaries_[f] = &s.fields[f];
    view.counts_[f] = s.committed_fields[f];
    view.dictionary_bytes_[f] = s.fields[f].memory_bytes();
  }
  for (std::uint32_t k = 0; k < s.committed_keys; ++k) {
    const std::string_view full = s.key_names.text(k + 1);
    view.keys_.push_back({full[0] == 'p' ? property_scope::properties : property_scope::context, full.substr(1),
                          s.texts[k].get(), s.committed_texts[k], s.texts[k]->memory_bytes()});
  }
  view.memory_ = memory_bytes();
  view.forgotten_ = s.forgotten;
  return view;
}

std::size_t event_columns::memory_bytes() const {
  const storage& s = *storage_;
  std::size_t total = sizeof(storage) + s.key_names.memory_bytes();
  for (const string_dictionary& each : s.fields)
    total += each.memory_bytes();
  for (const auto& each : s.texts)
    total += each->memory_bytes() + sizeof(string_dictionary);
  for (const auto& each : s.sealed)
    total += sizeof each + (each.columns ? each.columns->memory_bytes : 0);
  for (const growing_chunk& each : s.open)
    total += each.columns(event_chunk_rows).memory_bytes;
  return total;
}

event_chunk event_columns::open(std::uint64_t row) const {
  const storage& s = *storage_;
  if (const auto number = row / event_chunk_rows; number < s.sealed.size())
    return s.sealed[number].open();
  const growing_chunk& open = s.open_chunk(row);
  return event_chunk{std::make_shared<chunk_columns>(open.columns(event_chunk_rows))};
}

result<std::optional<event_columns::sent_id>> event_columns::id_of(std::uint64_t row) const {
  const storage& s = *storage_;
  sent_id out;
  if (row / event_chunk_rows < s.sealed.size()) {
    const auto chunk = open(row);
    const auto at = chunk.position_of(row);
    const auto reference = at ? chunk.id_reference(*at) : 0;
    if (chunk.why_incomplete())
      return *chunk.why_incomplete();
    if (!at)
      return std::optional<sent_id>{};
    if (reference % 2 == 1)
      out.uuid = chunk.uuid(reference / 2);
    else if (reference != 0)
      out.text = chunk.id_text(reference / 2 - 1);
    return std::optional{std::move(out)};
  }
  const growing_chunk& last = s.open_chunk(row);
  const auto number = static_cast<std::uint32_t>(row - last.first_row);
  const auto at = last.rows_below(number);
  if (last.has_gaps && (at == last.row_numbers.size() || last.row_numbers[at] != number))
    return std::optional<sent_id>{};
  const std::uint32_t reference = last.id_references[at];
  if (reference % 2 == 1) {
    out.uuid = last.uuids[reference / 2];
  } else if (reference != 0) {
    const std::uint32_t text = reference / 2 - 1;
    const std::uint32_t start = text == 0 ? 0 : last.id_text_ends[text - 1];
    out.text.assign(last.id_texts.data() + start, last.id_text_ends[text] - start);
  }
  return std::optional{std::move(out)};
}

result<void> event_columns::visit_ids(std::uint64_t first, std::int64_t since, const std::function<void(std::uint64_t, std::string_view)>& visit) const {
  for (std::uint64_t start = first - first % event_chunk_rows; start < storage_->rows; start += event_chunk_rows) {
    const auto number = start / event_chunk_rows;
    if (number < storage_->sealed.size() && (storage_->sealed[number].max_received < since || !has_ids(storage_->sealed[number])))
      continue;
    const auto chunk = open(start);
    for (std::uint32_t at = 0; at < chunk.rows; ++at) {
      const auto reference = chunk.id_reference(at);
      const auto row = reference == 0 ? 0 : chunk.row_number(at);
      if (chunk.why_incomplete())
        return *chunk.why_incomplete();
      if (reference == 0 || row < first)
        continue;
      if (reference % 2 == 1)
        visit(row, {reinterpret_cast<const char*>(chunk.uuid(reference / 2).octets.data()), sizeof(uuid_bytes)});
      else
        visit(row, chunk.id_text(reference / 2 - 1));
    }
  }
  return {};
}

bool event_columns::storage::is_same(const event_chunk& chunk, std::uint32_t at, const event_block_view& block, std::uint32_t block_row) const {
  const auto nanoseconds_in_block = [&] {
    const std::uint32_t i = block.finer_rows.lower_bound(block_row);
    return i < block.finer_rows.size() && block.finer_rows[i] == block_row ? block.finer_nanoseconds[i] : 0;
  };
  const bool both_without_time = chunk.at()[at] == chunk.received_at()[at] && block.at[block_row] == block.received_at[block_row];
  if (!both_without_time
      && (chunk.at()[at] != block.at[block_row] || chunk.nanoseconds_at(at) != nanoseconds_in_block()))
    return false;
  const auto block_text = [&](std::int64_t code) {
    return code == 0 ? std::string_view{} : block.text(static_cast<std::uint32_t>(code));
  };
  for (std::size_t f = 0; f < event_field_count; ++f)
    if (f != static_cast<std::size_t>(event_field::event_id)
        && fields[f].text(static_cast<std::uint32_t>(chunk.codes(static_cast<event_field>(f))[at])) != block_text(block.fields[f][block_row]))
      return false;
  const auto slices = chunk.all_slices();
  std::size_t stored = 0;
  for (const property_slice& each : slices)
    stored += each.position_of(at).has_value();
  for (const block_property_column& each : block.columns) {
    const std::uint32_t i = each.rows.empty() ? block_row : each.rows.lower_bound(block_row);
    if (i >= each.count || each.row_at(i) != block_row)
      continue;
    const std::uint32_t key_code = key_names.find(full_key(each.scope, block.text(each.key)));
    const std::uint32_t column = (key_code - 1) * value_kind_count + static_cast<std::uint32_t>(each.kind);
    const auto slice = std::lower_bound(slices.begin(), slices.end(), column,
                                        [](const property_slice& left, std::uint32_t right) { return left.column < right; });
    if (key_code == 0 || slice == slices.end() || slice->column != column)
      return false;
    const auto position = slice->position_of(at);
    if (!position)
      return false;
    --stored;
    if (each.kind == value_kind::null)
      continue;
    const std::int64_t value = slice->values[*position];
    const bool is_coded = each.kind == value_kind::text || each.kind == value_kind::json;
    if (is_coded ? texts[key_code - 1]->text(static_cast<std::uint32_t>(value)) != block_text(each.values[i])
                 : value != each.values[i])
      return false;
  }
  return stored == 0;
}

result<bool> event_columns::same_content(std::uint64_t row, const event_block_view& block, std::uint32_t block_row) const {
  const storage& s = *storage_;
  const event_chunk chunk = open(row);
  const auto at = chunk.position_of(row);
  const bool is_same = at && s.is_same(chunk, *at, block, block_row);
  if (chunk.why_incomplete())
    return *chunk.why_incomplete();
  return is_same;
}

// -- views ------------------------------------------------------------------------------------------------------------------

std::optional<std::uint32_t> event_view::find_key(property_scope scope, std::string_view name) const {
  for (std::uint32_t i = 0; i < keys_.size(); ++i)
    if (keys_[i].scope == scope && keys_[i].name == name)
      return i;
  return std::nullopt;
}

std::uint32_t event_view::find_code(event_field which, std::string_view text) const {
  const string_dictionary& from = dictionary(which);
  for (std::uint32_t code = 1; code <= dictionary_size(which); ++code)
    if (from.text(code) == text && !(forgotten_ != nullptr && forgotten_->of_field(static_cast<std::size_t>(which), code)))
      return which == event_field::user_id && profiles_ != nullptr ? profiles_->user_of(code) : code;
  return 0;
}

std::optional<timestamp> event_view::newest() const {
  std::optional<timestamp> newest;
  for (const auto& each : chunks_)
    if (each.rows > 0 && (!newest || newest->milliseconds < each.max_at))
      newest = timestamp{each.max_at};
  return newest;
}

std::string event_view::event_id_text(const event_chunk& chunk, std::uint32_t at) const {
  const auto reference = chunk.id_reference(at);
  if (reference == 0)
    return format_uuid(derive_event_id(chunk.row_number(at), key_));
  return reference % 2 == 1 ? format_uuid(chunk.uuid(reference / 2)) : std::string{chunk.id_text(reference / 2 - 1)};
}

std::uint64_t event_view::event_count() const {
  std::uint64_t count = 0;
  for (const auto& each : chunks_)
    count += each.rows;
  return count;
}

event_view event_view::with_places(std::vector<chunk_place> places) const {
  auto out = *this;
  out.chunks_ = std::move(places);
  out.set_profiles(out.profiles_);
  return out;
}

found_event event_view::read(const event_chunk& chunk, std::uint32_t at) const {
  found_event out;
  for (std::size_t f = 0; f < event_field_count; ++f)
    if (f != static_cast<std::size_t>(event_field::event_id))
      out.texts[f] = dictionaries_[f]->text(static_cast<std::uint32_t>(chunk.sent_codes(static_cast<event_field>(f))[at]));
  out.texts[static_cast<std::size_t>(event_field::event_id)] = event_id_text(chunk, at);
  out.at.milliseconds = chunk.at()[at];
  out.nanoseconds_below = chunk.nanoseconds_at(at);
  out.received_at.milliseconds = chunk.received_at()[at];
  out.row = chunk.row_number(at);
  for (const property_slice& slice : chunk.all_slices()) {
    const auto position = slice.position_of(at);
    if (!position)
      continue;
    const property_key& key = keys_[slice.key()];
    event_property& property = out.properties.emplace_back();
    property.scope = key.scope;
    property.key = key.name;
    const std::int64_t value = slice.values.empty() ? 0 : slice.values[*position];
    switch (slice.kind()) {
    case value_kind::text: property.value = std::string{key.texts->text(static_cast<std::uint32_t>(value))}; break;
    case value_kind::json: property.json = key.texts->text(static_cast<std::uint32_t>(value)); break;
    case value_kind::integer: property.value = value; break;
    case value_kind::number: property.value = std::bit_cast<double>(value); break;
    case value_kind::boolean: property.value = value != 0; break;
    case value_kind::null: break;
    }
  }
  return out;
}

} // namespace dotmac
