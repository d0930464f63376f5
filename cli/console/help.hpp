#pragma once

/// What the keys do, and what the columns of a level mean.

#include "cli/console/details.hpp"

namespace dotmac::console {

std::vector<detail_line> help_lines(const level& of, std::size_t cells);

/// For the last line of the screen: the keys of a list, the most needed first.
struct key_hint {
  const char* key;
  const char* does;
};
std::vector<key_hint> hints_of(level_kind kind);

} // namespace dotmac::console
