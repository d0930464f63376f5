#pragma once

/// One line a request, for who wants them: name=value pairs that a log collector splits at blanks (no value holds one).
///
/// Promise   Lines are written by a thread of the log: an I/O thread never waits for it. What LOG_ACCESS=failures leaves out costs one
///           comparison.
/// Limits    waiting_lines_max lines wait; when they are full the oldest go, and their number is told. failure_lines_per_second.
/// Threads   any.

#include "api/http_server.hpp"

#include <functional>
#include <string>

namespace dotmac {

inline constexpr std::size_t waiting_lines_max = 8'192;
inline constexpr std::size_t failure_lines_per_second = 50;

/// `which`: none, failures or all (the setting LOG_ACCESS). Empty for none.
std::function<void(const access_record&)> make_access_log(const std::string& which);

} // namespace dotmac
