#pragma once

/// What the terminal shows: lines of styled text, made from the state alone.
///
/// Promise  as many lines as the screen has, none wider than it; no character that would move the cursor.
/// Cost     linear in the lines of the screen, and what listings cost after a change.

#include "cli/console/console_state.hpp"

namespace dotmac::console {

enum class style : std::uint8_t { plain, title, strong, head, sorted_head, selected, dim, good, warning, bad };

struct span_of_text {
  std::string text;
  style in = style::plain;
};
using screen_line = std::vector<span_of_text>;

std::vector<screen_line> draw(const console_state& state);

/// The text of a line without its styles.
std::string text_of_line(const screen_line& line);

} // namespace dotmac::console
