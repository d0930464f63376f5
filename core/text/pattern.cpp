#include "core/text/pattern.hpp"

#include <re2/re2.h>

#include <string>

namespace dotmac {

result<pattern> pattern::compile(std::string_view text) {
  if (text.size() > pattern_size_max)
    return failure{error_code::validation_failed, "a regular expression is longer than pattern_size_max = " + std::to_string(pattern_size_max) + " bytes"};
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(static_cast<std::int64_t>(pattern_memory_max));
  auto compiled = std::make_shared<const re2::RE2>(re2::StringPiece{text.data(), text.size()}, options);
  if (!compiled->ok())
    return failure{error_code::validation_failed, "\"" + std::string{text} + "\" is not a regular expression that can be used: " + compiled->error()};
  return pattern{std::move(compiled)};
}

bool pattern::is_in(std::string_view text) const { return re2::RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, *compiled_); }

} // namespace dotmac
