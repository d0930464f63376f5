#include "cli/import/row_source.hpp"

#include "cli/json_member.hpp"
#include "cli/option_failure.hpp"
#include "core/utf8.hpp"

#include <algorithm>

namespace dotmac {
namespace {

constexpr const char* not_utf8 = "is no valid UTF-8";

json value_of(const std::string& text) { return text.find_first_not_of(" \t") == text.npos ? json{} : json(text); }

std::string unnamed(std::size_t place) { return "column_" + std::to_string(place + 1); }

/// `name`, or where `taken` has it already, with the first number behind it that makes it new: "price_2".
std::string new_name(const std::string& name, const std::vector<std::string>& taken, const std::vector<std::string>& also_taken) {
  const auto is_taken = [&](const std::string& text) {
    return std::find(taken.begin(), taken.end(), text) != taken.end() || std::find(also_taken.begin(), also_taken.end(), text) != also_taken.end();
  };
  auto text = name;
  for (std::size_t number = 2; is_taken(text); ++number)
    text = name + "_" + std::to_string(number);
  return text;
}

} // namespace

const json* import_row::find(const std::string& column) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& each) { return each.first == column; });
  return found == columns.end() ? nullptr : &found->second;
}

result<row_condition> parse_condition(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0 || text.substr(0, equals) == "!")
    return option_failure("where", "--where " + text + ": must be column=value or column!=value");
  const bool is_equal = text[equals - 1] != '!';
  return row_condition{text.substr(0, equals - (is_equal ? 0 : 1)), text.substr(equals + 1), is_equal};
}

result<join_request> parse_join(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos || colon == 0 || colon + 1 == text.size())
    return option_failure("join", "--join " + text + ": must be FILE:KEY or FILE:KEY=COLUMN");
  const auto key = text.substr(colon + 1);
  const auto equals = key.find('=');
  if (equals == key.npos)
    return join_request{text.substr(0, colon), key, key};
  return join_request{text.substr(0, colon), key.substr(0, equals), key.substr(equals + 1)};
}

result<row_source::joined> row_source::read_join(const join_request& request) {
  std::ifstream file{request.file, std::ios::binary};
  if (!file)
    return failure{error_code::not_found, "the file " + request.file + " cannot be opened", "join"};
  csv_reader reader{file};
  auto head = reader.next();
  if (!head || !head->fault.empty() || !is_valid_utf8(head->raw))
    return option_failure("join", request.file + " has no line of column names");
  joined out;
  out.request = request;
  const auto key = std::find(head->fields.begin(), head->fields.end(), request.key);
  if (key == head->fields.end())
    return option_failure("join", request.file + " has no column " + request.key);
  const auto key_at = key - head->fields.begin();
  for (const auto& each : head->fields)
    out.columns.push_back(each.empty() ? unnamed(out.columns.size()) : each);
  out.columns.erase(out.columns.begin() + key_at);
  for (auto record = reader.next(); record; record = reader.next()) {
    if (record->fault.empty() && !is_valid_utf8(record->raw))
      record->fault = not_utf8;
    if (!record->fault.empty() || record->fields.size() != head->fields.size())
      return option_failure("join", request.file + ", line " + std::to_string(record->line) + ": "
                               + (record->fault.empty() ? "has " + std::to_string(record->fields.size()) + " fields, not " + std::to_string(head->fields.size()) : record->fault));
    if (out.rows.size() >= join_rows_max)
      return option_failure("join", request.file + " has more than join_rows_max = " + std::to_string(join_rows_max) + " rows");
    auto name = record->fields[static_cast<std::size_t>(key_at)];
    record->fields.erase(record->fields.begin() + key_at);
    if (!out.rows.emplace(std::move(name), std::move(record->fields)).second)
      return option_failure("join", request.file + ", line " + std::to_string(record->line) + ": this " + request.key + " was there before");
  }
  return out;
}

result<row_source> row_source::open(source_options options) {
  row_source source{std::move(options)};
  source.file_ = std::make_unique<std::ifstream>(source.options_.file, std::ios::binary);
  if (!*source.file_)
    return failure{error_code::not_found, "the file " + source.options_.file + " cannot be opened", "file"};
  if (source.options_.is_csv) {
    source.csv_ = std::make_unique<csv_reader>(*source.file_, source.options_.separator);
    auto head = source.csv_->next();
    if (!head || !head->fault.empty())
      return option_failure("file", source.options_.file + " has no line of column names");
    if (!is_valid_utf8(head->raw))
      return option_failure("file", "the line of column names of " + source.options_.file + " " + not_utf8);
    if (head->fields.size() > import_columns_max)
      return option_failure("file", source.options_.file + " has " + std::to_string(head->fields.size()) + " columns; the limit is " + std::to_string(import_columns_max));
    for (const auto& each : head->fields)
      source.heads_.push_back(new_name(each.empty() ? unnamed(source.heads_.size()) : each, source.heads_, {}));
  } else {
    source.lines_ = std::make_unique<line_reader>(*source.file_, import_record_bytes_max);
  }
  for (const auto& each : source.options_.joins) {
    auto read = read_join(each);
    if (!read)
      return read.error();
    source.add_join(std::move(*read));
  }
  for (const auto& each : source.options_.joins)
    if (auto known = source.check_column(each.main_column); !known)
      return known.error();
  for (const auto& each : source.options_.conditions)
    if (auto known = source.check_column(each.column); !known)
      return known.error();
  return source;
}

/// Columns that another file has too get a name of their own.
void row_source::add_join(joined read) {
  std::vector<std::string> before = heads_;
  for (const auto& each : joins_)
    before.insert(before.end(), each.columns.begin(), each.columns.end());
  std::vector<std::string> names;
  for (const auto& each : read.columns)
    names.push_back(new_name(each, before, names));
  read.columns = std::move(names);
  joins_.push_back(std::move(read));
}

result<void> row_source::check_column(const std::string& column) const {
  if (!options_.is_csv)
    return {};
  bool known = std::find(heads_.begin(), heads_.end(), column) != heads_.end();
  std::string names;
  for (const auto& each : heads_)
    names += (names.empty() ? "" : ", ") + each.substr(0, 60);
  for (const auto& other : joins_)
    for (const auto& each : other.columns) {
      known = known || each == column;
      names += ", " + each.substr(0, 60);
    }
  return known ? result<void>{} : result<void>{option_failure(column, "there is no column \"" + column + "\"; there are: " + names.substr(0, 2'000))};
}

std::uint64_t row_source::position() const { return csv_ ? csv_->position() : lines_->position(); }

std::optional<import_row> row_source::read_csv_row() {
  auto record = csv_->next();
  if (!record)
    return std::nullopt;
  import_row row{record->line, {}, std::move(record->raw), std::move(record->fault)};
  if (row.fault.empty() && !is_valid_utf8(row.raw))
    row.fault = not_utf8;
  if (row.fault.empty() && record->fields.size() != heads_.size())
    row.fault = "has " + std::to_string(record->fields.size()) + " fields, and the first line names " + std::to_string(heads_.size());
  if (row.fault.empty())
    for (std::size_t i = 0; i < heads_.size(); ++i)
      row.columns.emplace_back(heads_[i], value_of(record->fields[i]));
  return row;
}

std::optional<import_row> row_source::read_line() {
  for (auto line = lines_->next(); line; line = lines_->next()) {
    if (line->text.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    import_row row{line->number, {}, std::move(line->text), {}};
    if (line->is_too_long) {
      row.fault = "longer than " + std::to_string(import_record_bytes_max) + " bytes";
      return row;
    }
    auto document = parse_json(row.raw);
    if (!document)
      row.fault = document.error().message;
    else if (!document->is_object())
      row.fault = "is no JSON object";
    else
      for (auto& [name, value] : document->items())
        row.columns.emplace_back(name, std::move(value));
    return row;
  }
  return std::nullopt;
}

void row_source::join(import_row& row) const {
  for (const auto& other : joins_) {
    const auto* key = row.find(other.request.main_column);
    const auto found = key == nullptr ? other.rows.end() : other.rows.find(text_of(*key));
    for (std::size_t i = 0; i < other.columns.size(); ++i)
      row.columns.emplace_back(other.columns[i], found == other.rows.end() ? json{} : value_of(found->second[i]));
  }
}

bool row_source::fulfils(const import_row& row) const {
  return std::all_of(options_.conditions.begin(), options_.conditions.end(), [&](const row_condition& each) {
    const auto* value = row.find(each.column);
    return ((value == nullptr ? "" : text_of(*value)) == each.value) == each.is_equal;
  });
}

std::optional<import_row> row_source::read_row() { return options_.is_csv ? read_csv_row() : read_line(); }

std::optional<import_row> row_source::next() {
  for (auto row = read_row(); row; row = read_row()) {
    if (!row->fault.empty())
      return row;
    join(*row);
    if (fulfils(*row))
      return row;
    ++left_out_;
  }
  return std::nullopt;
}

} // namespace dotmac
