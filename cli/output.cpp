#include "cli/output.hpp"

#include <algorithm>
#include <cstdlib>

#include <unistd.h>

namespace dotmac {
namespace {

bool may_paint(int descriptor) {
  const char* refused = std::getenv("NO_COLOR");
  return ::isatty(descriptor) == 1 && (refused == nullptr || *refused == '\0');
}

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.,-+e%") == std::string::npos && text.find_first_of("0123456789") != std::string::npos;
}

} // namespace

bool stdout_is_terminal() { return may_paint(STDOUT_FILENO); }
bool stderr_is_terminal() { return may_paint(STDERR_FILENO); }

std::string painted(const std::string& text, colour in, bool wanted) {
  if (!wanted || in == colour::none)
    return text;
  const char* code = in == colour::green ? "32" : in == colour::yellow ? "33" : in == colour::red ? "31" : "1";
  return std::string{"\033["} + code + "m" + text + "\033[0m";
}

std::string printable(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool is_c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0; // U+0080 to U+009F in UTF-8
    if (is_c1)
      text.erase(i, 1);
    if (is_c1 || c < 0x20 || c == 0x7f)
      text[i] = '?';
  }
  return text;
}

std::string text_table::text(bool with_colour) const {
  std::vector<std::size_t> widths;
  std::vector<bool> right;
  for (std::size_t column = 0; column < heads_.size(); ++column) {
    std::size_t width = width_of(heads_[column]);
    bool numbers = !rows_.empty();
    for (const auto& row : rows_) {
      width = std::max(width, width_of(row[column]));
      numbers = numbers && (row[column] == "-" || is_number(row[column]));
    }
    widths.push_back(width);
    right.push_back(numbers);
  }
  const auto line = [&](const std::vector<std::string>& cells, bool is_head) {
    std::string out;
    for (std::size_t column = 0; column < cells.size(); ++column) {
      const std::string blanks(widths[column] - width_of(cells[column]), ' ');
      const auto cell = is_head ? painted(cells[column], colour::bold, with_colour) : cells[column];
      out += (column == 0 ? "" : "  ") + (right[column] ? blanks + cell : cell + (column + 1 < cells.size() ? blanks : ""));
    }
    return out + "\n";
  };
  std::string out = line(heads_, true);
  for (const auto& row : rows_)
    out += line(row, false);
  return out;
}

std::string with_separators(std::uint64_t number) {
  auto text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

} // namespace dotmac
