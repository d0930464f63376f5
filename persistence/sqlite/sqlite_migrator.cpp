#include "persistence/failure_texts.hpp"
#include "persistence/migrations/migration_step.hpp"
#include "persistence/sqlite/sqlite_connection.hpp"
#include "persistence/sqlite/sqlite_store.hpp"

namespace dotmac {
namespace {

result<bool> has_table(sqlite_session& session, std::string_view name) {
  auto table = session.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1");
  if (!table)
    return table.error();
  return table->bind_text(1, name).step();
}

result<bool> knows_works_from(sqlite_session& session) {
  auto column = session.prepare("SELECT 1 FROM pragma_table_info('schema_migrations') WHERE name = 'works_from'");
  if (!column)
    return column.error();
  return column->step();
}

/// The table is made by the first `up`; a file without it has nothing applied.
result<std::vector<applied_migration>> read_applied(sqlite_session& session) {
  std::vector<applied_migration> applied;
  auto exists = has_table(session, "schema_migrations");
  if (!exists)
    return exists.error();
  if (!*exists)
    return applied;
  auto is_told = knows_works_from(session);
  if (!is_told)
    return is_told.error();
  auto rows = session.prepare(*is_told ? "SELECT number, name, checksum, applied_at, works_from FROM schema_migrations ORDER BY number"
                                       : "SELECT number, name, checksum, applied_at, 0 FROM schema_migrations ORDER BY number");
  if (!rows)
    return rows.error();
  for (;;) {
    auto is_there = rows->step();
    if (!is_there)
      return is_there.error();
    if (!*is_there)
      return applied;
    applied.push_back({static_cast<std::uint32_t>(rows->number(0)), std::string{rows->view(1)},
                       std::string{rows->view(2)}, std::string{rows->view(3)}, static_cast<std::uint32_t>(rows->number(4))});
  }
}

result<void> apply(sqlite_session& session, const migration_step& step) {
  if (auto executed = session.execute(std::string{step.up}); !executed)
    return executed;
  auto record = session.prepare("INSERT INTO schema_migrations(number, name, checksum, applied_at, works_from) "
                                "VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?4)");
  if (!record)
    return record.error();
  const auto checksum = checksum_of(step);
  return record->bind(1, step.number).bind_text(2, step.name).bind_text(3, checksum).bind(4, works_from(step)).run();
}

result<void> take_back(sqlite_session& session, const migration_step& step) {
  if (auto executed = session.execute(std::string{step.down}); !executed)
    return executed;
  auto remove = session.prepare("DELETE FROM schema_migrations WHERE number = ?1");
  if (!remove)
    return remove.error();
  return remove->bind(1, step.number).run();
}

/// The transaction that writes keeps others from beginning to use the store.
result<void> check_unused(sqlite_session& session) {
  auto exists = has_table(session, "shards");
  if (!exists)
    return exists.error();
  if (!*exists)
    return {};
  auto owners = session.prepare("SELECT owner FROM shards WHERE owner <> '' AND lease_until > " DOTMAC_SQLITE_NOW_MS " LIMIT 1");
  if (!owners)
    return owners.error();
  auto is_there = owners->step();
  if (!is_there)
    return is_there.error();
  return *is_there ? result<void>{store_in_use(std::string{owners->view(0)})} : result<void>{};
}

/// The table of the steps themselves. It once was without its last column.
result<void> make_table(sqlite_session& session) {
  auto created = session.execute("CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, "
                                 "name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TEXT NOT NULL, works_from INTEGER NOT NULL DEFAULT 0) STRICT");
  if (!created)
    return created;
  auto is_told = knows_works_from(session);
  if (!is_told)
    return is_told.error();
  return *is_told ? result<void>{} : session.execute("ALTER TABLE schema_migrations ADD COLUMN works_from INTEGER NOT NULL DEFAULT 0");
}

class sqlite_migrator final : public migrator {
public:
  explicit sqlite_migrator(sqlite_settings settings) : connection_{std::move(settings)} {}

  result<std::vector<migration_state>> status() override {
    auto applied = connection_.use(read_applied);
    if (!applied)
      return applied.error();
    return states_of(sqlite_migrations(), *applied);
  }

  result<void> check() override {
    auto applied = connection_.use(read_applied);
    if (!applied)
      return applied.error();
    return check_schema(sqlite_migrations(), *applied);
  }

  // BEGIN IMMEDIATE is the lock: of several processes one migrates, and the others then find nothing left to
  // do.
  result<std::vector<std::uint32_t>> up() override {
    return connection_.write([](sqlite_session& session) -> result<std::vector<std::uint32_t>> {
      if (auto created = make_table(session); !created)
        return created.error();
      auto applied = read_applied(session);
      if (!applied)
        return applied.error();
      if (auto valid = check_history(sqlite_migrations(), *applied); !valid)
        return valid.error();
      if (must_be_unused(sqlite_migrations(), *applied))
        if (auto unused = check_unused(session); !unused)
          return unused.error();
      std::vector<std::uint32_t> done;
      for (const auto& step : steps_up(sqlite_migrations(), *applied)) {
        if (auto stepped = apply(session, step); !stepped)
          return stepped.error();
        done.push_back(step.number);
      }
      return done;
    });
  }

  result<std::vector<std::uint32_t>> down(std::uint32_t steps) override {
    return connection_.write([&](sqlite_session& session) -> result<std::vector<std::uint32_t>> {
      auto applied = read_applied(session);
      if (!applied)
        return applied.error();
      if (auto valid = check_history(sqlite_migrations(), *applied); !valid)
        return valid.error();
      if (auto way = check_way_down(sqlite_migrations(), *applied); !way)
        return way.error();
      if (auto unused = check_unused(session); !unused)
        return unused.error();
      std::vector<std::uint32_t> done;
      for (const auto& step : steps_down(sqlite_migrations(), *applied, steps)) {
        if (auto stepped = take_back(session, step); !stepped)
          return stepped.error();
        done.push_back(step.number);
      }
      return done;
    });
  }

private:
  sqlite_connection connection_;
};

} // namespace

std::unique_ptr<migrator> make_sqlite_migrator(const std::string& path,
                                               std::chrono::milliseconds busy_timeout) {
  return std::make_unique<sqlite_migrator>(sqlite_settings{path, busy_timeout});
}

} // namespace dotmac
