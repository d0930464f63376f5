#include "core/events/growing_chunk.hpp"

namespace dotmac {

std::uint32_t count_below(const growing_array<std::uint32_t>& rows, std::uint32_t bound) {
  return static_cast<std::uint32_t>(std::lower_bound(rows.data(), rows.data() + rows.size(), bound) - rows.data());
}

std::uint32_t growing_chunk::rows_below(std::uint32_t span) const { return has_gaps ? count_below(row_numbers, span) : std::min(span, at.size()); }

chunk_columns growing_chunk::columns(std::uint32_t span) const {
  chunk_columns out;
  const auto rows = rows_below(span);
  out.first_row = first_row;
  out.rows = rows;
  out.row_span = has_gaps ? span : rows;
  const auto keep = [&out](const auto& array) {
    out.owners.push_back(array.owner());
    out.memory_bytes += array.memory_bytes();
  };
  out.at = at.packed(rows);
  out.received_at = received.packed(rows);
  keep(at);
  keep(received);
  const std::uint32_t finer = count_below(finer_rows, rows);
  out.finer_rows = finer_rows.packed(finer);
  out.finer_nanoseconds = finer_nanoseconds.packed(finer);
  keep(finer_rows);
  keep(finer_nanoseconds);
  for (std::size_t i = 0; i < event_field_count; ++i)
    if (i != static_cast<std::size_t>(event_field::event_id)) {
      out.codes[i] = codes[i].packed(rows);
      keep(codes[i]);
    }
  out.id_references = id_references.packed(rows);
  out.id_text_ends = id_text_ends.packed(id_text_ends.size());
  out.uuids = uuids.data();
  out.id_texts = id_texts.data();
  keep(id_references);
  keep(id_text_ends);
  keep(uuids);
  keep(id_texts);
  if (out.row_span != rows) {
    out.row_numbers = row_numbers.packed(rows);
    keep(row_numbers);
  }
  for (const auto& [column, slice] : properties) {
    const std::uint32_t count = count_below(slice.rows, rows);
    if (count == 0)
      continue;
    out.properties.push_back({column, count, slice.rows.packed(count), slice.values.packed(count)});
    keep(slice.rows);
    keep(slice.values);
  }
  return out;
}

chunk_columns growing_chunk::view(std::uint32_t span) const {
  chunk_columns out = columns(span);
  if (out.rows == 0)
    return out;
  const auto [low, high] = std::minmax_element(at.data(), at.data() + out.rows);
  out.min_at = *low;
  out.max_at = *high;
  out.max_received = *std::max_element(received.data(), received.data() + out.rows);
  return out;
}

namespace {
template <class T> void fill(growing_array<T>& to, const packed_integers& from) {
  for (std::size_t i = 0; i < from.size(); ++i)
    to.push_back(static_cast<T>(from[i]));
}
} // namespace

growing_chunk reopened(const chunk_columns& from) {
  growing_chunk chunk;
  chunk.first_row = from.first_row;
  chunk.has_gaps = from.row_span != from.rows;
  fill(chunk.row_numbers, from.row_numbers);
  fill(chunk.at, from.at);
  fill(chunk.received, from.received_at);
  fill(chunk.finer_rows, from.finer_rows);
  fill(chunk.finer_nanoseconds, from.finer_nanoseconds);
  fill(chunk.id_references, from.id_references);
  fill(chunk.id_text_ends, from.id_text_ends);
  for (std::size_t f = 0; f < event_field_count; ++f)
    if (f != static_cast<std::size_t>(event_field::event_id))
      fill(chunk.codes[f], from.codes[f]);
  std::uint32_t uuids = 0;
  for (std::uint32_t row = 0; row < from.rows; ++row)
    uuids += from.id_references[row] % 2 != 0;
  chunk.uuids.append(from.uuids, uuids);
  if (!from.id_text_ends.empty())
    chunk.id_texts.append(from.id_texts, static_cast<std::uint32_t>(from.id_text_ends[from.id_text_ends.size() - 1]));
  for (const auto& each : from.properties) {
    auto& slice = chunk.properties[each.column];
    fill(slice.values, each.values);
    for (std::uint32_t i = 0; i < each.count; ++i)
      slice.rows.push_back(each.row_at(i));
  }
  return chunk;
}

chunk_columns narrow(const chunk_columns& wide, std::uint32_t uuid_count, std::uint32_t id_text_bytes) {
  chunk_columns out = wide;
  out.owners.clear();
  auto piece = std::make_shared<bytes>();
  std::vector<std::pair<packed_integers*, std::size_t>> placed;
  const auto pack = [&](packed_integers& column) {
    if (column.empty())
      return;
    const std::size_t start = piece->size();
    const packed_layout layout = pack_values(*piece, column, column.size());
    column = packed_integers{nullptr, layout.width, layout.base, column.size()};
    placed.emplace_back(&column, start);
  };
  for (packed_integers* each : {&out.at, &out.received_at, &out.finer_rows, &out.finer_nanoseconds, &out.id_references,
                                &out.id_text_ends, &out.row_numbers})
    pack(*each);
  for (packed_integers& each : out.codes)
    pack(each);
  for (property_slice& each : out.properties) {
    if (each.count == out.rows)
      each.rows = {};
    pack(each.rows);
    pack(each.values);
  }
  const std::size_t texts_start = piece->size();
  piece->append(wide.id_texts == nullptr ? "" : wide.id_texts, id_text_bytes);
  piece->shrink_to_fit();
  for (const auto& [column, start] : placed)
    *column = packed_integers{piece->data() + start, column->width(), column->base(), column->size()};
  out.id_texts = piece->data() + texts_start;
  auto ids = std::make_shared<std::vector<uuid_bytes>>(wide.uuids, wide.uuids + uuid_count);
  out.uuids = ids->data();
  out.memory_bytes = piece->size() + ids->size() * sizeof(uuid_bytes) + sizeof(chunk_columns);
  out.owners = {piece, ids};
  return out;
}

} // namespace dotmac
