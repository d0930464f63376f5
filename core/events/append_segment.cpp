#include "core/events/event_segment.hpp"
#include "core/events/event_storage.hpp"

namespace dotmac {
namespace {

constexpr auto id_field = static_cast<std::size_t>(event_field::event_id);

failure does_not_follow(const char* how) { return {error_code::corrupt_data, std::string{"a segment of events does not follow those before it: "} + how, {}}; }

packed_integers wide(const std::vector<std::int64_t>& values) { return {values.data(), sizeof(std::int64_t), 0, static_cast<std::uint32_t>(values.size())}; }

/// A full chunk in as few bytes as its values need.
std::shared_ptr<const event_chunk> sealed(const segment_chunk& from, std::uint64_t first_row) {
  event_chunk chunk;
  chunk.first_row = first_row;
  chunk.rows = from.rows;
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
  return std::make_shared<event_chunk>(narrow(chunk, static_cast<std::uint32_t>(from.uuids.size()), static_cast<std::uint32_t>(from.id_texts.size())));
}

template <class T> void fill(growing_array<T>& to, const std::vector<std::int64_t>& from) {
  for (const auto each : from)
    to.push_back(static_cast<T>(each));
}

/// One that goes on growing.
growing_chunk open_again(const segment_chunk& from, std::uint64_t first_row) {
  growing_chunk chunk;
  chunk.first_row = first_row;
  fill(chunk.at, from.at);
  fill(chunk.received, from.received_at);
  fill(chunk.finer_rows, from.finer_rows);
  fill(chunk.finer_nanoseconds, from.finer_nanoseconds);
  fill(chunk.id_references, from.id_references);
  fill(chunk.id_text_ends, from.id_text_ends);
  for (std::size_t f = 0; f < event_field_count; ++f)
    if (f != id_field)
      fill(chunk.codes[f], from.codes[f]);
  chunk.uuids.append(from.uuids.data(), static_cast<std::uint32_t>(from.uuids.size()));
  chunk.id_texts.append(from.id_texts.data(), static_cast<std::uint32_t>(from.id_texts.size()));
  for (const auto& each : from.properties) {
    auto& slice = chunk.properties[each.column];
    fill(slice.values, each.values);
    if (each.is_dense)
      for (std::uint32_t row = 0; row < from.rows; ++row)
        slice.rows.push_back(row);
    else
      fill(slice.rows, each.rows);
  }
  return chunk;
}

} // namespace

class segment_appender {
public:
  segment_appender(event_columns::storage& to, const decoded_segment& from) : to_{to}, from_{from} {}

  result<void> run() {
    if (to_.rows != to_.committed || from_.first_row != to_.rows || (!from_.chunks.empty() && to_.rows % event_chunk_rows != 0))
      return does_not_follow("its first row is not the next one");
    for (const auto& each : from_.sections)
      if (auto added = add(each); !added)
        return added;
    for (const auto& each : from_.chunks) {
      if (auto fits = check_codes(each); !fits)
        return fits;
      if (each.rows == event_chunk_rows)
        to_.sealed.push_back(sealed(each, to_.rows));
      else
        to_.open.push_back(open_again(each, to_.rows));
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
      if (into->insert(section.entries[i]) != section.before + i + 1)
        return does_not_follow("a dictionary has an entry twice");
      if (section.which == dictionary_section::of::keys) {
        to_.texts.push_back(std::make_unique<string_dictionary>());
        to_.committed_texts.push_back(0);
      }
    }
    return {};
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

result<void> event_columns::append_segment(const decoded_segment& segment) {
  if (auto appended = segment_appender{*storage_, segment}.run(); !appended)
    return appended;
  commit();
  return {};
}

} // namespace dotmac
