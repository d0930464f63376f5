#pragma once

/// event_partition in the form that journaled_entity runs.

#include "core/events/event_partition.hpp"
#include "runtime/actor/journaled_entity.hpp"

#include <optional>

namespace dotmac {

class event_domain {
public:
  using segment_reader = std::function<result<bytes>(segment_number)>;

  /// `on_snapshot` is called when one was written, on the owner's thread.
  event_domain(std::uint64_t key, std::int64_t dedupe_window_milliseconds, std::shared_ptr<segment_source> source, std::function<void()> on_snapshot = {})
      : window_{dedupe_window_milliseconds}, source_{std::move(source)}, partition_{key, dedupe_window_milliseconds, source_}, on_snapshot_{std::move(on_snapshot)} {}

  result<void> restore(std::uint32_t version, bytes_view payload, const segment_reader& read) {
    auto restored = event_partition::restore(version, payload, read, source_, window_, with_damaged_ids_);
    if (!restored)
      return restored.error();
    partition_ = std::move(*restored);
    return {};
  }
  /// See runtime/actor/recovery.hpp.
  void answer_at_least() noexcept { with_damaged_ids_ = damaged_ids::refuse_events; }
  result<void> apply(bytes_view payload) { return partition_.apply(payload); }
  bytes staged_payload() const { return partition_.staged_payload(); }
  void commit_staged() { partition_.commit_staged(); }
  void discard_staged() { partition_.discard_staged(); }
  bool takes_more_staged() const noexcept { return partition_.takes_more_staged(); }
  bool wants_snapshot() const noexcept { return partition_.wants_snapshot(); }

  std::size_t memory_bytes() const { return partition_.memory_bytes(); }
  event_partition& partition() noexcept { return partition_; }
  void snapshot_written(const event_snapshot_image& image) {
    partition_.snapshot_written(image);
    if (on_snapshot_)
      on_snapshot_();
  }
  const std::shared_ptr<segment_source>& source() const noexcept { return source_; }

private:
  std::int64_t window_;
  std::shared_ptr<segment_source> source_;
  damaged_ids with_damaged_ids_ = damaged_ids::fail;
  event_partition partition_;
  std::function<void()> on_snapshot_;
};

/// For administrators. Linear in the stored segments.
state_summary summary_of(event_domain& domain);

template <> struct snapshot_of<event_domain> {
  static std::function<encoded_snapshot()> prepare(event_domain& domain);
  static void written(event_domain& domain, const encoded_snapshot& snapshot);
};

} // namespace dotmac
