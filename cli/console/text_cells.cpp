#include "cli/console/text_cells.hpp"

#include <algorithm>
#include <clocale>
#include <cwchar>

namespace dotmac::console {
namespace {

/// The C library knows the widths, but only of the thread's locale: this thread has UTF-8 while one of these lives.
class utf8_locale {
public:
  utf8_locale() : before_{::uselocale(known())} {}
  ~utf8_locale() { ::uselocale(before_); }
  utf8_locale(const utf8_locale&) = delete;
  utf8_locale& operator=(const utf8_locale&) = delete;

private:
  static ::locale_t known() {
    static const ::locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return made; // none: the thread keeps its own
  }
  ::locale_t before_;
};

struct letter {
  std::string_view bytes;
  int cells = -1; ///< -1: nothing that may be shown
};

bool turns_direction(wchar_t c) {
  return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/// The first character of `text`, which is not empty.
letter first_of(std::string_view text) {
  if (static_cast<unsigned char>(text[0]) < 0x80)
    return {text.substr(0, 1), text[0] >= ' ' && text[0] != 0x7f ? 1 : -1};
  std::mbstate_t fresh{};
  wchar_t read = 0;
  const auto size = std::mbrtowc(&read, text.data(), text.size(), &fresh);
  if (size == 0 || size > text.size())
    return {text.substr(0, 1), -1};
  return {text.substr(0, size), turns_direction(read) ? -1 : ::wcwidth(read)};
}

/// How many bytes of `text` fit into `cells`.
std::size_t bytes_within(std::string_view text, std::size_t cells) {
  const utf8_locale reading;
  std::size_t bytes = 0;
  std::size_t used = 0;
  while (bytes < text.size()) {
    const auto next = first_of(text.substr(bytes));
    const auto wide = static_cast<std::size_t>(std::max(next.cells, 0));
    if (used + wide > cells)
      break;
    used += wide;
    bytes += next.bytes.size();
  }
  return bytes;
}

/// Cut with a "~" where it is wider than `cells`.
std::string begin_of(std::string_view text, std::size_t cells) {
  if (cells_of(text) <= cells)
    return std::string{text};
  return cells == 0 ? std::string{} : std::string{text.substr(0, bytes_within(text, cells - 1))} + "~";
}

} // namespace

std::string shown_text(std::string_view text) {
  const utf8_locale reading;
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto next = first_of(text);
    out.append(next.cells < 0 ? std::string_view{"?"} : next.bytes);
    text.remove_prefix(next.bytes.size());
  }
  return out;
}

std::size_t cells_of(std::string_view text) {
  const utf8_locale reading;
  std::size_t cells = 0;
  while (!text.empty()) {
    const auto next = first_of(text);
    cells += static_cast<std::size_t>(std::max(next.cells, 0));
    text.remove_prefix(next.bytes.size());
  }
  return cells;
}

std::string to_left(std::string_view text, std::size_t cells) {
  auto out = begin_of(text, cells);
  out.append(cells - cells_of(out), ' ');
  return out;
}

std::string to_right(std::string_view text, std::size_t cells) {
  const auto out = begin_of(text, cells);
  return std::string(cells - cells_of(out), ' ') + out;
}

std::string end_of(std::string_view text, std::size_t cells) {
  auto wide = cells_of(text);
  if (wide <= cells)
    return std::string{text};
  if (cells == 0)
    return {};
  const utf8_locale reading;
  while (wide > cells - 1) {
    const auto next = first_of(text);
    wide -= static_cast<std::size_t>(std::max(next.cells, 0));
    text.remove_prefix(next.bytes.size());
  }
  return "~" + std::string{text};
}

std::vector<std::string> wrapped(std::string_view text, std::size_t cells) {
  cells = std::max<std::size_t>(cells, 2);
  std::vector<std::string> lines;
  while (cells_of(text) > cells) {
    const auto fits = bytes_within(text, cells);
    const auto blank = text.substr(0, fits + 1).rfind(' ');
    const bool is_broken_at_blank = blank != text.npos && blank > 0;
    lines.emplace_back(text.substr(0, is_broken_at_blank ? blank : fits));
    text.remove_prefix(is_broken_at_blank ? blank + 1 : fits);
  }
  lines.emplace_back(text);
  return lines;
}

} // namespace dotmac::console
