#include "persistence/postgres/postgres_values.hpp"

namespace dotmac {
namespace {

void append_big_endian(bytes& out, std::uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift));
}

void write_big_endian(bytes& out, std::size_t at, std::uint32_t value) noexcept {
  for (int i = 0; i < 4; ++i)
    out[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (24 - 8 * i));
}

constexpr std::size_t count_at = 12;

} // namespace

postgres_array::postgres_array(std::uint32_t element_type) {
  append_big_endian(encoded_, 1, 4); // dimensions
  append_big_endian(encoded_, 0, 4); // no NULLs
  append_big_endian(encoded_, element_type, 4);
  append_big_endian(encoded_, 0, 4); // elements
  append_big_endian(encoded_, 1, 4); // index of the first
}

std::size_t postgres_array::begin_element() {
  const auto at = encoded_.size();
  encoded_.append(4, '\0');
  return at;
}

void postgres_array::end_element(std::size_t length_at) {
  write_big_endian(encoded_, length_at, static_cast<std::uint32_t>(encoded_.size() - length_at - 4));
  write_big_endian(encoded_, count_at, ++count_);
}

void postgres_array::add_int2(std::uint16_t value) {
  add_by([&](bytes& out) { append_big_endian(out, value, 2); });
}

void postgres_array::add_int8(std::uint64_t value) {
  add_by([&](bytes& out) { append_big_endian(out, value, 8); });
}

void postgres_array::add(bytes_view value) {
  add_by([&](bytes& out) { out.append(value); });
}

postgres_values& postgres_values::number(std::int64_t value) {
  bytes encoded;
  append_big_endian(encoded, static_cast<std::uint64_t>(value), 8);
  values_.push_back({std::move(encoded), {}, true});
  return *this;
}

postgres_values& postgres_values::array(postgres_array&& value) {
  values_.push_back({std::move(value).take(), {}, true});
  return *this;
}

postgres_values& postgres_values::view(bytes_view value) {
  values_.push_back({{}, value, false});
  return *this;
}

std::int64_t postgres_rows::number(int row, int column) const noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(PQgetvalue(rows_.get(), row, column));
  const int size = PQgetlength(rows_.get(), row, column);
  std::uint64_t value = size > 1 && (at[0] & 0x80) ? ~std::uint64_t{0} : 0;
  for (int i = 0; i < size; ++i)
    value = (value << 8) | at[i];
  return static_cast<std::int64_t>(value);
}

bytes_view postgres_rows::view(int row, int column) const noexcept {
  return {PQgetvalue(rows_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(rows_.get(), row, column))};
}

} // namespace dotmac
