#include "core/events/event_segment.hpp"

#include "core/events/segment_columns.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <map>

namespace dotmac {
namespace {

using segment_columns::form;
using chunk_list = std::span<const chunk_columns* const>;

constexpr auto id_field = static_cast<std::size_t>(event_field::event_id);

bool is_coded(std::uint32_t column) noexcept {
  const auto kind = static_cast<value_kind>(column % value_kind_count);
  return kind == value_kind::text || kind == value_kind::json;
}

std::uint32_t greatest(const packed_integers& column) {
  std::vector<std::uint32_t> values(column.size());
  column.unpack(0, std::span{values});
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

/// Codes are given in the order of appearance, chunk by chunk: what these chunks refer to is all that there is up to their end.
dictionary_counts counts_at_end(const chunk_list& chunks, const dictionary_counts& before) {
  auto out = before;
  for (const auto* chunk : chunks) {
    for (std::size_t f = 0; f < event_field_count; ++f)
      if (f != id_field)
        out.fields[f] = std::max(out.fields[f], greatest(chunk->codes[f]));
    for (const auto& slice : chunk->properties) {
      out.keys = std::max(out.keys, slice.key() + 1);
      out.texts.resize(std::max<std::size_t>(out.texts.size(), out.keys));
      if (is_coded(slice.column))
        out.texts[slice.key()] = std::max(out.texts[slice.key()], greatest(slice.values));
    }
  }
  return out;
}

/// Sections that are written into one segment, and those that make another one because of their size.
class section_writer {
public:
  explicit section_writer(std::function<void(bytes)> on_full) : on_full_{std::move(on_full)} {}

  template <class TextOf> void add(dictionary_section::of which, std::uint32_t index, std::uint32_t before, std::uint32_t end, TextOf&& text_of) {
    while (before < end) {
      std::vector<std::uint32_t> lengths;
      bytes texts;
      auto next = before;
      for (; next < end && size_ + texts.size() < event_segment_texts_max; ++next) {
        const std::optional<std::string_view> text = text_of(next + 1);
        lengths.push_back(text ? static_cast<std::uint32_t>(text->size()) : forgotten_length);
        texts.append(text.value_or(std::string_view{}));
      }
      if (!lengths.empty())
        write(which, index, before, lengths, texts);
      before = next;
      if (before < end)
        on_full_(take());
    }
  }
  /// The number of sections, then the sections.
  bytes take() {
    bytes out;
    binary::write_length(out, std::exchange(count_, 0));
    out += std::exchange(sections_, {});
    size_ = 0;
    return out;
  }

private:
  void write(dictionary_section::of which, std::uint32_t index, std::uint32_t before, const std::vector<std::uint32_t>& lengths, const bytes& texts) {
    binary::write(sections_, which);
    binary::write(sections_, index);
    binary::write(sections_, before);
    binary::write_length(sections_, lengths.size());
    segment_columns::write(sections_, std::vector{packed_integers{lengths.data(), sizeof(std::uint32_t), 0, static_cast<std::uint32_t>(lengths.size())}}, form::plain);
    sections_ += texts;
    size_ += texts.size();
    ++count_;
  }
  std::function<void(bytes)> on_full_;
  bytes sections_;
  std::size_t size_ = 0;
  std::size_t count_ = 0;
};

void add_sections(section_writer& to, const event_view& view, const dictionary_counts& before, const dictionary_counts& end) {
  using of = dictionary_section::of;
  using maybe_text = std::optional<std::string_view>;
  const auto* forgotten = view.forgotten();
  for (std::size_t f = 0; f < event_field_count; ++f)
    if (f != id_field)
      to.add(of::field, static_cast<std::uint32_t>(f), before.fields[f], end.fields[f], [&](std::uint32_t code) {
        return forgotten != nullptr && forgotten->of_field(f, code) ? std::nullopt : maybe_text{view.dictionary(static_cast<event_field>(f)).text(code)};
      });
  bytes name;
  to.add(of::keys, 0, before.keys, end.keys, [&](std::uint32_t code) {
    const auto& key = view.keys()[code - 1];
    name.assign(1, key.scope == property_scope::properties ? 'p' : 'c').append(key.name);
    return maybe_text{name};
  });
  for (std::uint32_t key = 0; key < end.texts.size(); ++key)
    to.add(of::texts_of_key, key, before.texts_of(key), end.texts[key],
           [&](std::uint32_t code) { return forgotten != nullptr && forgotten->of_key(key, code) ? std::nullopt : maybe_text{view.keys()[key].texts->text(code)}; });
}

bytes start_payload(std::uint32_t version, std::uint64_t first_row, std::uint32_t rows) {
  bytes out;
  binary::write(out, version);
  binary::write(out, first_row);
  binary::write(out, rows);
  return out;
}

} // namespace

std::vector<event_segment> encode_chunks(const event_view& view, std::uint64_t first_row, chunk_list chunks, const dictionary_counts& before,
                                         std::shared_ptr<const dictionary_counts> end, std::uint64_t& next_number) {
  event_segment last{0, first_row, 0, 0, 0, {}, std::move(end), {}, {}};
  bool has_gaps = view.forgotten() != nullptr;
  bool is_empty = true;
  for (const auto* each : chunks) {
    last.row_count += each->row_span;
    has_gaps |= each->rows != each->row_span;
    if (each->rows == 0)
      continue;
    last.min_time_ms = is_empty ? each->min_at : std::min(last.min_time_ms, each->min_at);
    last.max_time_ms = is_empty ? each->max_at : std::max(last.max_time_ms, each->max_at);
    is_empty = false;
  }
  const auto version = has_gaps ? event_segment_version : event_segment_version_without_gaps;
  std::vector<event_segment> out;
  section_writer sections{[&](bytes part) {
    auto payload = start_payload(version, first_row, 0);
    payload += part;
    write_directory(payload, {}, has_gaps);
    out.push_back({next_number++, first_row, 0, last.min_time_ms, last.max_time_ms, std::move(payload), last.end, {}, {}});
  }};
  add_sections(sections, view, before, *last.end);
  last.payload = start_payload(version, first_row, static_cast<std::uint32_t>(last.row_count));
  last.payload += sections.take();
  const auto directory = std::make_shared<segment_directory>();
  last.parts = write_parts(chunks, *directory);
  write_directory(last.payload, *directory, has_gaps);
  last.number = directory->number = next_number++;
  directory->end = last.end;
  last.directory = directory;
  out.push_back(std::move(last));
  return out;
}

std::vector<event_segment> encode_segments(const event_view& view, std::uint64_t first_row, const dictionary_counts& before, std::uint64_t& next_number) {
  std::vector<const chunk_columns*> chunks;
  std::uint64_t rows = 0;
  for (std::size_t c = first_row / event_chunk_rows; c < view.chunks().size() && rows < event_segment_rows; ++c) {
    assert(view.chunks()[c].columns != nullptr); // what is not written yet is in memory
    chunks.push_back(view.chunks()[c].columns.get());
    rows += chunks.back()->row_span;
  }
  return encode_chunks(view, first_row, chunks, before, std::make_shared<dictionary_counts>(counts_at_end(chunks, before)), next_number);
}

} // namespace dotmac
