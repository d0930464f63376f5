#include "persistence/postgres/postgres_session.hpp"

#include "persistence/failure_texts.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <thread>

namespace dotmac {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds answer_grace{1};
constexpr std::chrono::milliseconds ending_poll{10};

postgres_session::token random_token() {
  std::random_device source;
  return static_cast<std::int64_t>((std::uint64_t{source()} << 32) | source());
}

std::string trimmed(const char* message) {
  std::string text = message ? message : "";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  return text;
}

/// A server that ends an idle session says so with an error that nobody asked for; libpq hands it on as a
/// notice.
void hear_farewell(void* has_farewell, const PGresult* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  const std::string_view word = severity ? severity : "";
  if (word == "FATAL" || word == "PANIC")
    *static_cast<bool*>(has_farewell) = true;
}

PGconn* connect(const postgres_settings& settings) {
  // libpq counts the connect timeout in seconds, two at least. What the URL says comes later and wins.
  const auto seconds =
      std::to_string(std::max<std::int64_t>(2, (settings.connect_timeout.count() + 999) / 1'000));
  const char* keys[] = {"connect_timeout",
                        "keepalives",
                        "keepalives_idle",
                        "keepalives_interval",
                        "keepalives_count",
                        "tcp_user_timeout",
                        "fallback_application_name",
                        "client_encoding",
                        "dbname",
                        nullptr};
  const char* values[] = {seconds.c_str(),      "1",    "5", "2", "3", "10000", "dotmac-analytics", "UTF8",
                          settings.url.c_str(), nullptr};
  return PQconnectdbParams(keys, values, 1);
}

} // namespace

error_code code_of_sqlstate(std::string_view sqlstate) noexcept {
  const auto in_class = [&](std::string_view prefix) { return sqlstate.starts_with(prefix); };
  if (sqlstate == "23505")
    return error_code::sequence_conflict;
  if (sqlstate == "23503")
    return error_code::validation_failed;
  if (sqlstate == "42P01" || sqlstate == "42703" || sqlstate == "3F000")
    return error_code::unknown_schema_version;
  if (sqlstate == "XX001" || sqlstate == "XX002")
    return error_code::corrupt_data;
  // Connection, authorization, rolled back, resources, not in the right state, operator intervention, system
  // errors, read-only (a standby): all of them pass.
  for (const auto prefix : {"08", "28", "3D", "40", "53", "55", "57", "58", "25"})
    if (in_class(prefix))
      return error_code::storage_unavailable;
  if (in_class("54"))
    return error_code::payload_too_large;
  return error_code::internal_error;
}

postgres_session::postgres_session(PGconn* connection, const postgres_settings& settings)
    : connection_{connection, PQfinish}, settings_{settings}, token_{random_token()} {}

result<std::unique_ptr<postgres_session>> postgres_session::open(const postgres_settings& settings,
                                                                 std::optional<token> previous) {
  std::unique_ptr<postgres_session> session{new postgres_session{connect(settings), settings}};
  auto* connection = session->connection_.get();
  if (!connection || PQstatus(connection) != CONNECTION_OK || PQsetnonblocking(connection, 1) != 0)
    return store_failure(error_code::storage_unavailable, "postgresql: " + trimmed(PQerrorMessage(connection)));
  PQsetNoticeReceiver(connection, hear_farewell, &session->has_farewell_);
  if (auto prepared = session->prepare_session(); !prepared)
    return prepared.error();
  if (previous)
    if (auto ended = session->end_session(*previous); !ended)
      return ended.error();
  return session;
}

result<void> postgres_session::prepare_session() {
  const auto timeout = std::to_string(settings_.statement_timeout.count());
  const auto sql = "SET statement_timeout = " + timeout +
                   "; SET idle_in_transaction_session_timeout = " + timeout +
                   "; SET synchronous_commit = on; SET default_transaction_isolation = 'read committed'; "
                   "SET client_min_messages = error";
  if (auto set = command(sql.c_str()); !set)
    return set;
  static constexpr postgres_statement take_token{"take_token", "SELECT pg_advisory_lock($1::int8)", false};
  auto taken = execute(take_token, postgres_values{}.number(token_));
  if (!taken)
    return taken.error();
  return {};
}

result<void> postgres_session::end_session(token previous) {
  static constexpr postgres_statement end{
      "end_session",
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 "
      "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
      "AND ((classid::int8 << 32) | objid::int8) = $1::int8",
      false};
  const auto deadline = clock::now() + settings_.statement_timeout;
  for (;;) {
    auto holders = execute(end, postgres_values{}.number(previous));
    if (!holders)
      return holders.error();
    if (holders->size() == 0)
      return {};
    if (clock::now() >= deadline)
      return store_failure(error_code::storage_unavailable, "postgresql: the broken session does not end");
    std::this_thread::sleep_for(ending_poll);
  }
}

bool postgres_session::is_usable() noexcept {
  auto* connection = connection_.get();
  if (is_broken_ || PQstatus(connection) != CONNECTION_OK)
    return false;
  // An idle server has nothing to say: what can be read is a notice, its farewell or the end of the
  // connection.
  pollfd socket{PQsocket(connection), POLLIN, 0};
  while (poll(&socket, 1, 0) > 0) {
    if (PQconsumeInput(connection) == 0)
      return false;
    if (PQisBusy(connection) || has_farewell_) // isBusy reads what was consumed
      return false;
  }
  return PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE;
}

bool postgres_session::wait_for_socket(short events, clock::time_point deadline) noexcept {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now()).count();
    if (left < 0)
      return false;
    pollfd socket{PQsocket(connection_.get()), events, 0};
    const int ready = poll(&socket, 1, static_cast<int>(std::min<std::int64_t>(left + 1, 60'000)));
    if (ready > 0)
      return true;
    if (ready < 0 && errno != EINTR)
      return false;
  }
}

failure postgres_session::broken(bool writes, const std::string& what) {
  is_broken_ = true;
  return store_failure(writes ? error_code::commit_uncertain : error_code::storage_unavailable, "postgresql: " + what);
}

/// Until the last byte is with the kernel the server cannot have the whole statement, and does nothing.
result<void> postgres_session::flush(clock::time_point deadline) {
  for (;;) {
    const int left = PQflush(connection_.get());
    if (left == 0)
      return {};
    if (left < 0)
      return broken(false, trimmed(PQerrorMessage(connection_.get())));
    if (!wait_for_socket(POLLIN | POLLOUT, deadline))
      return broken(false, "the server takes no data");
    pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
    if (poll(&socket, 1, 0) > 0 && PQconsumeInput(connection_.get()) == 0)
      return broken(false, trimmed(PQerrorMessage(connection_.get())));
  }
}

result<postgres_rows> postgres_session::receive(bool writes) {
  auto* connection = connection_.get();
  const auto deadline = clock::now() + settings_.statement_timeout + answer_grace;
  if (auto flushed = flush(deadline); !flushed)
    return flushed.error();
  postgres_rows answer{nullptr};
  std::optional<failure> refused;
  for (;;) {
    while (PQisBusy(connection)) {
      if (!wait_for_socket(POLLIN, deadline))
        return broken(writes, "no answer in time");
      if (PQconsumeInput(connection) == 0)
        return broken(writes, trimmed(PQerrorMessage(connection)));
    }
    PGresult* next = PQgetResult(connection);
    if (!next)
      break;
    postgres_rows rows{next};
    const auto status = PQresultStatus(next);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
      answer = std::move(rows);
      continue;
    }
    const char* sqlstate = PQresultErrorField(next, PG_DIAG_SQLSTATE);
    if (!refused)
      refused = store_failure(code_of_sqlstate(sqlstate ? sqlstate : "08000"), "postgresql: " + trimmed(PQresultErrorMessage(next)));
  }
  if (PQstatus(connection) != CONNECTION_OK)
    return broken(writes, refused ? refused->cause : "the connection broke");
  if (refused)
    return *refused;
  return answer;
}

result<void> postgres_session::command(const char* sql, bool writes) {
  if (PQsendQuery(connection_.get(), sql) == 0)
    return broken(false, trimmed(PQerrorMessage(connection_.get())));
  auto received = receive(writes);
  if (!received)
    return received.error();
  return {};
}

result<void> postgres_session::prepare(const postgres_statement& statement) {
  if (prepared_.contains(statement.name))
    return {};
  if (PQsendPrepare(connection_.get(), statement.name, statement.sql, 0, nullptr) == 0)
    return broken(false, trimmed(PQerrorMessage(connection_.get())));
  if (auto received = receive(false); !received)
    return received.error();
  prepared_.insert(statement.name);
  return {};
}

result<postgres_rows> postgres_session::execute(const postgres_statement& statement,
                                                const postgres_values& values) {
  if (auto prepared = prepare(statement); !prepared)
    return prepared.error();
  const auto count = values.values_.size();
  std::vector<const char*> data(count);
  std::vector<int> lengths(count);
  const std::vector<int> formats(count, 1);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& value = values.values_[i];
    const bytes_view seen = value.is_owned ? bytes_view{value.owned} : value.seen;
    data[i] = seen.data() ? seen.data() : ""; // a null pointer would be SQL's NULL
    lengths[i] = static_cast<int>(seen.size());
  }
  if (PQsendQueryPrepared(connection_.get(), statement.name, static_cast<int>(count), data.data(),
                          lengths.data(), formats.data(), 1) == 0)
    return broken(false, trimmed(PQerrorMessage(connection_.get())));
  return receive(statement.writes);
}

} // namespace dotmac
