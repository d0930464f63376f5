#include "core/events/measure_storage.hpp"

#include "core/events/event_reference.hpp"

#include <algorithm>

namespace dotmac {
namespace {

constexpr auto event_id_number = static_cast<std::size_t>(event_field::event_id);

class storage_meter {
public:
  explicit storage_meter(const event_view& view) : view_{view}, columns_(first_property + view.keys().size()) {
    columns_[at_column].name = "timestamp";
    columns_[received_column].name = "received_at";
    for (std::size_t f = 0; f < event_field_count; ++f) {
      columns_[first_field + f].name = event_field_names[f];
      columns_[first_field + f].memory_bytes = view.dictionary_bytes(static_cast<event_field>(f));
    }
    for (std::size_t k = 0; k < view.keys().size(); ++k) {
      const auto& key = view.keys()[k];
      columns_[first_property + k].name = (key.scope == property_scope::properties ? "properties." : "context.") + std::string{key.name};
      columns_[first_property + k].memory_bytes = key.text_bytes;
    }
  }

  void add(const chunk_place& place) {
    if (place.columns != nullptr)
      return add_held(*place.columns);
    for (const auto& each : place.stored->directory.columns)
      if (each.kind != column_kind::finer_times && each.kind != column_kind::row_numbers)
        columns_[number_of(each)].row_count += each.counts[place.index_in_segment];
  }

  /// `stays`: later snapshots keep the segment, so that it can only be missing where it was lost.
  void add(const event_segment& segment, const stored_sizes& sizes, bool stays) {
    ++out_.segment_count;
    out_.stored_rows += rows_left(segment);
    out_.stored_bytes += sizes.payload;
    out_.dictionary_bytes += sizes.payload;
    out_.missing_parts += stays && sizes.payload == 0;
    if (segment.directory == nullptr)
      return;
    for (std::size_t part = 0; part < segment.directory->columns.size(); ++part) {
      const auto size = sizes.part(part);
      columns_[number_of(segment.directory->columns[part])].stored_bytes += size;
      out_.stored_bytes += size;
      out_.missing_parts += stays && size == 0;
    }
  }

  event_storage take() && {
    out_.journal_rows = view_.event_count() - std::min(view_.event_count(), out_.stored_rows);
    std::erase_if(columns_, [](const column_storage& each) { return each.row_count == 0 && each.stored_bytes == 0; });
    std::stable_sort(columns_.begin(), columns_.end(), [](const column_storage& left, const column_storage& right) {
      return std::pair{left.stored_bytes, left.memory_bytes} > std::pair{right.stored_bytes, right.memory_bytes};
    });
    for (std::size_t i = storage_columns_told_max; i < columns_.size(); ++i) {
      ++out_.other_columns;
      out_.other_stored_bytes += columns_[i].stored_bytes;
      out_.other_memory_bytes += columns_[i].memory_bytes;
    }
    columns_.resize(std::min(columns_.size(), storage_columns_told_max));
    out_.columns = std::move(columns_);
    return std::move(out_);
  }

private:
  static constexpr std::size_t at_column = 0;
  static constexpr std::size_t received_column = 1;
  static constexpr std::size_t first_field = 2;
  static constexpr std::size_t first_property = first_field + event_field_count;

  static std::size_t number_of(const segment_directory::column& of) {
    switch (of.kind) {
    case column_kind::at:
    case column_kind::finer_times: return at_column;
    case column_kind::received_at: return received_column;
    case column_kind::codes: return first_field + of.index;
    case column_kind::ids:
    case column_kind::row_numbers: return first_field + event_id_number; // ids are made of them
    case column_kind::property: break;
    }
    return first_property + of.index / value_kind_count;
  }

  static std::uint64_t rows_left(const event_segment& segment) {
    if (segment.directory == nullptr)
      return segment.row_count;
    std::uint64_t rows = 0;
    for (const auto& each : segment.directory->chunks)
      rows += each.rows;
    return rows;
  }

  void add_held(const chunk_columns& chunk) {
    note(at_column, chunk.rows, {&chunk.at, &chunk.finer_rows, &chunk.finer_nanoseconds});
    note(received_column, chunk.rows, {&chunk.received_at});
    for (std::size_t f = 0; f < event_field_count; ++f)
      if (f != event_id_number)
        note(first_field + f, count_not_zero(chunk.codes[f]), {&chunk.codes[f]});
    note(first_field + event_id_number, count_not_zero(chunk.id_references), {&chunk.id_references, &chunk.id_text_ends, &chunk.row_numbers});
    std::uint64_t uuids = 0;
    std::uint64_t texts = 0;
    for (std::uint32_t row = 0; row < chunk.rows; ++row) {
      const auto reference = chunk.id_references[row];
      uuids += reference % 2 != 0;
      texts += reference != 0 && reference % 2 == 0;
    }
    columns_[first_field + event_id_number].memory_bytes += uuids * sizeof(uuid_bytes) + (texts == 0 ? 0 : static_cast<std::uint64_t>(chunk.id_text_ends[texts - 1]));
    for (const auto& each : chunk.properties)
      note(first_property + each.key(), each.count, {&each.rows, &each.values});
  }

  void note(std::size_t column, std::uint32_t rows, std::initializer_list<const packed_integers*> held) {
    columns_[column].row_count += rows;
    for (const auto* each : held)
      columns_[column].memory_bytes += each->byte_count();
  }

  const event_view& view_;
  std::vector<column_storage> columns_;
  event_storage out_;
};

} // namespace

result<event_storage> measure_storage(const event_view& view, std::span<const event_segment> segments, segment_source* source, const stop_check& stop) {
  const auto was_stopped = [&] { return stop && stop(); };
  const failure cancelled{error_code::cancelled, "the question was cancelled", {}};
  storage_meter meter{view};
  for (const auto& place : view.chunks()) {
    if (was_stopped())
      return cancelled;
    meter.add(place);
  }
  std::size_t staying = segments.size();
  while (staying > 0 && (segments[staying - 1].row_count != event_segment_rows || segments[staying - 1].directory == nullptr))
    --staying;
  for (std::size_t first = 0; first < segments.size(); first += segments_measured_at_once) {
    if (was_stopped())
      return cancelled;
    const auto some = segments.subspan(first, std::min(segments_measured_at_once, segments.size() - first));
    std::vector<std::uint64_t> numbers;
    for (const auto& each : some)
      numbers.push_back(each.number);
    const auto sizes = source->sizes(numbers);
    if (!sizes)
      return sizes.error();
    for (std::size_t i = 0; i < some.size(); ++i)
      meter.add(some[i], (*sizes)[i], first + i < staying);
  }
  return std::move(meter).take();
}

} // namespace dotmac
