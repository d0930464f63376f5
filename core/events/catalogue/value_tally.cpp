#include "core/events/catalogue/value_tally.hpp"

#include <bit>
#include <cmath>

namespace dotmac {
namespace {

bool is_whole_of_64_bits(double number) { return number == std::trunc(number) && number >= -9223372036854775808.0 && number < 9223372036854775808.0; }

/// Of a fraction that is_whole_of_64_bits is not true of: it lies between two whole numbers, or beyond all of 64 bits.
bool is_less(std::int64_t whole, double fraction) {
  if (fraction >= 9223372036854775808.0)
    return true;
  return fraction >= -9223372036854775808.0 && whole <= static_cast<std::int64_t>(std::floor(fraction));
}

std::optional<std::uint32_t> key_of(const event_view& view, const event_reference& of) {
  return of.kind == event_reference::target::property ? view.find_key(of.scope, of.key) : std::nullopt;
}

} // namespace

value_tally::value_tally(const event_view& view, const event_reference& of, const text_search& search, memory_allowance& memory)
    : view_{view}, of_{of}, key_{key_of(view, of)}, search_{search}, memory_{memory} {
  if (const auto subject = subject_of(of_)) {
    const auto* profiles = view_.profiles() == nullptr ? nullptr : view_.profiles()->find(*subject);
    attribute_ = profiles == nullptr ? nullptr : profiles->find(of_.attribute);
    for (std::uint32_t value = 1; attribute_ != nullptr && value <= attribute_->value_count; ++value)
      attribute_values_.push_back(profile_value_of(attribute_->values->text(value)));
    texts_.resize(attribute_values_.size() + 1);
    nested_.resize(texts_.size());
  } else if (of_.kind == event_reference::target::field && of_.field != event_field::event_id)
    texts_.resize(std::size_t{view_.dictionary_size(of_.field)} + 1);
}

result<void> value_tally::add(const event_chunk& chunk, const selected_rows& rows, const scan_context& context) {
  event_count_ += rows.count();
  if (rows.count() == 0)
    return {};
  if (of_.is_attribute() && attribute_ == nullptr)
    return {};
  const auto slices = key_ ? chunk.slices_of(*key_) : std::span<const property_slice>{};
  for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
    if (context.is_stopped())
      return question_cancelled();
    const auto mask = rows.mask().subspan(first, std::min(scan_rows, chunk.rows - first));
    switch (of_.kind) {
    case event_reference::target::property:
      for (const auto& each : slices)
        add_slice(each, first, mask);
      break;
    case event_reference::target::timestamp: add_times(chunk.at(), first, mask); break;
    case event_reference::target::received_at: add_times(chunk.received_at(), first, mask); break;
    case event_reference::target::field: of_.field == event_field::event_id ? add_ids(chunk, first, mask) : add_codes(chunk.codes(of_.field), first, mask); break;
    }
    if (auto charged = charge(); !charged)
      return charged;
  }
  return {};
}

void value_tally::add_attribute(std::uint32_t subject) {
  const auto code = attribute_->codes[subject];
  if (code == 0)
    return;
  ++value_events_;
  const auto& [value, nested] = attribute_values_[code - 1];
  if (!nested.empty())
    ++nested_[code];
  else if (const auto* truth = std::get_if<bool>(&value))
    ++booleans_[*truth];
  else if (const auto* whole = std::get_if<std::int64_t>(&value))
    wholes_.add(static_cast<std::uint64_t>(*whole), 1);
  else if (const auto* number = std::get_if<double>(&value))
    add_number(*number);
  else
    ++texts_[code];
}

void value_tally::add_codes(const packed_integers& codes, std::uint32_t first, std::span<const std::uint8_t> mask) {
  codes.unpack(first, std::span{codes_}.first(mask.size()));
  if (of_.is_attribute()) {
    for (std::size_t i = 0; i < mask.size(); ++i)
      if (mask[i] != 0)
        add_attribute(codes_[i]);
    return;
  }
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const auto taken = static_cast<std::uint32_t>(codes_[i] != 0) & mask[i];
    texts_[codes_[i]] += taken;
    value_events_ += taken;
  }
}

void value_tally::add_times(const packed_integers& times, std::uint32_t first, std::span<const std::uint8_t> mask) {
  times.unpack(first, std::span{times_}.first(mask.size()));
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask[i] != 0) {
      wholes_.add(static_cast<std::uint64_t>(times_[i]), 1);
      ++value_events_;
    }
}

void value_tally::add_ids(const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask) {
  for (std::uint32_t i = 0; i < mask.size(); ++i)
    if (mask[i] != 0) {
      ++value_events_;
      if (auto id = view_.event_id_text(chunk, first + i); search_.fits(id))
        add_id(std::move(id), 1);
    }
}

void value_tally::add_id(std::string id, std::uint64_t count) {
  const auto [at, is_new] = ids_.try_emplace(std::move(id), static_cast<std::uint32_t>(id_counts_.size()));
  if (is_new) {
    id_texts_.push_back(at->first); // nodes of a map stay where they are
    id_counts_.push_back(0);
    constexpr std::size_t id_bytes = 150; // a node of the map, and the two lists
    held_by_ids_ += id_bytes + at->first.size();
  }
  id_counts_[at->second] += count;
}

void value_tally::add_slice(const property_slice& slice, std::uint32_t first, std::span<const std::uint8_t> mask) {
  const auto kind = slice.kind();
  if (kind == value_kind::null || (of_.is_attribute() && kind != value_kind::text)) // only a text names a group
    return;
  entries_.read(slice, first, static_cast<std::uint32_t>(mask.size()));
  if (of_.is_attribute()) {
    for (std::uint32_t i = 0; i < entries_.size(); ++i)
      if (mask[entries_.row(i)] != 0)
        add_attribute(static_cast<std::uint32_t>(entries_.value(i)));
    return;
  }
  if (kind == value_kind::text || kind == value_kind::json) {
    auto& counts = kind == value_kind::text ? texts_ : nested_;
    if (counts.empty())
      counts.resize(std::size_t{view_.keys()[*key_].text_count} + 1);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      const std::uint64_t taken = mask[entries_.row(i)];
      counts[static_cast<std::size_t>(entries_.value(i))] += taken;
      value_events_ += taken;
    }
    return;
  }
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (mask[entries_.row(i)] == 0)
      continue;
    ++value_events_;
    if (kind == value_kind::boolean)
      ++booleans_[entries_.value(i) != 0];
    else if (kind == value_kind::integer)
      wholes_.add(static_cast<std::uint64_t>(entries_.value(i)), 1);
    else
      add_number(std::bit_cast<double>(entries_.value(i)));
  }
}

void value_tally::add_number(double number) {
  if (is_whole_of_64_bits(number))
    wholes_.add(static_cast<std::uint64_t>(static_cast<std::int64_t>(number)), 1);
  else
    fractions_.add(std::bit_cast<std::uint64_t>(number), 1);
}

result<void> value_tally::merge(const value_tally& other) {
  event_count_ += other.event_count_;
  value_events_ += other.value_events_;
  const auto add_counts = [](std::vector<std::uint64_t>& to, const std::vector<std::uint64_t>& from) {
    to.resize(std::max(to.size(), from.size()));
    for (std::size_t i = 0; i < from.size(); ++i)
      to[i] += from[i];
  };
  const auto add_numbers = [](counted_numbers& to, const counted_numbers& from) {
    for (std::size_t i = 0; i < from.size(); ++i)
      to.add(from.number(i), from.count(i));
  };
  add_counts(texts_, other.texts_);
  add_counts(nested_, other.nested_);
  add_numbers(wholes_, other.wholes_);
  add_numbers(fractions_, other.fractions_);
  for (std::size_t i = 0; i < booleans_.size(); ++i)
    booleans_[i] += other.booleans_[i];
  for (const auto& [id, at] : other.ids_)
    add_id(id, other.id_counts_[at]);
  return charge();
}

result<void> value_tally::charge() {
  const auto held = (texts_.capacity() + nested_.capacity()) * sizeof(std::uint64_t) + wholes_.memory_bytes() + fractions_.memory_bytes() + held_by_ids_
                    + (attribute_ == nullptr ? 0 : attribute_values_.size() * sizeof(profile_value) + attribute_->values->memory_bytes());
  return memory_.take(held - std::exchange(charged_, held));
}

std::string_view value_tally::text(const entry& of) const {
  if (of.where == place::ids)
    return id_texts_[of.number];
  if (attribute_ != nullptr)
    return attribute_->values->text(of.number).substr(1); // behind the mark of its kind
  return of_.kind == event_reference::target::field ? view_.dictionary(of_.field).text(of.number) : view_.keys()[*key_].texts->text(of.number);
}

scalar value_tally::value(const entry& of) const {
  switch (of.where) {
  case place::wholes: return is_time() ? scalar{format_timestamp(timestamp{whole(of)})} : scalar{whole(of)};
  case place::fractions: return fraction(of);
  case place::booleans: return of.number != 0;
  default: return std::string{text(of)};
  }
}

catalogue_kind value_tally::kind(const entry& of) const {
  switch (of.where) {
  case place::wholes: return is_time() ? catalogue_kind::time : catalogue_kind::number;
  case place::fractions: return catalogue_kind::number;
  case place::booleans: return catalogue_kind::boolean;
  case place::nested: return catalogue_kind::nested;
  default: return catalogue_kind::text;
  }
}

bool value_tally::is_before(const entry& a, const entry& b) const {
  switch (kind(a)) {
  case catalogue_kind::number: case catalogue_kind::time:
    if (a.where != b.where)
      return a.where == place::wholes ? is_less(whole(a), fraction(b)) : !is_less(whole(b), fraction(a));
    return a.where == place::wholes ? whole(a) < whole(b) : fraction(a) < fraction(b);
  case catalogue_kind::boolean: return a.number < b.number;
  default: return text(a) < text(b);
  }
}

} // namespace dotmac
