#include "core/events/dimension_codes.hpp"

#include "core/events/event_answers.hpp"
#include "core/events/packed_gather.hpp"

#include <algorithm>

namespace dotmac {

dimension_codes::dimension_codes(const event_view& view, std::string_view name) : view_{&view}, of_{resolve_event_field(name)} {
  if (of_.kind == event_reference::target::property)
    key_ = view.find_key(of_.scope, of_.key);
  if (const auto subject = subject_of(of_)) {
    profiles_ = view.profiles() == nullptr ? nullptr : view.profiles()->find(*subject);
    attribute_ = profiles_ == nullptr ? nullptr : profiles_->find(of_.attribute);
  }
}

/// A list or an object is a value by its text, as of properties.
std::uint32_t dimension_codes::code_of_attribute(std::uint32_t subject) {
  const auto value = attribute_ == nullptr ? 0 : attribute_->codes[subject];
  if (value == 0)
    return 0;
  open_texts(attribute_->value_count);
  auto& known = texts_[value];
  if (known == 0)
    known = code_of(dimension_value(*attribute_, value));
  return known;
}

void dimension_codes::fill(const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask, std::span<std::uint32_t> codes) {
  if (is_field())
    return chunk.codes(of_.field).unpack(first, codes);
  if (of_.is_attribute() && of_.kind == event_reference::target::field) {
    chunk.codes(of_.field).unpack(first, codes);
    for (std::size_t i = 0; i < mask.size(); ++i)
      if (mask[i] != 0)
        codes[i] = code_of_attribute(codes[i]);
    return;
  }
  std::fill(codes.begin(), codes.end(), 0);
  if (of_.kind == event_reference::target::property) {
    if (key_)
      fill_property(chunk, first, mask, codes);
    return;
  }
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask[i] != 0)
      codes[i] = code_of(dimension_value(*view_, chunk, first + static_cast<std::uint32_t>(i), of_));
}

bool dimension_codes::fill_selected(const event_chunk& chunk, std::uint32_t first, std::uint32_t count, std::span<const std::uint16_t> rows, std::span<std::uint32_t> codes) {
  if (is_field()) {
    gather(chunk.codes(of_.field), first, rows, codes.data());
    return true;
  }
  if (of_.is_attribute() || of_.kind != event_reference::target::property || !key_)
    return false;
  const auto slices = chunk.slices_of(*key_);
  if (slices.size() != 1 || slices[0].kind() != value_kind::text)
    return false;
  const auto& values = slices[0].values;
  const bool has_all = slice_run::has_all(slices[0], first, count);
  const auto begin = has_all ? std::optional{first} : slice_run::begin_of(slices[0], first, count, rows);
  if (!begin)
    return false;
  open_texts(view_->keys()[*key_].text_count);
  codes = codes.first(rows.size());
  if (has_all) {
    gather(values, first, rows, codes.data());
    for (auto& each : codes)
      each = texts_[each];
  } else {
    look_up(values, *begin, texts_, codes);
  }
  if (std::find(codes.begin(), codes.end(), 0) == codes.end())
    return true;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (codes[i] == 0) {
      auto& known = texts_[static_cast<std::size_t>(values[has_all ? first + rows[i] : *begin + i])];
      if (known == 0)
        known = code_of(dimension_value(*view_, chunk, first + rows[i], of_));
      codes[i] = known;
    }
  return true;
}

std::uint32_t dimension_codes::code_at(std::uint64_t row) {
  if (opened_.empty())
    opened_.resize(std::min(opened_max, view_->chunks().size()));
  auto& chunk = opened_[row / event_chunk_rows % opened_.size()];
  if (!chunk || chunk->first_row != row - row % event_chunk_rows)
    chunk = view_->chunk_of(row);
  const auto code = code_in(*chunk, static_cast<std::uint32_t>(row % event_chunk_rows));
  if (chunk->why_incomplete() && !why_incomplete_)
    why_incomplete_ = chunk->why_incomplete();
  return code;
}

std::uint32_t dimension_codes::code_in(const event_chunk& chunk, std::uint32_t at) {
  if (is_field())
    return static_cast<std::uint32_t>(chunk.codes(of_.field)[at]);
  if (of_.is_attribute() && of_.kind == event_reference::target::field)
    return code_of_attribute(static_cast<std::uint32_t>(chunk.codes(of_.field)[at]));
  if (of_.kind != event_reference::target::property)
    return code_of(dimension_value(*view_, chunk, at, of_));
  if (!key_)
    return 0;
  for (const auto& slice : chunk.slices_of(*key_)) {
    const auto position = slice.kind() == value_kind::null ? std::nullopt : slice.position_of(at);
    if (!position)
      continue;
    if (of_.is_attribute())
      return slice.kind() == value_kind::text ? code_of_attribute(static_cast<std::uint32_t>(slice.values[*position])) : 0;
    if (slice.kind() != value_kind::text && slice.kind() != value_kind::json)
      return code_of(dimension_value(*view_, chunk, at, of_));
    open_texts(view_->keys()[*key_].text_count);
    auto& known = texts_[static_cast<std::size_t>(slice.values[*position])];
    if (known == 0)
      known = code_of(dimension_value(*view_, chunk, at, of_));
    return known;
  }
  return 0;
}

scalar dimension_codes::value(std::uint32_t code) const {
  if (code == 0)
    return {};
  if (is_field())
    return std::string{view_->dictionary(of_.field).text(code)};
  return values_[code - 1];
}

std::uint32_t dimension_codes::code_of(scalar value) {
  if (value.index() == 0)
    return 0;
  const auto [at, is_new] = numbers_.emplace(std::move(value), static_cast<std::uint32_t>(values_.size() + 1));
  if (is_new) {
    values_.push_back(at->first);
    constexpr std::size_t entry_bytes = 160; // a node of the map and two values
    const auto* text = std::get_if<std::string>(&at->first);
    held_ += entry_bytes + (text == nullptr ? 0 : 2 * text->capacity());
  }
  return at->second;
}

void dimension_codes::open_texts(std::uint32_t count) {
  if (!texts_.empty())
    return;
  texts_.resize(std::size_t{count} + 1, 0);
  held_ += texts_.size() * sizeof(texts_[0]);
}

void dimension_codes::fill_property(const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask, std::span<std::uint32_t> codes) {
  for (const property_slice& slice : chunk.slices_of(*key_)) {
    if (slice.kind() == value_kind::null || (of_.is_attribute() && slice.kind() != value_kind::text))
      continue;
    entries_.read(slice, first, static_cast<std::uint32_t>(mask.size()));
    if (of_.is_attribute()) {
      for (std::uint32_t i = 0; i < entries_.size(); ++i)
        if (const auto row = entries_.row(i); mask[row] != 0)
          codes[row] = code_of_attribute(static_cast<std::uint32_t>(entries_.value(i)));
      continue;
    }
    if (slice.kind() == value_kind::text || slice.kind() == value_kind::json) {
      fill_texts(chunk, first, mask, codes);
      continue;
    }
    for (std::uint32_t i = 0; i < entries_.size(); ++i)
      if (const auto row = entries_.row(i); mask[row] != 0)
        codes[row] = code_of(dimension_value(*view_, chunk, first + row, of_));
  }
}

void dimension_codes::fill_texts(const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask, std::span<std::uint32_t> codes) {
  open_texts(view_->keys()[*key_].text_count);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const auto row = entries_.row(i);
    if (mask[row] == 0)
      continue;
    std::uint32_t& known = texts_[static_cast<std::size_t>(entries_.value(i))];
    if (known == 0)
      known = code_of(dimension_value(*view_, chunk, first + row, of_));
    codes[row] = known;
  }
}

} // namespace dotmac
