#pragma once

/// Reads a file line by line (LF or CRLF; a byte order mark at its beginning is passed over).
///
/// Limits   line_bytes_max bytes a line; of a longer one only the first excerpt_bytes are kept, and reading goes on behind it.
/// Cost     one pass; memory of one line and one buffer, whatever the file's size.

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace dotmac {

struct text_line {
  std::uint64_t number = 0; ///< from 1
  std::string text;         ///< without its end
  bool is_too_long = false;
};

class line_reader {
public:
  static constexpr std::size_t excerpt_bytes = 1'000;

  line_reader(std::istream& from, std::size_t line_bytes_max);
  std::optional<text_line> next();
  /// Bytes consumed so far.
  std::uint64_t position() const noexcept { return position_; }

private:
  bool refill();

  std::istream& from_;
  std::size_t limit_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::uint64_t line_ = 0;
  std::uint64_t position_ = 0;
};

} // namespace dotmac
