#pragma once

/// What an entity's snapshot is made of, and when one that failed is tried again.

#include "persistence/ports/store.hpp"

#include <algorithm>
#include <any>
#include <chrono>
#include <functional>
#include <optional>
#include <vector>

namespace dotmac {

struct encoded_snapshot {
  std::uint32_t version = 1;
  bytes payload;
  std::vector<stored_segment> new_segments;
  std::vector<segment_number> live_segments;
  std::any token; ///< for snapshot_of<Domain>::written
};

/// Specialize with
///   static std::function<encoded_snapshot()> prepare(Domain&)       cheap; the function returned runs on another thread
///   static void written(Domain&, const encoded_snapshot&)           it is stored now
template <class Domain> struct snapshot_of;

struct snapshot_retry_limits {
  std::chrono::milliseconds first{1'000}; ///< doubled with each failure
  std::chrono::milliseconds longest{60'000};
  std::uint32_t attempts_at_stop = 3; ///< of a snapshot whose commit is uncertain
};

/// The next attempt writes the state as it is then. What an uncertain one may have left is dropped by the store itself, because it is newer
/// than snapshot_write::last_readable: nobody has to find out, and segment numbers may be used again.
class snapshot_retry {
public:
  explicit snapshot_retry(snapshot_retry_limits limits) : limits_{limits} {}

  /// How long to wait before the next attempt; nothing: none, because it cannot help, one is waiting already, or the entity stops. A stop
  /// waits for an uncertain commit only; with a store that is away the journal has everything.
  std::optional<std::chrono::milliseconds> wait_after(error_code why, bool is_stopping) {
    if (!describe(why).retryable || waits_)
      return std::nullopt;
    ++failures_;
    if (is_stopping && (why != error_code::commit_uncertain || failures_ >= limits_.attempts_at_stop))
      return std::nullopt;
    waits_ = true;
    return std::min<std::chrono::milliseconds>(limits_.first * (1u << std::min(failures_ - 1, 16u)), limits_.longest);
  }
  void waited() { waits_ = false; }
  void succeeded() { failures_ = 0; }

private:
  snapshot_retry_limits limits_;
  std::uint32_t failures_ = 0; ///< one after the other
  bool waits_ = false;
};

} // namespace dotmac
