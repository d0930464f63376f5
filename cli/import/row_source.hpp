#pragma once

/// The rows of a file, one by one, as columns with values: CSV or NDJSON, joined with a second file, filtered.
///
/// Values   CSV: text; nothing, or nothing but blanks, is null. NDJSON: the members of each line's object, as JSON.
/// Names    a column without a name is "column_3" by its place; one whose name was there before (also in a joined file) "name_2".
/// Join     the columns of the row of the other file (CSV) whose key equals, except the key; where there is none they are null.
/// Limits   import_record_bytes_max a record or line; parsed_depth_max levels of JSON; join_rows_max rows of the other file;
///          import_columns_max columns of a CSV file.
/// Errors   a row that cannot be read has a fault; what makes the whole file useless is an error of `open`.

#include "cli/import/csv_reader.hpp"
#include "cli/import/line_reader.hpp"
#include "core/describe/json.hpp"
#include "core/result.hpp"

#include <fstream>
#include <memory>
#include <unordered_map>

namespace dotmac {

inline constexpr std::size_t join_rows_max = 1'000'000;
inline constexpr std::size_t import_columns_max = 10'000;

struct import_row {
  std::uint64_t line = 0;
  std::vector<std::pair<std::string, json>> columns;
  std::string raw;
  std::string fault;

  const json* find(const std::string& column) const;
};

/// column=value, or column!=value.
struct row_condition {
  std::string column;
  std::string value;
  bool is_equal = true;
};
result<row_condition> parse_condition(const std::string& text);

struct join_request {
  std::string file;
  std::string key;         ///< column of that file
  std::string main_column; ///< column of the main file; mostly the same
};
/// "FILE:KEY" or "FILE:KEY=MAIN_COLUMN".
result<join_request> parse_join(const std::string& text);

struct source_options {
  std::string file;
  bool is_csv = true;
  char separator = ',';
  std::vector<row_condition> conditions;
  std::vector<join_request> joins;
};

class row_source {
public:
  static result<row_source> open(source_options options);
  /// The next row that fulfils the conditions (or has a fault); none at the end.
  std::optional<import_row> next();
  std::uint64_t rows_left_out() const noexcept { return left_out_; }
  std::uint64_t position() const; ///< bytes of the file that were read
  /// Errors   validation_failed where a CSV file has no such column (its own or a joined one).
  result<void> check_column(const std::string& column) const;

private:
  struct joined {
    join_request request;
    std::vector<std::string> columns;
    std::unordered_map<std::string, std::vector<std::string>> rows;
  };
  explicit row_source(source_options options) : options_{std::move(options)} {}
  void add_join(joined read);
  static result<joined> read_join(const join_request& request);
  std::optional<import_row> read_row();
  std::optional<import_row> read_csv_row();
  std::optional<import_row> read_line();
  void join(import_row& row) const;
  bool fulfils(const import_row& row) const;

  source_options options_;
  std::unique_ptr<std::ifstream> file_;
  std::unique_ptr<csv_reader> csv_;
  std::unique_ptr<line_reader> lines_;
  std::vector<std::string> heads_;
  std::vector<joined> joins_;
  std::uint64_t left_out_ = 0;
};

} // namespace dotmac
