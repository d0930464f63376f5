#include "core/events/segment_columns.hpp"
#include "core/events/segment_parts.hpp"

#include <algorithm>
#include <map>

namespace dotmac {
namespace {

using segment_columns::form;
using chunk_list = std::span<const chunk_columns* const>;

template <class Pick> std::vector<packed_integers> picked(chunk_list chunks, Pick&& pick) {
  std::vector<packed_integers> out;
  for (const auto* each : chunks)
    out.push_back(pick(*each));
  return out;
}

/// How many ids of each form the rows of a chunk refer to.
struct id_counts {
  std::uint32_t uuids = 0;
  std::uint32_t texts = 0;
};
id_counts count_ids(const chunk_columns& chunk) {
  id_counts out;
  for (std::uint32_t row = 0; row < chunk.rows; ++row) {
    const auto reference = chunk.id_references[row];
    out.uuids += reference % 2 != 0;
    out.texts += reference != 0 && reference % 2 == 0;
  }
  return out;
}

packed_integers first_of(const packed_integers& column, std::uint32_t count) {
  return count >= column.size() ? column : packed_integers{column.data(), column.width(), column.base(), count};
}

bytes ids_of(chunk_list chunks, const std::vector<id_counts>& counts) {
  bytes out;
  segment_columns::write(out, picked(chunks, [](const chunk_columns& each) { return each.id_references; }), form::differences);
  std::vector<packed_integers> ends;
  for (std::size_t c = 0; c < chunks.size(); ++c)
    ends.push_back(first_of(chunks[c]->id_text_ends, counts[c].texts));
  segment_columns::write(out, ends, form::differences);
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    binary::write(out, counts[c].uuids);
    out.append(reinterpret_cast<const char*>(chunks[c]->uuids), std::size_t{counts[c].uuids} * sizeof(uuid_bytes));
    const auto size = counts[c].texts == 0 ? 0u : static_cast<std::uint32_t>(ends[c][counts[c].texts - 1]);
    binary::write(out, size);
    out.append(chunks[c]->id_texts, size);
  }
  return out;
}

bytes property_part(chunk_list chunks, const std::vector<const property_slice*>& slices) {
  std::vector<packed_integers> rows;
  std::vector<packed_integers> values;
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    const bool is_dense = slices[c] != nullptr && slices[c]->count == chunks[c]->rows;
    rows.push_back(slices[c] == nullptr || is_dense ? packed_integers{} : first_of(slices[c]->rows, slices[c]->count));
    values.push_back(slices[c] == nullptr ? packed_integers{} : first_of(slices[c]->values, slices[c]->count));
  }
  const auto column = (*std::find_if(slices.begin(), slices.end(), [](const auto* each) { return each != nullptr; }))->column;
  bytes out;
  segment_columns::write(out, rows, form::differences);
  segment_columns::write(out, values, form::plain, static_cast<value_kind>(column % value_kind_count) == value_kind::number);
  return out;
}

class part_writer {
public:
  part_writer(chunk_list chunks, segment_directory& directory) : chunks_{chunks}, directory_{directory} {}

  std::vector<bytes> run() {
    for (const auto* each : chunks_)
      directory_.chunks.push_back(*each);
    add_plain(column_kind::at, picked(chunks_, [](const chunk_columns& each) { return each.at; }));
    add_plain(column_kind::received_at, picked(chunks_, [](const chunk_columns& each) { return each.received_at; }));
    add_finer_times();
    for (std::uint32_t f = 0; f < event_field_count; ++f)
      if (f != static_cast<std::size_t>(event_field::event_id))
        add_codes(f);
    add_ids();
    add_properties();
    add_row_numbers();
    return std::move(parts_);
  }

private:
  void add(column_kind kind, std::uint32_t index, std::vector<std::uint32_t> counts, bytes part) {
    directory_.columns.push_back({kind, index, std::move(counts)});
    parts_.push_back(std::move(part));
  }
  void add_plain(column_kind kind, const std::vector<packed_integers>& columns) {
    std::vector<std::uint32_t> counts;
    for (const auto& each : columns)
      counts.push_back(each.size());
    bytes part;
    segment_columns::write(part, columns, form::differences);
    add(kind, 0, std::move(counts), std::move(part));
  }
  void add_codes(std::uint32_t field) {
    const auto columns = picked(chunks_, [field](const chunk_columns& each) { return each.codes[field]; });
    std::vector<std::uint32_t> counts;
    for (const auto& each : columns)
      counts.push_back(count_not_zero(each));
    if (std::all_of(counts.begin(), counts.end(), [](auto each) { return each == 0; }))
      return;
    bytes part;
    segment_columns::write(part, columns, form::plain);
    add(column_kind::codes, field, std::move(counts), std::move(part));
  }
  void add_finer_times() {
    std::vector<std::uint32_t> counts;
    for (const auto* each : chunks_)
      counts.push_back(each->finer_rows.size());
    if (std::all_of(counts.begin(), counts.end(), [](auto each) { return each == 0; }))
      return;
    bytes part;
    segment_columns::write(part, picked(chunks_, [](const chunk_columns& each) { return each.finer_rows; }), form::differences);
    segment_columns::write(part, picked(chunks_, [](const chunk_columns& each) { return each.finer_nanoseconds; }), form::plain);
    add(column_kind::finer_times, 0, std::move(counts), std::move(part));
  }
  void add_ids() {
    std::vector<id_counts> each_count;
    std::vector<std::uint32_t> counts;
    for (const auto* each : chunks_) {
      each_count.push_back(count_ids(*each));
      counts.push_back(each_count.back().uuids + each_count.back().texts);
    }
    if (std::any_of(counts.begin(), counts.end(), [](auto each) { return each != 0; }))
      add(column_kind::ids, 0, std::move(counts), ids_of(chunks_, each_count));
  }
  void add_properties() {
    std::map<std::uint32_t, std::vector<const property_slice*>> columns;
    for (std::size_t c = 0; c < chunks_.size(); ++c)
      for (const auto& each : chunks_[c]->properties) {
        auto& slices = columns[each.column];
        slices.resize(chunks_.size(), nullptr);
        slices[c] = &each;
      }
    for (const auto& [column, slices] : columns) {
      std::vector<std::uint32_t> counts;
      for (const auto* each : slices)
        counts.push_back(each == nullptr ? 0 : each->count);
      add(column_kind::property, column, std::move(counts), property_part(chunks_, slices));
    }
  }

  void add_row_numbers() {
    std::vector<std::uint32_t> counts;
    for (const auto* each : chunks_)
      counts.push_back(each->row_numbers.size());
    if (std::all_of(counts.begin(), counts.end(), [](auto each) { return each == 0; }))
      return;
    bytes part;
    segment_columns::write(part, picked(chunks_, [](const chunk_columns& each) { return each.row_numbers; }), form::differences);
    add(column_kind::row_numbers, 0, std::move(counts), std::move(part));
  }

  chunk_list chunks_;
  segment_directory& directory_;
  std::vector<bytes> parts_;
};

} // namespace

std::vector<bytes> write_parts(chunk_list chunks, segment_directory& directory) { return part_writer{chunks, directory}.run(); }

} // namespace dotmac
