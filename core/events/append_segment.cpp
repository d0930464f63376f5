#include "core/events/event_segment.hpp"
#include "core/events/event_storage.hpp"

#include <algorithm>

namespace dotmac {
namespace {

constexpr auto id_field = static_cast<std::size_t>(event_field::event_id);

failure does_not_follow(const char* how) { return {error_code::corrupt_data, std::string{"a segment of events does not follow those before it: "} + how, {}}; }

packed_integers wide(const std::vector<std::int64_t>& values) { return {values.data(), sizeof(std::int64_t), 0, static_cast<std::uint32_t>(values.size())}; }

/// A full chunk in as few bytes as its values need.
std::shared_ptr<const chunk_columns> sealed(const segment_chunk& from, std::uint64_t first_row) {
  chunk_columns chunk;
  chunk.first_row = first_row;
  chunk.rows = chunk.row_span = from.rows;
  const auto [low, high] = std::minmax_element(from.at.begin(), from.at.end());
  chunk.min_at = *low;
  chunk.max_at = *high;
  chunk.max_received = *std::max_element(from.received_at.begin(), from.received_at.end());
  chunk.at = wide(from.at);
  chunk.received_at = wide(from.received_at);
  chunk.finer_rows = wide(from.finer_rows);
  chunk.finer_nanoseconds = wide(from.finer_nanoseconds);
  chunk.id_references = wide(from.id_references);
  chunk.id_text_ends = wide(from.id_text_ends);
  for (std::size_t f = 0; f < event_field_count; ++f)
    if (f != id_field)
      chunk.codes[f] = wide(from.codes[f]);
  for (const auto& each : from.properties)
    chunk.properties.push_back({each.column, static_cast<std::uint32_t>(each.values.size()), wide(each.rows), wide(each.values)});
  chunk.uuids = from.uuids.data();
  chunk.id_texts = from.id_texts.data();
  return std::make_shared<chunk_columns>(narrow(chunk, static_cast<std::uint32_t>(from.uuids.size()), static_cast<std::uint32_t>(from.id_texts.size())));
}

chunk_place place_of_sealed(std::shared_ptr<const chunk_columns> columns) {
  chunk_place out{*columns, {}, {}, 0, nullptr};
  out.columns = std::move(columns);
  return out;
}

} // namespace

class segment_appender {
public:
  segment_appender(event_columns::storage& to, const decoded_segment& from) : to_{to}, from_{from} {}

  result<void> add_entries() {
    if (to_.rows != to_.committed || from_.first_row != to_.rows)
      return does_not_follow("its first row is not the next one");
    for (const auto& each : from_.sections)
      if (auto added = add(each); !added)
        return added;
    return {};
  }
  result<void> add_rows() {
    if (!from_.chunks.empty() && to_.rows % event_chunk_rows != 0)
      return does_not_follow("its first row is not the next one");
    for (const auto& each : from_.chunks) {
      if (auto fits = check_codes(each); !fits)
        return fits;
      auto columns = sealed(each, to_.rows);
      if (each.rows == event_chunk_rows)
        to_.sealed.push_back(place_of_sealed(std::move(columns)));
      else
        to_.open.push_back(reopened(*columns));
      to_.rows += each.rows;
    }
    return {};
  }

private:
  result<void> add(const dictionary_section& section) {
    auto* into = dictionary_of(section);
    if (into == nullptr || into->size() != section.before)
      return does_not_follow("a dictionary goes on at another entry");
    for (std::size_t i = 0; i < section.entries.size(); ++i) {
      if (section.entries[i].data() == nullptr) {
        if (section.which == dictionary_section::of::keys)
          return does_not_follow("a name of a property is forgotten");
        mark_forgotten(section, into->insert_forgotten());
        continue;
      }
      into->append(section.entries[i]);
      if (section.which == dictionary_section::of::keys) {
        to_.texts.push_back(to_.make_dictionary());
        to_.committed_texts.push_back(0);
      }
    }
    return {};
  }
  void mark_forgotten(const dictionary_section& section, std::uint32_t code) {
    if (to_.forgotten == nullptr)
      to_.forgotten = std::make_shared<forgotten_texts>();
    auto& all = *to_.forgotten; // no view was taken yet
    if (section.which == dictionary_section::of::texts_of_key)
      all.texts.resize(std::max<std::size_t>(all.texts.size(), section.index + 1));
    auto& marks = section.which == dictionary_section::of::field ? all.fields[section.index] : all.texts[section.index];
    marks.resize(std::max<std::size_t>(marks.size(), code + 1));
    marks[code] = true;
  }
  string_dictionary* dictionary_of(const dictionary_section& section) {
    switch (section.which) {
    case dictionary_section::of::field: return section.index < event_field_count && section.index != id_field ? &to_.fields[section.index] : nullptr;
    case dictionary_section::of::keys: return &to_.key_names;
    case dictionary_section::of::texts_of_key: return section.index < to_.texts.size() ? to_.texts[section.index].get() : nullptr;
    }
    return nullptr;
  }

  result<void> check_codes(const segment_chunk& of) const {
    const auto within = [](const std::vector<std::int64_t>& codes, std::uint32_t max) { return std::all_of(codes.begin(), codes.end(), [max](std::int64_t code) { return code >= 0 && code <= max; }); };
    for (std::size_t f = 0; f < event_field_count; ++f)
      if (f != id_field && !within(of.codes[f], to_.fields[f].size()))
        return does_not_follow("it refers to an entry of a dictionary that is not there");
    for (const auto& slice : of.properties) {
      const auto key = slice.column / value_kind_count;
      const auto kind = static_cast<value_kind>(slice.column % value_kind_count);
      if (key >= to_.texts.size() || ((kind == value_kind::text || kind == value_kind::json) && !within(slice.values, to_.texts[key]->size())))
        return does_not_follow("it refers to a property that is not there");
    }
    return {};
  }

  event_columns::storage& to_;
  const decoded_segment& from_;
};

dictionary_counts event_columns::counts() const {
  dictionary_counts out;
  for (std::size_t f = 0; f < event_field_count; ++f)
    out.fields[f] = storage_->fields[f].size();
  out.keys = storage_->key_names.size();
  for (const auto& each : storage_->texts)
    out.texts.push_back(each->size());
  return out;
}

result<void> event_columns::append_entries(const decoded_segment& segment) {
  auto added = segment_appender{*storage_, segment}.add_entries();
  if (added)
    commit();
  return added;
}

result<void> event_columns::index_texts() {
  auto& s = *storage_;
  bool is_sound = s.key_names.index();
  for (auto& each : s.fields)
    is_sound &= each.index();
  for (const auto& each : s.texts)
    is_sound &= each->index();
  return is_sound ? result<void>{} : does_not_follow("a dictionary has an entry twice");
}

result<void> event_columns::append_rows(const decoded_segment& segment) {
  auto added = segment_appender{*storage_, segment}.add_rows();
  if (added)
    commit();
  return added;
}

result<void> event_columns::append_rows(std::span<const std::shared_ptr<const chunk_columns>> chunks) {
  auto& s = *storage_;
  for (const auto& each : chunks) {
    if (each->first_row != s.rows || s.rows % event_chunk_rows != 0)
      return does_not_follow("its first row is not the next one");
    if (each->row_span == event_chunk_rows)
      s.sealed.push_back(place_of_sealed(each));
    else
      s.open.push_back(reopened(*each));
    s.rows += each->row_span;
  }
  commit();
  return {};
}

result<void> event_columns::append_rows(std::shared_ptr<const stored_columns> segment) {
  auto& s = *storage_;
  for (std::uint32_t i = 0; i < segment->directory.chunks.size(); ++i) {
    const auto& bounds = segment->directory.chunks[i];
    if (bounds.first_row != s.rows || s.rows % event_chunk_rows != 0 || bounds.row_span != event_chunk_rows)
      return does_not_follow("its first row is not the next one");
    s.sealed.push_back({bounds, nullptr, segment, i});
    s.rows += bounds.row_span;
  }
  commit();
  return {};
}

void event_columns::release(const std::shared_ptr<const stored_columns>& segment) {
  for (std::uint32_t i = 0; i < segment->directory.chunks.size(); ++i) {
    const auto& bounds = segment->directory.chunks[i];
    storage_->sealed[bounds.first_row / event_chunk_rows] = {bounds, nullptr, segment, i};
  }
}

} // namespace dotmac
