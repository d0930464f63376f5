#pragma once

/// What commands print: tables aligned by their columns, colours on a terminal only (and not with NO_COLOR set).

#include <cstdint>
#include <string>
#include <vector>

namespace dotmac {

enum class colour { none, green, yellow, red, bold };

bool stdout_is_terminal();
bool stderr_is_terminal();
/// `text` in a colour, where `wanted`.
std::string painted(const std::string& text, colour in, bool wanted);

/// `text` without what would move a terminal's cursor or change its colours: control characters become question marks.
std::string printable(std::string text);

/// Columns two blanks apart; numbers to the right. Width counts characters of UTF-8, not bytes.
class text_table {
public:
  explicit text_table(std::vector<std::string> heads) : heads_{std::move(heads)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text(bool with_colour) const;

private:
  std::vector<std::string> heads_;
  std::vector<std::vector<std::string>> rows_;
};

/// "1234567" as "1,234,567".
std::string with_separators(std::uint64_t number);

} // namespace dotmac
