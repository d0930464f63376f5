#include "core/events/event_segment.hpp"
#include "core/events/segment_columns.hpp"

#include <algorithm>

namespace dotmac {
namespace {

using segment_columns::values;

constexpr auto id_field = static_cast<std::size_t>(event_field::event_id);

failure damaged(const char* how) { return {error_code::corrupt_data, std::string{"a segment of events is damaged: "} + how, {}}; }

bool rises_below(const values& of, std::int64_t bound) {
  for (std::size_t i = 0; i < of.size(); ++i)
    if (of[i] < 0 || of[i] >= bound || (i > 0 && of[i] <= of[i - 1]))
      return false;
  return true;
}

class segment_reader {
public:
  explicit segment_reader(bytes_view payload) : in_{payload} {}

  result<decoded_segment> read() {
    std::uint32_t version = 0;
    std::uint32_t rows = 0;
    if (!in_.read(version))
      return damaged("its header ends early");
    if (version < 2 || version > event_segment_version)
      return failure{error_code::unknown_schema_version, "a segment of events has a version that this program does not know", {}};
    if (!in_.read(out_.first_row) || !in_.read(rows))
      return damaged("its header ends early");
    if (rows > event_segment_rows)
      return damaged("it has more than event_segment_rows rows");
    const bool has_gaps = version > event_segment_version_without_gaps;
    if (auto done = read_sections(has_gaps); !done)
      return done.error();
    if (version >= event_segment_version_without_gaps) {
      auto directory = read_directory(in_, out_.first_row, rows, has_gaps);
      if (!directory)
        return directory.error();
      out_.directory = std::move(*directory);
      return in_.at_end() ? result<decoded_segment>{std::move(out_)} : damaged("bytes are left over");
    }
    for (std::uint32_t left = rows; left > 0; left -= out_.chunks.back().rows)
      out_.chunks.emplace_back().rows = std::min(left, event_chunk_rows);
    if (rows > 0)
      for (const auto part : {&segment_reader::read_times, &segment_reader::read_codes, &segment_reader::read_ids, &segment_reader::read_properties})
        if (auto done = (this->*part)(); !done)
          return done.error();
    if (!in_.at_end())
      return damaged("bytes are left over");
    return std::move(out_);
  }

private:
  result<void> read_sections(bool has_gaps) {
    std::uint32_t count = 0;
    if (!in_.read(count))
      return damaged("its dictionaries end early");
    for (std::uint32_t i = 0; i < count; ++i) {
      dictionary_section section;
      std::uint32_t entries = 0;
      if (!in_.read(section.which) || !in_.read(section.index) || !in_.read(section.before) || !in_.read(entries))
        return damaged("its dictionaries end early");
      if (section.which > dictionary_section::of::texts_of_key)
        return damaged("it has a dictionary of no kind");
      const std::size_t without_text = has_gaps ? 4 * event_segment_rows : 1; // those that are forgotten; one may be empty
      if (entries > in_.rest().size() + without_text)
        return damaged("a dictionary has more entries than there are bytes");
      section.entries.reserve(std::min<std::size_t>(entries, 4 * event_segment_rows));
      const auto lengths = segment_columns::read(in_, 1, entries);
      if (!lengths)
        return lengths.error();
      if ((*lengths)[0].size() != entries)
        return damaged("a dictionary lacks entries");
      for (const auto length : (*lengths)[0]) {
        bytes_view text;
        if (has_gaps && length == std::int64_t{forgotten_length}) {
          section.entries.emplace_back();
          continue;
        }
        if (length < 0 || !in_.take(static_cast<std::size_t>(length), text))
          return damaged("its dictionaries end early");
        section.entries.push_back(text);
      }
      out_.sections.push_back(std::move(section));
    }
    return {};
  }

  /// A column of all chunks, to where `pick` says. `is_whole`: a value per row.
  template <class Pick> result<void> read_column(bool is_whole, Pick&& pick) {
    auto found = segment_columns::read(in_, out_.chunks.size(), event_chunk_rows);
    if (!found)
      return found.error();
    for (std::size_t c = 0; c < out_.chunks.size(); ++c) {
      if ((*found)[c].size() > out_.chunks[c].rows || (is_whole && (*found)[c].size() != out_.chunks[c].rows))
        return damaged("a column has another number of values than there are rows");
      pick(out_.chunks[c]) = std::move((*found)[c]);
    }
    return {};
  }

  result<void> read_times() {
    for (const auto column : {&segment_chunk::at, &segment_chunk::received_at})
      if (auto done = read_column(true, [column](segment_chunk& each) -> values& { return each.*column; }); !done)
        return done;
    for (const auto column : {&segment_chunk::finer_rows, &segment_chunk::finer_nanoseconds})
      if (auto done = read_column(false, [column](segment_chunk& each) -> values& { return each.*column; }); !done)
        return done;
    for (const auto& each : out_.chunks) {
      const auto is_time = [](std::int64_t at) { return at >= timestamp_min.milliseconds && at <= timestamp_max.milliseconds; };
      if (!std::all_of(each.at.begin(), each.at.end(), is_time) || !std::all_of(each.received_at.begin(), each.received_at.end(), is_time))
        return damaged("a time is out of bounds");
      if (each.finer_rows.size() != each.finer_nanoseconds.size() || !rises_below(each.finer_rows, each.rows)
          || !std::all_of(each.finer_nanoseconds.begin(), each.finer_nanoseconds.end(), [](std::int64_t value) { return value >= 0 && value < 1'000'000; }))
        return damaged("its finer times do not fit");
    }
    return {};
  }

  result<void> read_codes() {
    for (std::size_t f = 0; f < event_field_count; ++f)
      if (f != id_field)
        if (auto done = read_column(true, [f](segment_chunk& each) -> values& { return each.codes[f]; }); !done)
          return done;
    return {};
  }

  result<void> read_ids() {
    for (const auto& [column, is_whole] : {std::pair{&segment_chunk::id_references, true}, std::pair{&segment_chunk::id_text_ends, false}})
      if (auto done = read_column(is_whole, [column](segment_chunk& each) -> values& { return each.*column; }); !done)
        return done;
    for (auto& each : out_.chunks) {
      std::uint32_t count = 0;
      bytes_view raw;
      if (!in_.read(count) || count > each.rows || !in_.take(std::size_t{count} * sizeof(uuid_bytes), raw))
        return damaged("its ids end early");
      each.uuids.resize(count);
      if (count > 0)
        std::memcpy(each.uuids.data(), raw.data(), raw.size());
      if (!in_.read(count) || !in_.take(count, raw))
        return damaged("its ids end early");
      each.id_texts = raw;
      if (!fits_ids(each))
        return damaged("its rows refer to ids that it does not have");
    }
    return {};
  }

  /// Ids are numbered in the order of the rows.
  static bool fits_ids(const segment_chunk& of) {
    std::int64_t uuids = 0;
    std::int64_t texts = 0;
    for (const auto reference : of.id_references) {
      if (reference == 0)
        continue;
      if (reference != (reference % 2 != 0 ? uuids++ * 2 + 1 : texts++ * 2 + 2))
        return false;
    }
    if (uuids != std::ssize(of.uuids) || texts != std::ssize(of.id_text_ends))
      return false;
    return texts == 0 ? of.id_texts.empty() : rises_below(of.id_text_ends, std::ssize(of.id_texts) + 1) && of.id_text_ends.back() == std::ssize(of.id_texts);
  }

  result<void> read_properties() {
    std::uint32_t count = 0;
    if (!in_.read(count))
      return damaged("its properties end early");
    for (std::uint32_t i = 0; i < count; ++i)
      if (auto done = read_property(); !done)
        return done;
    return {};
  }

  result<void> read_property() {
    std::uint32_t column = 0;
    if (!in_.read(column))
      return damaged("its properties end early");
    for (auto& each : out_.chunks) {
      if (!each.properties.empty() && each.properties.back().column >= column)
        return damaged("its properties are out of order");
      auto& slice = each.properties.emplace_back();
      slice.column = column;
      if (!in_.read(slice.is_dense))
        return damaged("its properties end early");
    }
    for (const auto part : {&segment_chunk::slice::rows, &segment_chunk::slice::values})
      if (auto done = read_column(false, [part](segment_chunk& each) -> values& { return each.properties.back().*part; }); !done)
        return done;
    for (auto& each : out_.chunks) {
      const auto& slice = each.properties.back();
      const auto entries = slice.is_dense ? each.rows : slice.rows.size();
      if (slice.values.size() != entries || (slice.is_dense && !slice.rows.empty()) || !rises_below(slice.rows, each.rows))
        return damaged("a property does not fit its rows");
      if (entries == 0)
        each.properties.pop_back();
    }
    return {};
  }

  binary::reader in_;
  decoded_segment out_;
};

} // namespace

result<decoded_segment> decode_segment(bytes_view payload) { return segment_reader{payload}.read(); }

} // namespace dotmac
