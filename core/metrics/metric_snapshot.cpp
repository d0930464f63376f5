#include "core/metrics/metric_series.hpp"

#include "core/describe/binary.hpp"

namespace dotmac {
namespace {

struct chunk_row {
  std::uint64_t number = 0;
  std::uint64_t first_row = 0;
  std::uint32_t row_count = 0;
  std::int64_t min_time_ms = 0;
  std::int64_t max_time_ms = 0;
  std::int64_t newest_recorded_ms = 0;
  std::uint32_t text_count = 0;
};

struct metric_image {
  std::uint64_t id_key = 0;
  std::uint64_t next_segment = 1;
  std::vector<chunk_row> chunks;
  std::vector<dimension_map> series;
  std::uint64_t tail_first_row = 0;
  std::string tail; ///< as encode_samples gives it
  std::optional<timestamp> newest;
};

failure damaged(const std::string& what) { return {error_code::corrupt_data, "a metric's snapshot " + what, {}}; }

} // namespace

template <> struct description<chunk_row> {
  using c = chunk_row;
  static constexpr auto fields = std::tuple{
      field{"number", &c::number, "of its segment"}, field{"first_row", &c::first_row, "number of its first sample"},
      field{"row_count", &c::row_count, "samples"}, field{"min_time_ms", &c::min_time_ms, "earliest"},
      field{"max_time_ms", &c::max_time_ms, "latest"}, field{"newest_recorded_ms", &c::newest_recorded_ms, "latest receipt"},
      field{"text_count", &c::text_count, "samples with an id or a context"}};
};
template <> struct description<metric_image> {
  using m = metric_image;
  static constexpr auto fields = std::tuple{
      field{"id_key", &m::id_key, "of derived ids"}, field{"next_segment", &m::next_segment, "number of the next segment"},
      field{"chunks", &m::chunks, "in segments"}, field{"series", &m::series, "by number"},
      field{"tail_first_row", &m::tail_first_row, "number of its first sample"}, field{"tail", &m::tail, "samples in no segment"},
      field{"newest", &m::newest, "latest time"}};
};

metric_snapshot_image metric_snapshot_plan::encode() const {
  metric_snapshot_image image;
  metric_image body;
  body.id_key = view.id_key;
  body.next_segment = next_segment;
  for (const auto& each : *view.chunks) {
    body.chunks.push_back({each.number, each.first_row, each.row_count, each.min_time_ms, each.max_time_ms, each.newest_recorded_ms, each.text_count});
    image.live_segments.push_back(each.number);
    if (each.number >= written_below)
      image.new_segments.push_back({each.number, each.min_time_ms, each.max_time_ms, each.row_count, *each.encoded});
  }
  image.written_below = next_segment;
  for (const auto& each : view.series.span())
    body.series.push_back(*each);
  const auto& tail = view.tail;
  body.tail_first_row = tail.first_row;
  body.tail = encode_samples({tail.series.span(), tail.at.span(), tail.value.span(), tail.recorded_at.span(), tail.texts.span()});
  body.newest = view.newest;
  image.payload = to_bytes(body);
  return image;
}

metric_snapshot_plan metric_series::prepare_snapshot(timestamp now) {
  auto seen = view(now);
  if (seen.first_live_chunk > 0) {
    auto kept = std::make_shared<sample_chunk_list>(chunks_->begin() + static_cast<std::ptrdiff_t>(seen.first_live_chunk), chunks_->end());
    chunk_bytes_ = 0;
    for (const auto& each : *kept)
      chunk_bytes_ += each.encoded->size();
    chunks_ = seen.chunks = std::move(kept);
    seen.first_live_chunk = 0;
  }
  return {std::move(seen), next_segment_, written_below_};
}

void metric_series::remember_ids(const sample_buffers& rows, std::uint64_t first_row) {
  for (const auto& text : rows.texts)
    if (!text.value_id.empty())
      ids_.remember(value_ids::key_of(text.value_id, id_key_),
                    {first_row + text.row, fingerprint(series_hashes_[rows.series[text.row]], rows.at[text.row], rows.recorded_at[text.row],
                                                       rows.value[text.row], text.context)},
                    rows.recorded_at[text.row]);
}

result<void> metric_series::restore_chunk(sample_chunk chunk, const segment_reader& read, sample_chunk_list& into) {
  auto encoded = read(chunk.number);
  if (!encoded)
    return encoded.error();
  sample_buffers rows;
  if (auto decoded = decode_numbers(*encoded, series_.size(), rows); !decoded)
    return decoded;
  if (rows.at.size() != chunk.row_count)
    return damaged("names " + std::to_string(chunk.row_count) + " samples of segment " + std::to_string(chunk.number) + ", which has "
                   + std::to_string(rows.at.size()));
  if (chunk.text_count > 0) {
    if (auto decoded = decode_receipt(*encoded, rows); !decoded)
      return decoded;
    if (auto decoded = decode_texts(*encoded, rows); !decoded)
      return decoded;
    remember_ids(rows, chunk.first_row);
  }
  chunk_bytes_ += encoded->size();
  chunk.encoded = std::make_shared<const bytes>(std::move(*encoded));
  into.push_back(std::move(chunk));
  return {};
}

result<void> metric_series::restore(std::uint32_t version, bytes_view payload, const segment_reader& read) {
  if (version != metric_snapshot_version)
    return failure{error_code::unknown_schema_version, "a metric's snapshot has the unknown version " + std::to_string(version), {}};
  const auto body = from_bytes<metric_image>(payload);
  if (!body)
    return body.error();
  id_key_ = body->id_key;
  for (const auto& each : body->series)
    add_series(each);
  auto chunks = std::make_shared<sample_chunk_list>();
  for (const auto& each : body->chunks)
    if (auto restored = restore_chunk({each.number, each.first_row, each.row_count, each.min_time_ms, each.max_time_ms, each.newest_recorded_ms,
                                       each.text_count, nullptr}, read, *chunks);
        !restored)
      return restored;
  chunks_ = std::move(chunks);
  sample_buffers rows;
  for (const auto& decoded : {decode_numbers(body->tail, series_.size(), rows), decode_receipt(body->tail, rows), decode_texts(body->tail, rows)})
    if (!decoded)
      return decoded;
  if (rows.at.size() != rows.recorded_at.size() || rows.at.size() >= sample_chunk_rows_max)
    return damaged("has a tail of " + std::to_string(rows.at.size()) + " samples");
  tail_.first_row = body->tail_first_row;
  auto text = rows.texts.begin();
  for (std::uint32_t i = 0; i < rows.at.size(); ++i) {
    const bool has_text = text != rows.texts.end() && text->row == i;
    add_row(rows.series[i], rows.at[i], rows.value[i], rows.recorded_at[i], has_text ? &*text : nullptr);
    text += has_text ? 1 : 0;
  }
  newest_ = body->newest;
  next_segment_ = written_below_ = body->next_segment;
  ids_.forget_before(tail_.newest_recorded);
  return {};
}

} // namespace dotmac
