#include "core/events/growing_chunk.hpp"

namespace dotmac {

std::uint32_t count_below(const growing_array<std::uint32_t>& rows, std::uint32_t bound) {
  return static_cast<std::uint32_t>(std::lower_bound(rows.data(), rows.data() + rows.size(), bound) - rows.data());
}

chunk_columns growing_chunk::columns(std::uint32_t rows) const {
  chunk_columns out;
  out.first_row = first_row;
  out.rows = rows;
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

chunk_columns growing_chunk::view(std::uint32_t rows) const {
  chunk_columns out = columns(rows);
  const auto [low, high] = std::minmax_element(at.data(), at.data() + rows);
  out.min_at = *low;
  out.max_at = *high;
  out.max_received = *std::max_element(received.data(), received.data() + rows);
  return out;
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
                                &out.id_text_ends})
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
