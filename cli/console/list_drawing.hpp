#pragma once

/// A list on the screen: heads, rows, and how many of them there are.

#include "cli/console/screen.hpp"

namespace dotmac::console {

inline constexpr std::int64_t old_after_ms = 5'000; ///< figures that nothing came after are called old

/// Heads and as many rows as the screen has room for.
void add_list(std::vector<screen_line>& into, const console_state& state);

/// "120 actors", "first 10,000 of 31,000 actors", "7 of 120 actors match x"; and by what they are sorted.
std::string count_text(const level& of);

} // namespace dotmac::console
