#include "persistence/memory/memory_result_cache.hpp"

#include "persistence/result_record.hpp"

namespace dotmac {

std::shared_ptr<memory_results> shared_memory_results() {
  static const auto shared = std::make_shared<memory_results>();
  return shared;
}

result<std::optional<bytes>> memory_result_cache::find(bytes_view key) {
  const std::lock_guard lock{in_->mutex};
  const auto found = in_->stored.find(result_name(key));
  if (found == in_->stored.end())
    return std::optional<bytes>{};
  return decode_result(found->second, key);
}

result<void> memory_result_cache::keep(bytes_view key, bytes_view value) {
  auto encoded = encode_result(key, value);
  if (!encoded)
    return encoded.error();
  const std::lock_guard lock{in_->mutex};
  in_->stored[result_name(key)] = std::move(*encoded);
  return {};
}

} // namespace dotmac
