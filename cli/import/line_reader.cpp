#include "cli/import/line_reader.hpp"

#include <algorithm>
#include <string_view>

namespace dotmac {
namespace {

constexpr std::size_t line_buffer_size = 1u << 16;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

} // namespace

line_reader::line_reader(std::istream& from, std::size_t line_bytes_max) : from_{from}, limit_{line_bytes_max}, buffer_(line_buffer_size) {}

bool line_reader::refill() {
  if (at_ < end_)
    return true;
  from_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  at_ = 0;
  end_ = static_cast<std::size_t>(from_.gcount());
  return end_ > 0;
}

std::optional<text_line> line_reader::next() {
  if (!refill())
    return std::nullopt;
  text_line line;
  line.number = ++line_;
  for (bool is_complete = false; !is_complete && refill();) {
    const auto* from = buffer_.data() + at_;
    const auto* newline = std::find(from, static_cast<const char*>(buffer_.data() + end_), '\n');
    is_complete = newline != buffer_.data() + end_;
    const auto size = static_cast<std::size_t>(newline - from);
    line.is_too_long = line.is_too_long || line.text.size() + size > limit_;
    if (!line.is_too_long)
      line.text.append(from, size);
    else if (line.text.size() < excerpt_bytes)
      line.text.append(from, std::min(size, excerpt_bytes - line.text.size()));
    at_ += size + is_complete;
    position_ += size + is_complete;
  }
  if (line.is_too_long)
    line.text.resize(std::min(line.text.size(), excerpt_bytes));
  if (line.number == 1 && line.text.starts_with(byte_order_mark))
    line.text.erase(0, byte_order_mark.size());
  if (line.text.ends_with('\r'))
    line.text.pop_back();
  return line;
}

} // namespace dotmac
