#include "tests/persistence/sqlite_test_database.hpp"

#include <sqlite3.h>
#include <stdlib.h>

#include <stdexcept>

namespace dotmac {

sqlite_test_database::sqlite_test_database() {
  auto folder = (std::filesystem::temp_directory_path() / "dotmac-sqlite-XXXXXX").string();
  if (!mkdtemp(folder.data()))
    throw std::runtime_error{"cannot make a folder for SQLite"};
  folder_ = folder;
  const auto migrated = (*make_migrator({.url = url()}))->up();
  if (!migrated)
    throw std::runtime_error{migrated.error().message};
}

sqlite_test_database::~sqlite_test_database() {
  std::filesystem::remove_all(folder_);
}

std::unique_ptr<store_factory> sqlite_test_database::make_factory() {
  return *make_store_factory({.url = url()});
}

std::string sqlite_test_database::query(const std::string& sql) {
  sqlite3* connection = nullptr;
  if (sqlite3_open(path().c_str(), &connection) != SQLITE_OK)
    throw std::runtime_error{"cannot open the file"};
  sqlite3_busy_timeout(connection, 10'000);
  std::string answer;
  char* error = nullptr;
  sqlite3_exec(
      connection, sql.c_str(),
      [](void* out, int, char** values, char**) {
        auto& text = *static_cast<std::string*>(out);
        if (text.empty() && values[0])
          text = values[0];
        return 0;
      },
      &answer, &error);
  const std::string message = error ? error : "";
  sqlite3_free(error);
  sqlite3_close(connection);
  if (!message.empty())
    throw std::runtime_error{message + " in " + sql};
  return answer;
}

void sqlite_test_database::damage(const std::string& table, const entity_id& entity, const std::string& key,
                                  std::uint64_t number) {
  // Another last byte: '#' or, where it is one, '*'.
  const auto where =
      " WHERE entity = '" + to_string(entity) + "' AND " + key + " = " + std::to_string(number);
  ASSERT_EQ(query("SELECT count(*) FROM " + table + where), "1");
  query("UPDATE " + table +
        " SET payload = CAST(substr(payload, 1, length(payload) - 1) || "
        "iif(substr(payload, -1) = x'23', x'2a', x'23') AS BLOB)" +
        where);
}

void sqlite_test_database::damage_journal_row(const entity_id& entity, journal_sequence sequence) {
  damage("journal", entity, "seq", to_number(sequence));
}
void sqlite_test_database::damage_snapshot(const entity_id& entity, journal_sequence sequence) {
  damage("snapshots", entity, "seq", to_number(sequence));
}
void sqlite_test_database::damage_segment(const entity_id& entity, segment_number number) {
  damage("segments", entity, "number", number);
}

void sqlite_test_database::damage_part(const entity_id& entity, segment_number, std::uint32_t part) {
  damage("segment_parts", entity, "part", part);
}

void sqlite_test_database::pass_time(std::chrono::milliseconds by) {
  query("UPDATE shards SET lease_until = lease_until - " + std::to_string(by.count()));
}

} // namespace dotmac
