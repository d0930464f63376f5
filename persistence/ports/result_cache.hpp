#pragma once

/// Answers shared by nodes. What is lost here is computed anew: nothing depends on it.
///
/// Promise   `find` gives what was last kept under the very same key, whole, or nothing.
/// Limits    result_bytes_max of key and answer together; larger ones are refused (payload_too_large), and never read.
/// Errors    storage_unavailable: it does not answer, or not in time. too_many_requests: it answers, but takes nothing more. corrupt_data: what is stored under
///           this key is not what was kept.
/// Threads   one at a time per object; any number of objects, on any number of nodes. Every call blocks.

#include "core/bytes.hpp"
#include "core/result.hpp"

#include <optional>

namespace dotmac {

inline constexpr std::size_t result_bytes_max = 8u << 20;

class result_cache {
public:
  virtual ~result_cache() = default;
  virtual result<std::optional<bytes>> find(bytes_view key) = 0;
  virtual result<void> keep(bytes_view key, bytes_view answer) = 0;
};

} // namespace dotmac
