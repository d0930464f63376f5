#include "core/events/removal/text_usage.hpp"

#include "core/events/parallel_scan.hpp"

#include <memory>

namespace dotmac {
namespace {

bool is_coded(const property_slice& slice) noexcept { return slice.kind() == value_kind::text || slice.kind() == value_kind::json; }

text_usage unused_of(const event_view& view) {
  text_usage out;
  for (std::size_t f = 0; f < event_field_count; ++f)
    if (f != static_cast<std::size_t>(event_field::event_id))
      out.fields[f].resize(std::size_t{view.dictionary_size(static_cast<event_field>(f))} + 1);
  for (const auto& each : view.keys())
    out.texts.emplace_back(std::size_t{each.text_count} + 1);
  out.row_count = view.row_count();
  return out;
}

void note(const packed_integers& codes, std::size_t first, std::vector<bool>& into) {
  if (codes.width() == 0) {
    if (first < codes.size() && static_cast<std::size_t>(codes.base()) < into.size())
      into[static_cast<std::size_t>(codes.base())] = true;
    return;
  }
  std::array<std::uint32_t, 1'024> some;
  for (; first < codes.size(); first += some.size()) {
    const auto run = std::span{some}.first(std::min(some.size(), codes.size() - first));
    codes.unpack(first, run);
    for (const auto code : run)
      if (code < into.size())
        into[code] = true;
  }
}

void merge(std::vector<bool>& into, const std::vector<bool>& from) {
  for (std::size_t code = 0; code < into.size(); ++code)
    if (from[code])
      into[code] = true;
}

} // namespace

void note_used_texts(const event_chunk& chunk, std::uint32_t first, text_usage& into) {
  for (std::size_t f = 0; f < event_field_count; ++f)
    if (!into.fields[f].empty())
      note(chunk.sent_codes(static_cast<event_field>(f)), first, into.fields[f]);
  for (const auto& slice : chunk.all_slices())
    if (is_coded(slice) && slice.key() < into.texts.size())
      note(slice.values, slice.rows.empty() ? first : slice.rows.lower_bound(first), into.texts[slice.key()]);
}

result<text_usage> find_used_texts(const event_view& view, const scan_context& context) {
  std::vector<std::unique_ptr<text_usage>> parts(context.width());
  const auto scanned = scan_chunks(view, {}, context, [&](std::size_t worker, const event_chunk& chunk) -> result<void> {
    if (context.is_stopped())
      return question_cancelled();
    if (parts[worker] == nullptr)
      parts[worker] = std::make_unique<text_usage>(unused_of(view));
    note_used_texts(chunk, 0, *parts[worker]);
    return {};
  });
  if (!scanned)
    return scanned.error();
  auto out = unused_of(view);
  for (const auto& each : parts) {
    if (each == nullptr)
      continue;
    for (std::size_t f = 0; f < event_field_count; ++f)
      merge(out.fields[f], each->fields[f]);
    for (std::size_t key = 0; key < out.texts.size(); ++key)
      merge(out.texts[key], each->texts[key]);
  }
  return out;
}

} // namespace dotmac
