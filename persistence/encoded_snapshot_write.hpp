#pragma once

/// What a snapshot_write stores, encoded: made before its transaction begins, so that no lock of the store waits for a compression.

#include "persistence/payload_codec.hpp"
#include "persistence/ports/store.hpp"

namespace dotmac {

struct encoded_segment {
  bytes payload;
  std::vector<bytes> parts;
};

struct encoded_snapshot_write {
  bytes payload;
  std::vector<encoded_segment> segments; ///< in the order of snapshot_write::new_segments
};

inline encoded_snapshot_write encode_snapshot(const snapshot_write& write) {
  encoded_snapshot_write encoded{encode_payload(write.snapshot.payload, payload_wish::readable), {}};
  encoded.segments.reserve(write.new_segments.size());
  for (const auto& segment : write.new_segments) {
    auto& to = encoded.segments.emplace_back();
    to.payload = encode_payload(segment.payload);
    to.parts.reserve(segment.parts.size());
    for (const auto& part : segment.parts)
      to.parts.push_back(encode_payload(part));
  }
  return encoded;
}

} // namespace dotmac
