#pragma once

/// The one place that turns a REDIS_URL into a cache shared by nodes.
///
/// URLs     "redis://host", with a port (else 6379), ":password@" or "user:password@" before the host, percent-encoded where they hold '@', ':', '/' or '%', and "/number" of
///          the database behind it; "memory:" (one for the whole process, for tests).
/// Errors   validation_failed, field REDIS_URL: none of these. Nothing is connected before the first call.
/// Bounds   connecting and every call end within the times given, beside looking up the host's name, which the system bounds.

#include "persistence/ports/result_cache.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace dotmac {

struct result_cache_options {
  std::string url;
  std::chrono::milliseconds connect_timeout{250};
  std::chrono::milliseconds call_timeout{250};
  std::chrono::seconds kept_for{86'400}; ///< so that what nobody asks for again goes by itself
};

result<std::unique_ptr<result_cache>> make_result_cache(const result_cache_options& options);

} // namespace dotmac
