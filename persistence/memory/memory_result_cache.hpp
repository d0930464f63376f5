#pragma once

/// result_cache in memory, for tests: several objects over one memory are the nodes that share it.

#include "persistence/ports/result_cache.hpp"

#include <map>
#include <memory>
#include <mutex>

namespace dotmac {

struct memory_results {
  std::mutex mutex;
  std::map<std::string, bytes> stored; ///< by result_name
};
/// The one of this process.
std::shared_ptr<memory_results> shared_memory_results();

class memory_result_cache final : public result_cache {
public:
  explicit memory_result_cache(std::shared_ptr<memory_results> in) : in_{std::move(in)} {}
  result<std::optional<bytes>> find(bytes_view key) override;
  result<void> keep(bytes_view key, bytes_view answer) override;

private:
  const std::shared_ptr<memory_results> in_;
};

} // namespace dotmac
