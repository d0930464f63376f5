#include "persistence/open_result_cache.hpp"

#include "persistence/memory/memory_result_cache.hpp"
#include "persistence/redis/redis_result_cache.hpp"

namespace dotmac {

result<std::unique_ptr<result_cache>> make_result_cache(const result_cache_options& options) {
  if (options.url == "memory:")
    return std::unique_ptr<result_cache>{std::make_unique<memory_result_cache>(shared_memory_results())};
  auto address = parse_redis_url(options.url);
  if (!address)
    return address.error();
  return make_redis_result_cache(std::move(*address), options);
}

} // namespace dotmac
