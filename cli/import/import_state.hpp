#pragma once

/// Where an interrupted import goes on, and the rows that were refused: two small files beside the one that is imported.
///
/// Promise  the state names a line up to which everything was acknowledged or written to the file of refused rows. It is
///          replaced as a whole (written aside, then renamed). Going on from it sends at most the rows after it again, which the
///          node knows by their ids. Refused rows after it are taken back out of their file before going on.
/// Errors   storage_unavailable naming the file.

#include "core/describe/json.hpp"
#include "core/result.hpp"

#include <fstream>
#include <optional>
#include <string>

namespace dotmac {

struct import_counts {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
};

struct import_state {
  std::string file_digest;
  std::string options_digest;
  std::uint64_t confirmed_line = 0;
  import_counts counts;
};

/// None where there is no such file.
result<std::optional<import_state>> read_import_state(const std::string& path);
result<void> write_import_state(const std::string& path, const import_state& state);

/// One line per refused row: {"line", "reason", "row"}.
class rejected_rows {
public:
  explicit rejected_rows(std::string path) : path_{std::move(path)} {}
  /// Keeps what was refused up to `line`, or all of it where this fails; 0 begins anew.
  result<void> keep_up_to(std::uint64_t line);
  result<void> add(std::uint64_t line, const std::string& reason, const std::string& row);
  result<void> flush();

private:
  result<void> open();
  std::string path_;
  std::ofstream file_;
};

/// Of the whole content, as 32 hexadecimal digits (XXH3, 128 bits).
result<std::string> digest_of_file(const std::string& path);
std::string digest_of_text(const std::string& text);

} // namespace dotmac
