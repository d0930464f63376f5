#pragma once

/// How rows of sizes become snapshot_store::segment_sizes, the same for every vendor that has rows.

#include "persistence/ports/store.hpp"

namespace dotmac {

/// `part` below zero: the segment's own payload.
inline void note_size(snapshot_store::segment_sizes& to, std::int64_t part, std::int64_t stored_bytes) {
  if (part < 0) {
    to.payload_bytes = static_cast<std::uint64_t>(stored_bytes);
    return;
  }
  const auto at = static_cast<std::size_t>(part);
  if (at >= segment_parts_max)
    return; // no snapshot wrote it
  if (to.part_bytes.size() <= at)
    to.part_bytes.resize(at + 1);
  to.part_bytes[at] = static_cast<std::uint64_t>(stored_bytes);
}

} // namespace dotmac
