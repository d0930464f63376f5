#include "core/events/segment_parts.hpp"

#include "core/events/event_reference.hpp"
#include "core/events/segment_columns.hpp"

#include <algorithm>

namespace dotmac {
namespace {

constexpr auto id_field = static_cast<std::size_t>(event_field::event_id);

failure misfit(const char* how) { return {error_code::corrupt_data, std::string{"a segment of events is damaged: "} + how, {}}; }

bool rises_below(const segment_columns::values& of, std::int64_t bound) {
  for (std::size_t i = 0; i < of.size(); ++i)
    if (of[i] < 0 || of[i] >= bound || (i > 0 && of[i] <= of[i - 1]))
      return false;
  return true;
}

/// Ids are numbered in the order of the rows.
bool fits_ids(const segment_columns::values& references, const segment_columns::values& ends, std::size_t uuid_count, std::size_t text_bytes) {
  std::int64_t uuids = 0;
  std::int64_t texts = 0;
  for (const auto reference : references) {
    if (reference == 0)
      continue;
    if (reference != (reference % 2 != 0 ? uuids++ * 2 + 1 : texts++ * 2 + 2))
      return false;
  }
  if (uuids != static_cast<std::int64_t>(uuid_count) || texts != std::ssize(ends))
    return false;
  return texts == 0 ? text_bytes == 0 : rises_below(ends, static_cast<std::int64_t>(text_bytes) + 1) && ends.back() == static_cast<std::int64_t>(text_bytes);
}

class part_decoder {
public:
  part_decoder(bytes_view part, const segment_directory& directory, const segment_directory::column& column) : in_{part}, directory_{directory}, column_{column} {}

  result<segment_column> run() {
    out_.chunks.resize(directory_.chunks.size());
    auto done = column_.kind == column_kind::finer_times ? read_finer_times()
                : column_.kind == column_kind::ids       ? read_ids()
                : column_.kind == column_kind::property  ? read_property()
                : column_.kind == column_kind::row_numbers ? read_row_numbers()
                                                         : read_plain();
    if (!done)
      return done.error();
    if (!in_.at_end())
      return misfit("bytes are left over in a column");
    for (const auto& each : out_.chunks)
      out_.memory_bytes += sizeof each + each.packed_first.capacity() + each.packed_second.capacity() + each.uuids.capacity() * sizeof(uuid_bytes) + each.texts.capacity();
    return std::move(out_);
  }

private:
  using all_values = std::vector<segment_columns::packed_values>;

  result<all_values> values() { return segment_columns::read_packed(in_, directory_.chunks.size(), event_chunk_rows); }
  bool has_counts(const all_values& of) const {
    for (std::size_t c = 0; c < of.size(); ++c)
      if (of[c].count != column_.counts[c])
        return false;
    return true;
  }
  /// For checks of value after value; until the next call.
  const segment_columns::values& unpacked(const segment_columns::packed_values& from, std::size_t which = 0) {
    auto& out = scratch_[which];
    out.resize(from.count);
    from.over(from.data).unpack(0, std::span{out});
    return out;
  }
  void keep(all_values& first, all_values* second) {
    for (std::size_t c = 0; c < out_.chunks.size(); ++c) {
      auto& to = out_.chunks[c];
      to.packed_first = std::move(first[c].data);
      to.first = first[c].over(to.packed_first);
      if (second == nullptr)
        continue;
      to.packed_second = std::move((*second)[c].data);
      to.second = (*second)[c].over(to.packed_second);
    }
  }
  static bool lies_within(const segment_columns::packed_values& of, std::int64_t low, std::int64_t high) {
    const auto [min, max] = of.bounds();
    return of.count == 0 || (min >= low && max <= high);
  }

  result<void> read_plain() {
    auto found = values();
    if (!found)
      return found.error();
    const bool are_codes = column_.kind == column_kind::codes;
    const std::int64_t low = are_codes ? 0 : timestamp_min.milliseconds;
    const std::int64_t high = are_codes ? std::int64_t{directory_.end->fields[column_.index]} : timestamp_max.milliseconds;
    for (std::size_t c = 0; c < found->size(); ++c) {
      if ((*found)[c].count != directory_.chunks[c].rows)
        return misfit("a column has another number of values than there are rows");
      if (!lies_within((*found)[c], low, high))
        return misfit(are_codes ? "it refers to an entry of a dictionary that is not there" : "a time is out of bounds");
    }
    keep(*found, nullptr);
    return {};
  }

  result<void> read_finer_times() {
    auto rows = values();
    if (!rows)
      return rows.error();
    auto nanoseconds = values();
    if (!nanoseconds)
      return nanoseconds.error();
    for (std::size_t c = 0; c < rows->size(); ++c)
      if (!rises_below(unpacked((*rows)[c]), directory_.chunks[c].rows) || !lies_within((*nanoseconds)[c], 0, 999'999))
        return misfit("its finer times do not fit");
    if (!has_counts(*rows) || !has_counts(*nanoseconds))
      return misfit("its finer times do not fit");
    keep(*rows, &*nanoseconds);
    return {};
  }

  result<void> read_row_numbers() {
    auto found = values();
    if (!found)
      return found.error();
    for (std::size_t c = 0; c < found->size(); ++c) {
      const auto& chunk = directory_.chunks[c];
      if ((*found)[c].count != (chunk.rows == chunk.row_span ? 0 : chunk.rows) || !rises_below(unpacked((*found)[c]), chunk.row_span))
        return misfit("its numbers of rows do not fit");
    }
    keep(*found, nullptr);
    return {};
  }

  result<void> read_ids() {
    auto references = values();
    if (!references)
      return references.error();
    auto ends = values();
    if (!ends)
      return ends.error();
    for (std::size_t c = 0; c < out_.chunks.size(); ++c) {
      auto& to = out_.chunks[c];
      std::uint32_t count = 0;
      bytes_view raw;
      if (!in_.read(count) || count > directory_.chunks[c].rows || !in_.take(std::size_t{count} * sizeof(uuid_bytes), raw))
        return misfit("its ids end early");
      to.uuids.resize(count);
      if (count > 0)
        std::memcpy(to.uuids.data(), raw.data(), raw.size());
      if (!in_.read(count) || !in_.take(count, raw))
        return misfit("its ids end early");
      to.texts = raw;
      if ((*references)[c].count != directory_.chunks[c].rows
          || !fits_ids(unpacked((*references)[c]), unpacked((*ends)[c], 1), to.uuids.size(), to.texts.size()))
        return misfit("its rows refer to ids that it does not have");
    }
    keep(*references, &*ends);
    return {};
  }

  result<void> read_property() {
    auto rows = values();
    if (!rows)
      return rows.error();
    auto found = values();
    if (!found)
      return found.error();
    const auto kind = static_cast<value_kind>(column_.index % value_kind_count);
    const std::int64_t text_count = directory_.end->texts_of(column_.index / value_kind_count);
    for (std::size_t c = 0; c < rows->size(); ++c) {
      const bool is_dense = column_.counts[c] == directory_.chunks[c].rows;
      if ((*found)[c].count != column_.counts[c] || (*rows)[c].count != (is_dense ? 0 : column_.counts[c]) || !rises_below(unpacked((*rows)[c]), directory_.chunks[c].rows))
        return misfit("a property does not fit its rows");
      if ((kind == value_kind::text || kind == value_kind::json) && !lies_within((*found)[c], 0, text_count))
        return misfit("it refers to a text that is not there");
    }
    keep(*rows, &*found);
    return {};
  }

  binary::reader in_;
  const segment_directory& directory_;
  const segment_directory::column& column_;
  std::array<segment_columns::values, 2> scratch_;
  segment_column out_;
};

} // namespace

std::optional<std::uint32_t> segment_directory::find(column_kind kind, std::uint32_t index) const noexcept {
  const auto at = std::lower_bound(columns.begin(), columns.end(), std::pair{kind, index}, [](const column& left, const auto& right) { return std::pair{left.kind, left.index} < right; });
  return at != columns.end() && at->kind == kind && at->index == index ? std::optional{static_cast<std::uint32_t>(at - columns.begin())} : std::nullopt;
}

std::string describe_column(const segment_directory::column& of) {
  switch (of.kind) {
  case column_kind::at: return "the column timestamp";
  case column_kind::received_at: return "the column received_at";
  case column_kind::finer_times: return "the column timestamp (nanoseconds)";
  case column_kind::codes: return "the column " + std::string{event_field_names[of.index]};
  case column_kind::ids: return "the column event_id";
  case column_kind::row_numbers: return "the numbers of the rows";
  case column_kind::property: break;
  }
  return "the column of property " + std::to_string(of.index / value_kind_count + 1);
}

void write_directory(bytes& out, const segment_directory& from, bool has_gaps) {
  for (const auto& each : from.chunks) {
    if (has_gaps)
      binary::write(out, each.rows);
    binary::write(out, each.min_at);
    binary::write(out, each.max_at);
    binary::write(out, each.max_received);
  }
  binary::write_length(out, from.columns.size());
  for (const auto& each : from.columns) {
    binary::write(out, each.kind);
    binary::write(out, each.index);
    for (const auto count : each.counts)
      binary::write(out, count);
  }
}

result<segment_directory> read_directory(binary::reader& in, std::uint64_t first_row, std::uint32_t rows, bool has_gaps) {
  segment_directory out;
  for (std::uint32_t done = 0; done < rows; done += out.chunks.back().row_span) {
    auto& chunk = out.chunks.emplace_back();
    chunk.first_row = first_row + done;
    chunk.rows = chunk.row_span = std::min(rows - done, event_chunk_rows);
    if (has_gaps && (!in.read(chunk.rows) || chunk.rows > chunk.row_span))
      return misfit("its directory does not fit its rows");
    if (!in.read(chunk.min_at) || !in.read(chunk.max_at) || !in.read(chunk.max_received))
      return misfit("its directory ends early");
    if (chunk.min_at > chunk.max_at || chunk.min_at < timestamp_min.milliseconds || chunk.max_at > timestamp_max.milliseconds)
      return misfit("a time is out of bounds");
  }
  std::uint32_t count = 0;
  if (!in.read(count))
    return misfit("its directory ends early");
  for (std::uint32_t i = 0; i < count; ++i) {
    segment_directory::column column;
    if (!in.read(column.kind) || !in.read(column.index))
      return misfit("its directory ends early");
    for (const auto& chunk : out.chunks)
      if (!in.read(column.counts.emplace_back()) || column.counts.back() > chunk.rows)
        return misfit("its directory does not fit its rows");
    if (column.kind > column_kind::row_numbers || (column.kind == column_kind::codes && (column.index >= event_field_count || column.index == id_field)))
      return misfit("it has a column of no kind");
    if (!out.columns.empty() && std::pair{out.columns.back().kind, out.columns.back().index} >= std::pair{column.kind, column.index})
      return misfit("its columns are out of order");
    out.columns.push_back(std::move(column));
  }
  const bool lacks_numbers = std::any_of(out.chunks.begin(), out.chunks.end(), [](const auto& each) { return each.rows > 0 && each.rows != each.row_span; });
  if (lacks_numbers && !out.find(column_kind::row_numbers, 0))
    return misfit("rows are left out, and nothing says which");
  if (rows > 0 && (!out.find(column_kind::at, 0) || !out.find(column_kind::received_at, 0)))
    return misfit("it has no times");
  return out;
}

result<segment_column> decode_part(bytes_view part, const segment_directory& directory, std::uint32_t number) {
  return part_decoder{part, directory, directory.columns[number]}.run();
}

std::shared_ptr<const chunk_columns> assemble(const segment_directory& directory, std::size_t chunk, std::span<const std::shared_ptr<const segment_column>> parts) {
  auto out = std::make_shared<chunk_columns>();
  static_cast<chunk_bounds&>(*out) = directory.chunks[chunk];
  const packed_integers none{nullptr, 0, 0, out->rows};
  out->codes.fill(none);
  out->codes[id_field] = {};
  out->id_references = none;
  out->memory_bytes = sizeof(chunk_columns);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const auto& column = directory.columns[p];
    const auto& from = parts[p]->chunks[chunk];
    out->owners.push_back(parts[p]);
    out->memory_bytes += from.packed_first.size() + from.packed_second.size() + from.uuids.size() * sizeof(uuid_bytes) + from.texts.size();
    switch (column.kind) {
    case column_kind::at: out->at = from.first; break;
    case column_kind::received_at: out->received_at = from.first; break;
    case column_kind::finer_times:
      out->finer_rows = from.first;
      out->finer_nanoseconds = from.second;
      break;
    case column_kind::codes: out->codes[column.index] = from.first; break;
    case column_kind::ids:
      out->id_references = from.first;
      out->id_text_ends = from.second;
      out->uuids = from.uuids.data();
      out->id_texts = from.texts.data();
      break;
    case column_kind::row_numbers: out->row_numbers = from.first; break;
    case column_kind::property:
      if (column.counts[chunk] > 0)
        out->properties.push_back({column.index, column.counts[chunk], from.first, from.second});
      break;
    }
  }
  return out;
}

} // namespace dotmac
