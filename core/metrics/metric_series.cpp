#include "core/metrics/metric_series.hpp"

#include "core/describe/binary.hpp"
#include "core/events/event_uuid.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <cmath>

namespace dotmac {

template <> struct description<sample_entry> {
  using e = sample_entry;
  static constexpr auto fields = std::tuple{
      field{"format", &e::format, "of what follows"}, field{"id_key", &e::id_key, "of derived ids"},
      field{"first_row", &e::first_row, "number of the first sample"}, field{"new_series", &e::new_series, "seen for the first time"},
      field{"series", &e::series, "per sample"}, field{"at", &e::at, "per sample"}, field{"value", &e::value, "per sample"},
      field{"recorded_at", &e::recorded_at, "per sample"}, field{"texts", &e::texts, "of few samples"}};
};

namespace {

constexpr std::uint32_t entry_format = 1;

std::string key_of(const dimension_map& dimensions) { return to_bytes(dimensions); }

failure corrupt(const std::string& what) { return {error_code::corrupt_data, "a metric's journal entry " + what, {}}; }

} // namespace

metric_series::metric_series(metric_semantics semantics, std::uint64_t id_key, metric_limits limits)
    : semantics_{semantics}, limits_{limits}, id_key_{id_key}, ids_{limits.dedupe_window_ms} {}

// -- deciding ----------------------------------------------------------------------------------------------------------------

std::optional<value_refusal> metric_series::fault_of(const metric_sample& sample) const {
  if (!std::isfinite(sample.value))
    return value_refusal{0, "value", "must be a finite number"};
  if (sample.value < 0 && !allows_negative(semantics_.type))
    return value_refusal{0, "value", "a " + std::string{name_of(semantics_.type)} + " takes no negative number"};
  if (sample.dimensions.size() > metric_dimensions_max)
    return value_refusal{0, "dimensions", "more than " + std::to_string(metric_dimensions_max) + " dimensions"};
  if (next_row() + staged_.at.size() >= limits_.samples_max)
    return value_refusal{0, "metric_id", "the metric holds metric_samples_max = " + std::to_string(limits_.samples_max) + " samples"};
  return std::nullopt;
}

std::optional<std::uint32_t> metric_series::series_for(const dimension_map& dimensions) {
  auto key = key_of(dimensions);
  if (const auto known = series_numbers_.find(key); known != series_numbers_.end())
    return known->second;
  if (const auto staged = staged_series_.find(key); staged != staged_series_.end())
    return staged->second;
  const auto number = series_.size() + staged_.new_series.size();
  if (number >= limits_.series_max)
    return std::nullopt;
  staged_series_.emplace(std::move(key), static_cast<std::uint32_t>(number));
  staged_.new_series.push_back(dimensions);
  return static_cast<std::uint32_t>(number);
}

std::uint64_t metric_series::hash_of_series(std::uint32_t series) const {
  if (series < series_hashes_.size())
    return series_hashes_[series];
  const auto key = key_of(staged_.new_series[series - series_.size()]);
  return XXH3_64bits_withSeed(key.data(), key.size(), id_key_);
}

/// A time that the server gave (the time of receipt) is no content: the same value sent again gets another one.
std::uint64_t metric_series::fingerprint(std::uint64_t series_hash, std::int64_t at, std::int64_t recorded_at, double value,
                                         std::string_view context) const {
  const std::uint64_t parts[] = {series_hash, at == recorded_at ? 1u : 0u, at == recorded_at ? 0u : static_cast<std::uint64_t>(at),
                                 std::bit_cast<std::uint64_t>(value), XXH3_64bits_withSeed(context.data(), context.size(), id_key_)};
  return XXH3_64bits_withSeed(parts, sizeof parts, id_key_);
}

std::optional<std::uint64_t> metric_series::fingerprint_of_row(std::uint64_t row) const {
  const auto context_of = [](std::span<const sample_text> texts, std::uint64_t within) {
    for (const auto& each : texts)
      if (each.row == within)
        return std::string_view{each.context};
    return std::string_view{};
  };
  if (row >= tail_.first_row) {
    const auto i = row - tail_.first_row;
    if (i >= tail_.at.size())
      return std::nullopt;
    return fingerprint(series_hashes_[tail_.series[i]], tail_.at[i], tail_.recorded_at[i], tail_.value[i], context_of(tail_.texts.span(), i));
  }
  for (const auto& chunk : *chunks_) {
    if (row < chunk.first_row || row >= chunk.first_row + chunk.row_count)
      continue;
    sample_buffers rows;
    if (!decode_numbers(*chunk.encoded, series_.size(), rows) || !decode_receipt(*chunk.encoded, rows) || !decode_texts(*chunk.encoded, rows))
      return std::nullopt;
    const auto i = row - chunk.first_row;
    return fingerprint(series_hashes_[rows.series[i]], rows.at[i], rows.recorded_at[i], rows.value[i], context_of(rows.texts, i));
  }
  return std::nullopt;
}

std::optional<known_value> metric_series::find_known(const metric_sample& sample) const {
  const auto key = value_ids::key_of(sample.value_id, id_key_);
  if (auto known = ids_.find(key))
    return known;
  if (const auto staged = staged_ids_.find(key); staged != staged_ids_.end())
    return staged->second;
  const auto uuid = parse_uuid(sample.value_id);
  const auto row = uuid ? row_of_derived_id(*uuid, id_key_) : std::nullopt;
  if (!row)
    return std::nullopt;
  if (const auto content = fingerprint_of_row(*row))
    return known_value{*row, *content};
  return std::nullopt;
}

void metric_series::stage_one(const metric_sample& sample, std::uint32_t index, values_recorded& out) {
  const auto refuse = [&](value_refusal why) {
    why.index = index;
    out.outcomes.push_back(value_outcome::refused);
    out.value_ids.emplace_back();
    out.refusals.push_back(std::move(why));
  };
  if (auto fault = fault_of(sample))
    return refuse(*std::move(fault));
  const bool has_id = !sample.value_id.empty();
  const auto known = has_id ? find_known(sample) : std::nullopt;
  const auto series = series_for(sample.dimensions);
  if (!series && !known)
    return refuse({0, "dimensions", "the metric has metric_series_max = " + std::to_string(limits_.series_max) + " combinations of dimensions"});
  const auto content = series ? fingerprint(hash_of_series(*series), sample.at.milliseconds, sample.recorded_at.milliseconds, sample.value, sample.context) : 0;
  if (known) {
    out.outcomes.push_back(series && content == known->fingerprint ? value_outcome::duplicate : value_outcome::conflicting);
    out.value_ids.push_back(sample.value_id);
    return;
  }
  const auto row = next_row() + staged_.at.size();
  if (has_id)
    staged_ids_.emplace(value_ids::key_of(sample.value_id, id_key_), known_value{row, content});
  if (has_id || !sample.context.empty())
    staged_.texts.push_back({static_cast<std::uint32_t>(staged_.at.size()), sample.value_id, sample.context});
  staged_.series.push_back(*series);
  staged_.at.push_back(sample.at.milliseconds);
  staged_.value.push_back(sample.value);
  staged_.recorded_at.push_back(sample.recorded_at.milliseconds);
  out.outcomes.push_back(value_outcome::recorded);
  out.value_ids.push_back(has_id ? sample.value_id : format_uuid(derive_event_id(row, id_key_)));
}

values_recorded metric_series::stage(const record_values& values) {
  values_recorded out;
  out.outcomes.reserve(values.values.size());
  out.value_ids.reserve(values.values.size());
  for (std::size_t i = 0; i < values.values.size(); ++i)
    stage_one(values.values[i], static_cast<std::uint32_t>(i), out);
  return out;
}

bytes metric_series::staged_payload() const {
  if (staged_.at.empty())
    return {};
  auto entry = staged_;
  entry.format = entry_format;
  entry.id_key = id_key_;
  entry.first_row = next_row();
  return to_bytes(entry);
}

void metric_series::discard_staged() {
  staged_ = {};
  staged_series_.clear();
  staged_ids_.clear();
}

void metric_series::commit_staged() {
  const auto entry = std::move(staged_);
  discard_staged();
  if (!entry.at.empty()) // a duplicate's new combination of dimensions is no series
    take(entry);
}

result<void> metric_series::apply(bytes_view payload) {
  const auto entry = from_bytes<sample_entry>(payload);
  if (!entry)
    return entry.error();
  if (entry->format != entry_format)
    return corrupt("has the unknown format " + std::to_string(entry->format));
  const auto rows = entry->at.size();
  if (entry->series.size() != rows || entry->value.size() != rows || entry->recorded_at.size() != rows)
    return corrupt("has columns of different lengths");
  if (entry->first_row != next_row())
    return corrupt("begins at row " + std::to_string(entry->first_row) + " and not at " + std::to_string(next_row()));
  for (const auto each : entry->series)
    if (each >= series_.size() + entry->new_series.size())
      return corrupt("names an unknown series");
  for (std::size_t i = 0; i < entry->texts.size(); ++i)
    if (entry->texts[i].row >= rows || (i > 0 && entry->texts[i].row <= entry->texts[i - 1].row))
      return corrupt("has texts of unknown rows");
  id_key_ = next_row() == 0 ? entry->id_key : id_key_;
  take(*entry);
  return {};
}

// -- holding -----------------------------------------------------------------------------------------------------------------

void metric_series::add_series(const dimension_map& dimensions) {
  auto key = key_of(dimensions);
  series_bytes_ += 3 * key.size() + 64;
  series_hashes_.push_back(XXH3_64bits_withSeed(key.data(), key.size(), id_key_));
  series_numbers_.emplace(std::move(key), static_cast<std::uint32_t>(series_.size()));
  series_.push_back(std::make_shared<const dimension_map>(dimensions));
}

void metric_series::take(const sample_entry& entry) {
  for (const auto& each : entry.new_series)
    add_series(each);
  auto text = entry.texts.begin();
  for (std::uint32_t i = 0; i < entry.at.size(); ++i) {
    const bool has_text = text != entry.texts.end() && text->row == i;
    add_row(entry.series[i], entry.at[i], entry.value[i], entry.recorded_at[i], has_text ? &*text : nullptr);
    text += has_text ? 1 : 0;
  }
  ids_.forget_before(tail_.newest_recorded);
}

void metric_series::add_row(std::uint32_t series, std::int64_t at, double value, std::int64_t recorded_at, const sample_text* text) {
  if (text != nullptr) {
    tail_.texts.push_back({static_cast<std::uint32_t>(tail_.at.size()), text->value_id, text->context});
    if (!text->value_id.empty())
      ids_.remember(value_ids::key_of(text->value_id, id_key_),
                    {next_row(), fingerprint(series_hashes_[series], at, recorded_at, value, text->context)}, recorded_at);
  }
  tail_.series.push_back(series);
  tail_.at.push_back(at);
  tail_.value.push_back(value);
  tail_.recorded_at.push_back(recorded_at);
  tail_.newest_recorded = std::max(tail_.newest_recorded, recorded_at);
  newest_ = newest_ ? std::max(*newest_, timestamp{at}) : timestamp{at};
  if (tail_.at.size() == sample_chunk_rows_max)
    seal();
}

void metric_series::seal() {
  sample_chunk chunk;
  chunk.number = next_segment_++;
  chunk.first_row = tail_.first_row;
  chunk.row_count = static_cast<std::uint32_t>(tail_.at.size());
  const auto [min, max] = std::minmax_element(tail_.at.span().begin(), tail_.at.span().end());
  chunk.min_time_ms = *min;
  chunk.max_time_ms = *max;
  chunk.newest_recorded_ms = *std::max_element(tail_.recorded_at.span().begin(), tail_.recorded_at.span().end());
  chunk.text_count = static_cast<std::uint32_t>(tail_.texts.size());
  chunk.encoded = std::make_shared<const bytes>(
      encode_samples({tail_.series.span(), tail_.at.span(), tail_.value.span(), tail_.recorded_at.span(), tail_.texts.span()}));
  chunk_bytes_ += chunk.encoded->size();
  auto chunks = std::make_shared<sample_chunk_list>(*chunks_);
  chunks->push_back(std::move(chunk));
  chunks_ = std::move(chunks);
  tail next;
  next.first_row = next_row();
  next.newest_recorded = tail_.newest_recorded;
  tail_ = std::move(next);
}

sample_view metric_series::view(timestamp now) const {
  const auto cutoff = now.milliseconds - limits_.retention_ms;
  sample_view out;
  out.chunks = chunks_;
  while (out.first_live_chunk < chunks_->size() && (*chunks_)[out.first_live_chunk].newest_recorded_ms < cutoff)
    ++out.first_live_chunk;
  out.tail = {tail_.first_row, tail_.series.view(), tail_.at.view(), tail_.value.view(), tail_.recorded_at.view(), tail_.texts.view(), 0};
  const auto recorded = tail_.recorded_at.span();
  out.tail.first_live = static_cast<std::size_t>(std::partition_point(recorded.begin(), recorded.end(), [&](auto each) { return each < cutoff; })
                                                 - recorded.begin());
  out.series = series_.view();
  out.semantics = semantics_;
  out.id_key = id_key_;
  out.newest = newest_;
  return out;
}

std::size_t metric_series::memory_bytes() const {
  return chunk_bytes_ + tail_.series.memory_bytes() + tail_.at.memory_bytes() + tail_.value.memory_bytes() + tail_.recorded_at.memory_bytes()
         + tail_.texts.memory_bytes() + series_bytes_ + ids_.memory_bytes();
}

} // namespace dotmac
