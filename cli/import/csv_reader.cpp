#include "cli/import/csv_reader.hpp"

namespace dotmac {
namespace {

constexpr std::size_t csv_buffer_size = 1u << 16;
constexpr int end_of_file = -1;

} // namespace

csv_reader::csv_reader(std::istream& from, char separator, std::size_t record_bytes_max)
    : from_{from}, separator_{separator}, limit_{record_bytes_max}, buffer_(csv_buffer_size) {
  if (peek() == 0xef) {
    get();
    if (peek() == 0xbb) {
      get();
      if (peek() == 0xbf)
        get();
    }
  }
}

int csv_reader::peek() {
  if (at_ == end_) {
    from_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    end_ = static_cast<std::size_t>(from_.gcount());
    at_ = 0;
    if (end_ == 0)
      return end_of_file;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

int csv_reader::get() {
  const int c = peek();
  if (c == end_of_file)
    return c;
  ++at_;
  ++position_;
  line_ += c == '\n';
  return c;
}

/// After the opening quote; false at the end of the file.
bool csv_reader::read_quoted(csv_record& into, std::string& field) {
  for (int c = get(); c != end_of_file; c = get()) {
    if (into.raw.size() < limit_)
      into.raw.push_back(static_cast<char>(c));
    if (c == '"' && peek() != '"')
      return true;
    if (c == '"' && into.raw.size() < limit_)
      into.raw.push_back(static_cast<char>(get()));
    else if (c == '"')
      get();
    if (into.raw.size() < limit_)
      field.push_back(static_cast<char>(c));
    else
      into.fault = "longer than " + std::to_string(limit_) + " bytes";
  }
  return false;
}

csv_record csv_reader::read_record() {
  csv_record record;
  record.line = line_;
  std::string field;
  bool is_start = true;
  for (int c = get(); c != end_of_file && c != '\n'; c = get()) {
    if (c == '\r' && (peek() == '\n' || peek() == end_of_file))
      continue;
    if (record.raw.size() >= limit_) {
      record.fault = "longer than " + std::to_string(limit_) + " bytes";
      continue;
    }
    record.raw.push_back(static_cast<char>(c));
    if (c == '"' && is_start) {
      if (!read_quoted(record, field))
        record.fault = "a quote is not closed";
    } else if (c == separator_) {
      record.fields.push_back(std::move(field));
      field.clear();
      is_start = true;
      continue;
    } else {
      field.push_back(static_cast<char>(c));
    }
    is_start = false;
  }
  record.fields.push_back(std::move(field));
  return record;
}

std::optional<csv_record> csv_reader::next() {
  while (peek() != end_of_file) {
    auto record = read_record();
    if (!record.raw.empty())
      return record;
  }
  return std::nullopt;
}

} // namespace dotmac
