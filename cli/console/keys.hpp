#pragma once

/// What a person pressed, and the instant at which something came in.

#include <cstdint>
#include <string>

namespace dotmac::console {

enum class key : std::uint8_t { character, enter, escape, backspace, up, down, left, right, page_up, page_down, home, end, other };

struct key_press {
  key what = key::other;
  std::string text = {}; ///< of a character, in UTF-8
};

struct moment {
  std::int64_t steady_ms = 0; ///< never set back
  std::int64_t wall_ms = 0;   ///< since 1970
};

struct screen_size {
  std::size_t columns = 80, lines = 24;
};

} // namespace dotmac::console
