#pragma once

/// Parameters and results in PostgreSQL's binary format: big-endian numbers, bytes as they are,
/// one-dimensional arrays. Source: https://www.postgresql.org/docs/15/protocol-overview.html and array_recv
/// in its sources.

#include "core/bytes.hpp"

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace dotmac {

/// The binary form of an array without NULLs, built element by element.
class postgres_array {
public:
  static postgres_array of_int2() { return postgres_array{21}; }
  static postgres_array of_int8() { return postgres_array{20}; }
  static postgres_array of_text() { return postgres_array{25}; }
  static postgres_array of_bytea() { return postgres_array{17}; }

  void add_int2(std::uint16_t value);
  void add_int8(std::uint64_t value);
  void add(bytes_view value);
  /// Lets `append(bytes&)` write the element where it belongs, without a copy.
  template <class Append> void add_by(Append append) {
    const auto length_at = begin_element();
    append(encoded_);
    end_element(length_at);
  }
  bytes take() && { return std::move(encoded_); }

private:
  explicit postgres_array(std::uint32_t element_type);
  std::size_t begin_element();
  void end_element(std::size_t length_at);

  bytes encoded_;
  std::uint32_t count_ = 0;
};

/// Parameters $1, $2 ... in order. Views must live until the statement was executed.
class postgres_values {
public:
  postgres_values& number(std::int64_t value);
  postgres_values& array(postgres_array&& value);
  postgres_values& view(bytes_view value);

private:
  friend class postgres_session;
  struct held_value {
    bytes owned;
    bytes_view seen;
    bool is_owned;
  };
  std::vector<held_value> values_;
};

/// Rows of a statement, all columns binary.
class postgres_rows {
public:
  explicit postgres_rows(PGresult* rows) : rows_{rows, PQclear} {}
  int size() const noexcept { return PQntuples(rows_.get()); }
  /// Of a bool, int2, int4 or int8; NULL reads as 0.
  std::int64_t number(int row, int column) const noexcept;
  /// Of a text or bytea.
  bytes_view view(int row, int column) const noexcept;

private:
  std::unique_ptr<PGresult, decltype(&PQclear)> rows_;
};

} // namespace dotmac
