#include "core/events/event_answers.hpp"
#include "core/events/parallel_scan.hpp"
#include "core/events/profiles/profile_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <memory>

namespace dotmac {

result<std::uint64_t> scan_events(const event_view& view, const filter_plan& plan, timestamp start, timestamp end, const stop_check& stop,
                                  const std::function<result<void>(const event_chunk&, std::uint32_t, std::span<const std::uint8_t>)>& visit) {
  std::array<std::uint8_t, scan_rows> holder;
  std::array<std::int64_t, scan_rows> times;
  std::uint64_t scanned = 0;
  for (const auto& place : view.chunks()) {
    if (place.max_at < start.milliseconds || place.min_at >= end.milliseconds)
      continue;
    const auto chunk = place.open();
    const bool all_inside = chunk.min_at >= start.milliseconds && chunk.max_at < end.milliseconds;
    for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
      if (stop && stop())
        return failure{error_code::cancelled, "the question was cancelled"};
      const std::uint32_t count = std::min(scan_rows, chunk.rows - first);
      const std::span<std::uint8_t> mask = std::span{holder}.first(count);
      plan.evaluate(view, chunk, first, mask);
      if (!all_inside) {
        chunk.at().unpack(first, std::span{times}.first(count));
        for (std::uint32_t i = 0; i < count; ++i)
          mask[i] &= static_cast<std::uint8_t>(times[i] >= start.milliseconds && times[i] < end.milliseconds);
      }
      scanned += count;
      const result<void> visited = visit(chunk, first, mask);
      if (chunk.why_incomplete())
        return *chunk.why_incomplete();
      if (!visited)
        return visited.error();
    }
  }
  return scanned;
}

namespace {

scalar number_or_whole(double number) {
  const bool is_whole = number == std::trunc(number) && number >= -9223372036854775808.0 && number < 9223372036854775808.0;
  return is_whole ? scalar{static_cast<std::int64_t>(number)} : scalar{number};
}

} // namespace

scalar dimension_value(const attribute_column& of, std::uint32_t value) {
  auto held = profile_value_of(of.values->text(value));
  if (!held.json.empty())
    return std::move(held.json);
  const auto* number = std::get_if<double>(&held.value);
  return number == nullptr ? std::move(held.value) : number_or_whole(*number);
}

scalar dimension_value(const event_view& view, const event_chunk& chunk, std::uint32_t at, const event_reference& of) {
  if (of.is_attribute()) {
    const auto* table = view.profiles() == nullptr ? nullptr : view.profiles()->find(*subject_of(of));
    const auto* column = table == nullptr ? nullptr : table->find(of.attribute);
    if (column == nullptr)
      return {};
    std::uint32_t subject = 0;
    if (of.kind == event_reference::target::field)
      subject = static_cast<std::uint32_t>(chunk.codes(of.field)[at]);
    else if (const auto key = view.find_key(of.scope, of.key))
      for (const property_slice& slice : chunk.slices_of(*key))
        if (const auto position = slice.kind() == value_kind::text ? slice.position_of(at) : std::nullopt)
          subject = static_cast<std::uint32_t>(slice.values[*position]);
    const auto value = column->codes[subject];
    return value == 0 ? scalar{} : dimension_value(*column, value);
  }
  if (of.kind == event_reference::target::timestamp)
    return format_timestamp(timestamp{chunk.at()[at]});
  if (of.kind == event_reference::target::received_at)
    return format_timestamp(timestamp{chunk.received_at()[at]});
  if (of.kind == event_reference::target::field) {
    if (of.field == event_field::event_id)
      return view.event_id_text(chunk, at);
    const auto code = static_cast<std::uint32_t>(chunk.codes(of.field)[at]);
    return code == 0 ? scalar{} : scalar{std::string{view.dictionary(of.field).text(code)}};
  }
  const auto key = view.find_key(of.scope, of.key);
  if (!key)
    return {};
  for (const property_slice& slice : chunk.slices_of(*key)) {
    const auto position = slice.position_of(at);
    if (!position || slice.kind() == value_kind::null)
      continue;
    const std::int64_t value = slice.values[*position];
    if (slice.kind() == value_kind::integer)
      return value;
    if (slice.kind() == value_kind::boolean)
      return value != 0;
    if (slice.kind() != value_kind::number)
      return std::string{view.keys()[*key].texts->text(static_cast<std::uint32_t>(value))};
    return number_or_whole(std::bit_cast<double>(value));
  }
  return {};
}

result<scalar> dimension_value(const event_view& view, std::uint64_t place, const event_reference& of) {
  const auto chunk = view.chunk_of(place);
  auto value = dimension_value(view, chunk, static_cast<std::uint32_t>(place % event_chunk_rows), of);
  if (chunk.why_incomplete())
    return *chunk.why_incomplete();
  return value;
}

namespace {

/// Counts pairs of codes: in a table where the codes leave room for one, else in a map.
class kind_counter {
public:
  kind_counter(std::uint64_t types, std::uint64_t names) : names_{names}, dense_(names <= dense_max / types ? types * names : 0) {}

  void add(std::uint64_t type, std::uint64_t name) {
    const auto at = type * names_ + name;
    dense_.empty() ? ++sparse_[at] : ++dense_[at];
  }
  void add(const kind_counter& other) {
    for (std::size_t at = 0; at < dense_.size(); ++at)
      dense_[at] += other.dense_[at];
    for (const auto& [at, count] : other.sparse_)
      sparse_[at] += count;
  }
  template <class Visitor> void visit(Visitor&& visitor) const {
    const auto tell = [&](std::uint64_t at, std::uint64_t count) { visitor(static_cast<std::uint32_t>(at / names_), static_cast<std::uint32_t>(at % names_), count); };
    for (std::size_t at = 0; at < dense_.size(); ++at)
      if (dense_[at] > 0)
        tell(at, dense_[at]);
    for (const auto& [at, count] : sparse_)
      tell(at, count);
  }

private:
  static constexpr std::uint64_t dense_max = 1u << 20; ///< counters: 8 MiB
  const std::uint64_t names_;
  std::vector<std::uint64_t> dense_;
  std::map<std::uint64_t, std::uint64_t> sparse_;
};

/// What one thread sees of all events.
class summary_part {
public:
  explicit summary_part(const event_view& view)
      : kinds_{view.dictionary_size(event_field::event_type) + 1, view.dictionary_size(event_field::event_name) + 1},
        users_(view.profiles() == nullptr && view.event_count() == view.row_count() ? 0 : std::size_t{view.dictionary_size(event_field::user_id)} + 1) {}

  result<void> add(const event_chunk& chunk, const scan_context& context) {
    for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
      if (context.is_stopped())
        return question_cancelled();
      const auto count = std::min(scan_rows, chunk.rows - first);
      chunk.codes(event_field::event_type).unpack(first, std::span{types_}.first(count));
      chunk.codes(event_field::event_name).unpack(first, std::span{names_}.first(count));
      for (std::uint32_t i = 0; i < count; ++i)
        kinds_.add(types_[i], names_[i]);
      if (users_.empty())
        continue;
      chunk.codes(event_field::user_id).unpack(first, std::span{names_}.first(count));
      for (std::uint32_t i = 0; i < count; ++i)
        users_[names_[i]] = 1;
    }
    return {};
  }
  void merge(const summary_part& other) {
    kinds_.add(other.kinds_);
    for (std::size_t user = 0; user < users_.size(); ++user)
      users_[user] |= other.users_[user];
  }
  /// Where no id was merged or told of without events, and no event was removed, the dictionary has one for each user.
  std::uint64_t user_count(const event_view& view) const {
    return users_.empty() ? view.dictionary_size(event_field::user_id) : static_cast<std::uint64_t>(std::count(users_.begin() + 1, users_.end(), 1));
  }
  const kind_counter& kinds() const noexcept { return kinds_; }

private:
  kind_counter kinds_;
  std::vector<std::uint8_t> users_; ///< by code, where the dictionary does not tell: whether an event is his
  std::array<std::uint32_t, scan_rows> types_;
  std::array<std::uint32_t, scan_rows> names_;
};

} // namespace

result<event_summary> answer(const event_view& view, const summarize_events&, const scan_context& context) {
  std::vector<std::unique_ptr<summary_part>> parts(context.width());
  const auto scanned = scan_chunks(view, {}, context, [&](std::size_t worker, const event_chunk& chunk) {
    if (parts[worker] == nullptr)
      parts[worker] = std::make_unique<summary_part>(view);
    return parts[worker]->add(chunk, context);
  });
  if (!scanned)
    return scanned.error();
  const auto whole = std::make_unique<summary_part>(view);
  for (const auto& each : parts)
    if (each)
      whole->merge(*each);
  event_summary out;
  out.event_count = view.event_count();
  out.user_count = whole->user_count(view);
  out.memory_bytes = view.memory_bytes();
  out.last_event = view.newest();
  for (const auto& place : view.chunks())
    if (place.rows > 0 && (!out.first_event || place.min_at < out.first_event->milliseconds))
      out.first_event = timestamp{place.min_at};
  whole->kinds().visit([&](std::uint32_t type, std::uint32_t name, std::uint64_t count) {
    out.kinds.push_back({std::string{view.dictionary(event_field::event_type).text(type)}, std::string{view.dictionary(event_field::event_name).text(name)}, count});
  });
  std::stable_sort(out.kinds.begin(), out.kinds.end(),
                   [](const event_kind_count& a, const event_kind_count& b) { return a.count > b.count; });
  if (out.kinds.size() > event_kinds_told_max)
    out.kinds.resize(event_kinds_told_max);
  return out;
}

} // namespace dotmac
