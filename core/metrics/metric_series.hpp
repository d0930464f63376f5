#pragma once

/// The journaled state of one metric: decides which values are new, holds them as series of samples, and says what to write down.
///
/// Life     as event_partition: stage -> staged_payload to the journal -> commit_staged once durable, or discard_staged.
///          Recovery: restore, then apply for each later payload.
/// Promise  A value_id is taken once within the dedupe window (by time of receipt). Staged values are in no view before their commit.
///          A value without an id has one derived from its row number and the metric's key; sent back, it is recognized.
///          A value that cannot be taken is refused alone, with the reason.
///          Samples are kept for the retention after their receipt; then they leave in whole chunks.
/// Limits   metric_limits; a value refused for one says so.
/// Errors   corrupt_data, unknown_schema_version for bytes.
/// Threads  one owner; views and snapshot plans may be used by other threads.
/// Cost     a sample in the tail takes 28 bytes, in a chunk what sample_codec gives; sealing a chunk encodes sample_chunk_rows_max rows.

#include "core/metrics/sample_view.hpp"
#include "core/metrics/value_ids.hpp"

#include <map>
#include <unordered_map>

namespace dotmac {

inline constexpr std::uint32_t metric_snapshot_version = 1;
inline constexpr std::uint64_t metric_samples_max = 4'000'000'000;

struct metric_limits {
  std::size_t series_max = metric_series_max;
  std::uint64_t samples_max = metric_samples_max;
  std::int64_t dedupe_window_ms = 30ll * 86'400'000;
  std::int64_t retention_ms = 90ll * 86'400'000;
};

/// Samples as they are journaled.
struct sample_entry {
  std::uint32_t format = 1;
  std::uint64_t id_key = 0;
  std::uint64_t first_row = 0;
  std::vector<dimension_map> new_series; ///< numbered on from those that are known
  std::vector<std::uint32_t> series;
  std::vector<std::int64_t> at;
  std::vector<double> value;
  std::vector<std::int64_t> recorded_at;
  std::vector<sample_text> texts;
};

struct metric_segment {
  std::uint64_t number = 0;
  std::int64_t min_time_ms = 0;
  std::int64_t max_time_ms = 0;
  std::uint64_t row_count = 0;
  bytes payload;
};

struct metric_snapshot_image {
  std::uint32_t version = metric_snapshot_version;
  bytes payload;
  std::vector<metric_segment> new_segments;
  std::vector<std::uint64_t> live_segments;
  std::uint64_t written_below = 1; ///< segments below this number are in the store then
};

/// What is to be written down; independent of the metric from then on.
struct metric_snapshot_plan {
  sample_view view;
  std::uint64_t next_segment = 1;
  std::uint64_t written_below = 1;
  metric_snapshot_image encode() const;
};

class metric_series {
public:
  using segment_reader = std::function<result<bytes>(std::uint64_t)>;

  metric_series(metric_semantics semantics, std::uint64_t id_key, metric_limits limits = {});

  values_recorded stage(const record_values& values);
  bool takes_more_staged() const noexcept { return true; }
  /// Empty when nothing new is staged.
  bytes staged_payload() const;
  void commit_staged();
  void discard_staged();
  result<void> apply(bytes_view payload);
  result<void> restore(std::uint32_t version, bytes_view payload, const segment_reader& read);

  sample_view view(timestamp now) const;
  metric_semantics semantics() const noexcept { return semantics_; }
  std::size_t memory_bytes() const;
  std::uint64_t series_count() const noexcept { return series_numbers_.size(); }
  std::uint64_t next_row() const noexcept { return tail_.first_row + tail_.at.size(); }

  /// Lets go of chunks past retention, then gives what is to be written.
  metric_snapshot_plan prepare_snapshot(timestamp now);
  void snapshot_written(const metric_snapshot_image& image) { written_below_ = image.written_below; }

private:
  struct tail {
    std::uint64_t first_row = 0;
    append_only<std::uint32_t> series;
    append_only<std::int64_t> at;
    append_only<double> value;
    append_only<std::int64_t> recorded_at;
    append_only<sample_text> texts;
    std::int64_t newest_recorded = timestamp_min.milliseconds;
  };
  struct staged_ids_hash {
    std::size_t operator()(const value_ids::key& id) const noexcept { return id.low; }
  };

  std::optional<value_refusal> fault_of(const metric_sample& sample) const;
  std::optional<std::uint32_t> series_for(const dimension_map& dimensions);
  std::optional<known_value> find_known(const metric_sample& sample) const;
  std::optional<std::uint64_t> fingerprint_of_row(std::uint64_t row) const;
  std::uint64_t fingerprint(std::uint64_t series_hash, std::int64_t at, std::int64_t recorded_at, double value, std::string_view context) const;
  std::uint64_t hash_of_series(std::uint32_t series) const;
  void stage_one(const metric_sample& sample, std::uint32_t index, values_recorded& out);
  void take(const sample_entry& entry);
  void add_series(const dimension_map& dimensions);
  void add_row(std::uint32_t series, std::int64_t at, double value, std::int64_t recorded_at, const sample_text* text);
  void seal();
  result<void> restore_chunk(sample_chunk chunk, const segment_reader& read, sample_chunk_list& into);
  void remember_ids(const sample_buffers& rows, std::uint64_t first_row);

  metric_semantics semantics_;
  metric_limits limits_;
  std::uint64_t id_key_;
  std::shared_ptr<const sample_chunk_list> chunks_ = std::make_shared<sample_chunk_list>();
  tail tail_;
  append_only<shared_dimensions> series_;
  std::vector<std::uint64_t> series_hashes_;
  std::unordered_map<std::string, std::uint32_t> series_numbers_; ///< by binary form of the dimensions
  value_ids ids_;
  std::optional<timestamp> newest_;
  std::size_t chunk_bytes_ = 0;
  std::size_t series_bytes_ = 0;
  std::uint64_t next_segment_ = 1;
  std::uint64_t written_below_ = 1;

  sample_entry staged_;
  std::unordered_map<std::string, std::uint32_t> staged_series_;
  std::unordered_map<value_ids::key, known_value, staged_ids_hash> staged_ids_;
};

} // namespace dotmac
