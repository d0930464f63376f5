#include "runtime/node/open_answers.hpp"

#include "core/results/answer_memory.hpp"
#include "persistence/open_result_cache.hpp"

#include <spdlog/spdlog.h>

#include <fstream>
#include <iterator>
#include <random>

namespace dotmac {
namespace {

/// Another build may compute other answers, after a fault was mended for instance: only equal programs share theirs.
bytes name_of_this_program() {
  std::ifstream file{"/proc/self/exe", std::ios::binary};
  const bytes content{std::istreambuf_iterator<char>{file}, {}};
  std::random_device chance;
  return content.empty() ? std::to_string(chance()) + std::to_string(chance()) : to_bytes(hash_answer_key(content));
}

} // namespace

result<std::shared_ptr<answer_cache>> open_answers(const settings& given) {
  const auto bytes_max = static_cast<std::size_t>(given.result_cache_bytes);
  if (given.redis_url.empty() || bytes_max == 0)
    return std::make_shared<answer_cache>(bytes_max);
  result_cache_options options;
  options.url = given.redis_url;
  auto cache = make_result_cache(options);
  if (!cache)
    return cache.error();
  auto shared = std::make_shared<shared_answers>(std::move(*cache), name_of_this_program(), shared_answers_limits{},
                                                 shared_answers::surroundings{shared_answers::clock::now, [](const std::string& line) { spdlog::warn("{}", line); }});
  return std::make_shared<answer_cache>(bytes_max, std::move(shared));
}

} // namespace dotmac
