#pragma once

/// Reads CSV record by record (RFC 4180: quotes, doubled quotes, line breaks within quotes; lines end with LF or CRLF; a byte order
/// mark is passed over).
///
/// Limits   record_bytes_max bytes a record; a longer one is a fault, and reading goes on behind it.
/// Errors   a record's fault says what is wrong with it; the next one can be read.
/// Cost     one pass; memory of one record and one buffer, whatever the file's size.

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t import_record_bytes_max = 1u << 20;

struct csv_record {
  std::uint64_t line = 0; ///< where it begins, from 1
  std::vector<std::string> fields;
  std::string raw;
  std::string fault; ///< empty: none
};

class csv_reader {
public:
  explicit csv_reader(std::istream& from, char separator = ',', std::size_t record_bytes_max = import_record_bytes_max);
  /// The next record, empty lines passed over; none at the end.
  std::optional<csv_record> next();
  /// Bytes consumed so far.
  std::uint64_t position() const noexcept { return position_; }

private:
  int get();
  int peek();
  bool read_quoted(csv_record& into, std::string& field);
  csv_record read_record();

  std::istream& from_;
  char separator_;
  std::size_t limit_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t position_ = 0;
};

} // namespace dotmac
