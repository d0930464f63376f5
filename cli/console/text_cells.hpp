#pragma once

/// Text measured in the cells of a terminal: letters of most scripts take one, those of East Asia two, accents none.
///
/// Promise  what shown_text gives moves no cursor, changes no colour and turns no direction, whoever wrote it.
/// Threads  any.
/// Cost     linear in the text.

#include <string>
#include <string_view>
#include <vector>

namespace dotmac::console {

/// `text` with a question mark for what is no UTF-8, is not printable, or would turn the direction of writing.
std::string shown_text(std::string_view text);

/// Of what shown_text gave.
std::size_t cells_of(std::string_view text);

/// Exactly `cells` wide: filled up with blanks, or cut with a "~" at its end.
std::string to_left(std::string_view text, std::size_t cells);
std::string to_right(std::string_view text, std::size_t cells);

/// At most `cells` wide; what is cut is its begin, with a "~" instead.
std::string end_of(std::string_view text, std::size_t cells);

/// Lines of at most `cells` (at least two), broken at blanks where there are any.
std::vector<std::string> wrapped(std::string_view text, std::size_t cells);

} // namespace dotmac::console
