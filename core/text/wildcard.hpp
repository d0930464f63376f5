#pragma once

/// Patterns in which * stands for any text, also none; everything else stands for itself, byte by byte.
///
/// Threads  pure.
/// Cost     at most pattern size times text size; linear where there is one *.

#include <string_view>

namespace dotmac {

inline bool fits_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = pattern.npos; // the last * passed, which takes what comes until the rest fits
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

} // namespace dotmac
