#pragma once

#include "persistence/ports/store.hpp"
#include "persistence/sqlite/sqlite_connection.hpp"

namespace dotmac {

/// Dead letters in a SQLite file; see the port.
class sqlite_dead_letters final : public dead_letter_table {
public:
  explicit sqlite_dead_letters(sqlite_connection& connection) noexcept : connection_{connection} {}
  result<void> add_dead_letter(const dead_letter& letter) override;
  result<dead_letter_summary> find_dead_letter(std::uint64_t id) override;
  result<dead_letter> read_dead_letter(std::uint64_t id) override;
  result<std::vector<dead_letter_summary>> list_dead_letters(const std::string& tenant, std::size_t limit) override;
  result<void> remove_dead_letter(std::uint64_t id) override;

private:
  sqlite_connection& connection_;
};

} // namespace dotmac
