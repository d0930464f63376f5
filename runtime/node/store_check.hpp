#pragma once

/// How the store answered a transaction of its own that a node makes regularly, whatever else goes on.

#include <chrono>
#include <optional>

namespace dotmac {

struct store_check {
  bool is_answered = true;
  std::optional<std::chrono::microseconds> took; ///< none before the first
};

} // namespace dotmac
