#pragma once

/// How commands show what a node answered.

#include "cli/commands.hpp"

#include <functional>

namespace dotmac {

/// "-" for nothing; without what would move a terminal's cursor.
std::string shown(const json& value);
std::string shown(const json& of, const char* name);
/// A count with separators; "-" where it is none.
std::string counted(const json& of, const char* name);

/// Prints the answer, as it came or by `show`; 1 where it is an error, or lacks the member by which a node's answer is known.
int finish(const command_context& context, const result<http_answer>& answer, const char* mark, const std::function<void(const json&)>& show);

} // namespace dotmac
