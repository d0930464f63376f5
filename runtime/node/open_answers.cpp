#include "runtime/node/open_answers.hpp"

#include "core/results/answer_memory.hpp"
#include "persistence/open_result_cache.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace dotmac {
namespace {

/// Another build may compute other answers, after a fault was mended for instance: only equal programs share theirs.
bytes name_of_this_program() {
  constexpr const char* path = "/proc/self/exe";
  std::error_code why;
  const auto size = std::filesystem::file_size(path, why);
  bytes content(why ? 0 : size, '\0'); // at once: byte by byte hundreds of megabytes of an instrumented program take half a minute
  std::ifstream file{path, std::ios::binary};
  std::random_device chance;
  return why || !file.read(content.data(), static_cast<std::streamsize>(content.size())) ? std::to_string(chance()) + std::to_string(chance()) : to_bytes(hash_answer_key(content));
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
