#include "persistence/failure_texts.hpp"
#include "persistence/migrations/migration_step.hpp"
#include "persistence/postgres/postgres_store.hpp"

#include <pqxx/pqxx>

namespace dotmac {
namespace {

/// Held by the transaction that migrates; the number is this product's own and means nothing.
constexpr const char* take_lock = "SELECT pg_advisory_xact_lock(7224718306151140)";

/// libpq takes the timeout from the URL; one that is there already stays.
std::string with_timeout(const std::string& url, std::chrono::milliseconds timeout) {
  if (url.find("connect_timeout=") != url.npos)
    return url;
  const auto seconds = std::max<std::int64_t>(2, (timeout.count() + 999) / 1'000);
  return url + (url.find('?') == url.npos ? '?' : '&') + "connect_timeout=" + std::to_string(seconds);
}

/// Nothing is applied where the table is not there.
std::vector<applied_migration> read_applied(pqxx::transaction_base& transaction) {
  std::vector<applied_migration> applied;
  if (transaction.exec("SELECT to_regclass('schema_migrations')")[0][0].is_null())
    return applied;
  const auto rows = transaction.exec("SELECT number, name, checksum, to_char(applied_at AT TIME ZONE 'UTC', "
                                     "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
                                     "coalesce((to_jsonb(m) ->> 'works_from')::integer, 0) " // the column was not always there
                                     "FROM schema_migrations m ORDER BY number");
  for (const auto& row : rows)
    applied.push_back({row[0].as<std::uint32_t>(), row[1].as<std::string>(), row[2].as<std::string>(),
                       row[3].as<std::string>(), row[4].as<std::uint32_t>()});
  return applied;
}

/// Until the transaction ends no node can begin to use the store.
result<void> check_unused(pqxx::transaction_base& transaction) {
  if (transaction.exec("SELECT to_regclass('shards')")[0][0].is_null())
    return {};
  transaction.exec("LOCK TABLE shards IN ACCESS EXCLUSIVE MODE");
  const auto owners = transaction.exec("SELECT owner FROM shards WHERE owner <> '' AND lease_until > clock_timestamp() LIMIT 1");
  if (owners.empty())
    return {};
  return store_in_use(owners[0][0].as<std::string>());
}

class postgres_migrator final : public migrator {
public:
  explicit postgres_migrator(std::string url) : url_{std::move(url)} {}

  result<std::vector<migration_state>> status() override {
    return transact([](pqxx::work& transaction) -> result<std::vector<migration_state>> {
      return states_of(postgres_migrations(), read_applied(transaction));
    });
  }

  result<void> check() override {
    return transact([](pqxx::work& transaction) -> result<void> {
      return check_schema(postgres_migrations(), read_applied(transaction));
    });
  }

  result<std::vector<std::uint32_t>> up() override {
    return transact([](pqxx::work& transaction) -> result<std::vector<std::uint32_t>> {
      transaction.exec(take_lock);
      transaction.exec(
          "CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL, "
          "checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())");
      transaction.exec("ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS works_from integer NOT NULL DEFAULT 0");
      const auto applied = read_applied(transaction);
      if (auto valid = check_history(postgres_migrations(), applied); !valid)
        return valid.error();
      if (must_be_unused(postgres_migrations(), applied))
        if (auto unused = check_unused(transaction); !unused)
          return unused.error();
      std::vector<std::uint32_t> done;
      for (const auto& step : steps_up(postgres_migrations(), applied)) {
        transaction.exec(std::string{step.up});
        transaction.exec_params("INSERT INTO schema_migrations(number, name, checksum, works_from) VALUES ($1, $2, $3, $4)",
                                step.number, std::string{step.name}, checksum_of(step), works_from(step));
        done.push_back(step.number);
      }
      return done;
    });
  }

  result<std::vector<std::uint32_t>> down(std::uint32_t steps) override {
    return transact([&](pqxx::work& transaction) -> result<std::vector<std::uint32_t>> {
      transaction.exec(take_lock);
      const auto applied = read_applied(transaction);
      if (auto valid = check_history(postgres_migrations(), applied); !valid)
        return valid.error();
      if (auto way = check_way_down(postgres_migrations(), applied); !way)
        return way.error();
      if (auto unused = check_unused(transaction); !unused)
        return unused.error();
      std::vector<std::uint32_t> done;
      for (const auto& step : steps_down(postgres_migrations(), applied, steps)) {
        transaction.exec(std::string{step.down});
        transaction.exec_params("DELETE FROM schema_migrations WHERE number = $1", step.number);
        done.push_back(step.number);
      }
      return done;
    });
  }

private:
  /// One transaction for all: DDL is part of it, so that a step that fails leaves nothing behind.
  template <class Act> auto transact(Act act) -> decltype(act(std::declval<pqxx::work&>())) {
    try {
      pqxx::connection connection{url_};
      pqxx::work transaction{connection};
      transaction.exec("SET LOCAL client_min_messages = error");
      auto answer = act(transaction);
      if (answer)
        transaction.commit();
      return answer;
    } catch (const pqxx::in_doubt_error& error) {
      return store_failure(error_code::commit_uncertain, std::string{"postgresql: "} + error.what());
    } catch (const pqxx::broken_connection& error) {
      return store_failure(error_code::storage_unavailable, std::string{"postgresql: "} + error.what());
    } catch (const pqxx::sql_error& error) {
      return store_failure(error_code::internal_error, std::string{"postgresql: "} + error.what());
    } catch (const std::exception& error) {
      return store_failure(error_code::storage_unavailable, std::string{"postgresql: "} + error.what());
    }
  }

  std::string url_;
};

} // namespace

std::unique_ptr<migrator> make_postgres_migrator(const std::string& url,
                                                 std::chrono::milliseconds connect_timeout) {
  return std::make_unique<postgres_migrator>(with_timeout(url, connect_timeout));
}

} // namespace dotmac
