#pragma once

/// result_cache in Redis: one connection, made by the first call, and made anew after a failure.
///
/// Promise   A value is read up to the size that a kept answer can have, whatever lies there; what is no answer of ours is corrupt_data.
///           After any failure of a call the connection is given up: a late reply is never taken for that of the next call.
/// Errors    see the port; what Redis itself said is the `cause`.

#include "persistence/open_result_cache.hpp"

#include <cstdint>

namespace dotmac {

struct redis_address {
  std::string host;
  std::uint16_t port = 6379;
  std::string user; ///< empty: Redis' default one
  std::string password;
  std::uint32_t database = 0;
};
result<redis_address> parse_redis_url(const std::string& url);

std::unique_ptr<result_cache> make_redis_result_cache(redis_address address, const result_cache_options& options);

} // namespace dotmac
