#pragma once

/// What is wrong with an option of a command, or with the file that it names.

#include "core/result.hpp"

#include <string>

namespace dotmac {

inline failure option_failure(const std::string& option, const std::string& why) { return {error_code::validation_failed, why, option}; }

} // namespace dotmac
