#include "api/list_page.hpp"

#include <charconv>

namespace dotmac {
namespace {

template <class Number> bool read_whole(std::string_view digits, Number& into) {
  const auto [end, why] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
  return why == std::errc{} && end == digits.data() + digits.size();
}

} // namespace

std::string cursor_after(cursor_kind kind, const event_position& last) {
  return static_cast<char>(kind) + std::to_string(last.at.milliseconds) + "." + std::to_string(last.row);
}

std::optional<event_position> position_of_cursor(cursor_kind kind, std::string_view cursor) {
  const auto point = cursor.find('.');
  if (cursor.empty() || cursor.front() != static_cast<char>(kind) || point == cursor.npos)
    return std::nullopt;
  event_position position;
  if (!read_whole(cursor.substr(1, point - 1), position.at.milliseconds) || !read_whole(cursor.substr(point + 1), position.row)
      || position.at < timestamp_min || position.at > timestamp_max)
    return std::nullopt;
  return position;
}

// Hexadecimal: keys may hold any character, and a cursor goes into a query as it is.
std::string cursor_after(cursor_kind kind, std::string_view last_key) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string cursor(1, static_cast<char>(kind));
  for (const char c : last_key) {
    const auto byte = static_cast<unsigned char>(c);
    cursor += {digits[byte >> 4], digits[byte & 15]};
  }
  return cursor;
}

std::optional<std::string> key_of_cursor(cursor_kind kind, std::string_view cursor) {
  if (cursor.size() < 3 || cursor.size() % 2 == 0 || cursor.front() != static_cast<char>(kind))
    return std::nullopt;
  std::string key;
  for (std::size_t i = 1; i < cursor.size(); i += 2) {
    unsigned byte = 0;
    const auto pair = cursor.substr(i, 2);
    const auto [end, why] = std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
    if (why != std::errc{} || end != pair.data() + pair.size())
      return std::nullopt;
    key.push_back(static_cast<char>(byte));
  }
  return key;
}

complaint not_a_cursor(const char* where, const std::string& cursor) {
  return {"value_error", {where, "cursor"}, "is not a next_cursor of an answer of this list", cursor.substr(0, complaint_input_bytes_max)};
}

complaint cursor_with_offset(const char* where, std::int64_t offset) {
  return {"value_error", {where, "offset"}, "cannot be combined with a cursor", offset};
}

} // namespace dotmac
