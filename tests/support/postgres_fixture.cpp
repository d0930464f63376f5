#include "tests/support/postgres_fixture.hpp"

#include "tests/support/postgres_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace dotmac {
namespace fs = std::filesystem;
namespace {

constexpr const char* folder_prefix = "dotmac-postgres-";
constexpr std::chrono::seconds start_limit{60};

int free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(listener);
  if (!bound)
    throw std::runtime_error{"no free port on the loopback"};
  return ntohs(address.sin_port);
}

std::string text_of(const fs::path& file) {
  std::ifstream stream{file};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

fs::path make_folder() {
  const auto parent = fs::temp_directory_path();
  clean_stale_folders(parent, folder_prefix);
  auto name = (parent / (folder_prefix + std::to_string(getpid()) + "-XXXXXX")).string();
  if (!mkdtemp(name.data()))
    throw std::runtime_error{"cannot make " + name};
  give_to_postgres_user(name);
  return name;
}

void make_cluster(const fs::path& folder) {
  // Making the cluster need not survive a crash; what the server writes later must.
  const int process =
      start_program({(postgres_programs() / "initdb").string(), "-D", (folder / "data").string(), "-U",
                     "dotmac", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"},
                    folder / "initdb.log");
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error{"initdb failed: " + text_of(folder / "initdb.log")};
}

} // namespace

std::unique_ptr<postgres_fixture> postgres_fixture::start() {
  auto folder = make_folder();
  try {
    make_cluster(folder);
    return std::unique_ptr<postgres_fixture>{new postgres_fixture{folder}};
  } catch (...) {
    std::error_code ignored_beside_the_first;
    fs::remove_all(folder, ignored_beside_the_first);
    throw;
  }
}

postgres_fixture::postgres_fixture(fs::path folder) : folder_{std::move(folder)}, port_{free_port()} {
  const std::vector<std::string> server{(postgres_programs() / "postgres").string(),
                                        "-D",
                                        (folder_ / "data").string(),
                                        "-k",
                                        folder_.string(),
                                        "-h",
                                        "127.0.0.1",
                                        "-p",
                                        std::to_string(port_),
                                        "-c",
                                        "fsync=on",
                                        "-c",
                                        "shared_buffers=64MB",
                                        "-c",
                                        "max_connections=120",
                                        "-c",
                                        "jit=off"};
  int commands[2];
  int answers[2];
  if (pipe2(commands, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0)
    throw std::runtime_error{"cannot make a pipe"};
  supervisor_ = fork();
  if (supervisor_ < 0)
    throw std::runtime_error{"cannot fork"};
  if (supervisor_ == 0) {
    setsid(); // what is sent to the test's group does not end this one before it has cleaned up
    close(commands[1]);
    close(answers[0]);
    supervise(server, folder_, commands[0], answers[1]);
  }
  close(commands[0]);
  close(answers[1]);
  to_supervisor_ = commands[1];
  from_supervisor_ = answers[0];
  command('s');
  wait_until_ready();
}

postgres_fixture::~postgres_fixture() {
  close(to_supervisor_);
  while (waitpid(supervisor_, nullptr, 0) < 0 && errno == EINTR) {
  }
  close(from_supervisor_);
}

void postgres_fixture::command(char what) {
  char answer = 0;
  if (write(to_supervisor_, &what, 1) != 1 || read(from_supervisor_, &answer, 1) != 1 || answer != what)
    throw std::runtime_error{"the process beside PostgreSQL is gone"};
}

void postgres_fixture::wait_until_ready() const {
  const auto target = url();
  const auto deadline = std::chrono::steady_clock::now() + start_limit;
  while (PQping(target.c_str()) != PQPING_OK) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error{"PostgreSQL did not start: " + text_of(folder_ / "log")};
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

void postgres_fixture::stop_immediate() {
  command('k');
}

void postgres_fixture::restart() {
  command('k');
  command('s');
  wait_until_ready();
}

std::string postgres_fixture::url(const std::string& database) const {
  return "postgresql://dotmac@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string postgres_fixture::create_database() {
  static std::atomic<int> count{0};
  const auto name = "test_" + std::to_string(++count);
  run_sql(url(), "CREATE DATABASE " + name);
  return url(name);
}

std::string run_sql(const std::string& url, const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{PQconnectdb(url.c_str()), PQfinish};
  if (PQstatus(connection.get()) != CONNECTION_OK)
    throw std::runtime_error{PQerrorMessage(connection.get())};
  const std::unique_ptr<PGresult, decltype(&PQclear)> rows{PQexec(connection.get(), sql.c_str()), PQclear};
  const auto status = PQresultStatus(rows.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    throw std::runtime_error{PQerrorMessage(connection.get()) + (" in " + sql)};
  return PQntuples(rows.get()) > 0 ? PQgetvalue(rows.get(), 0, 0) : "";
}

} // namespace dotmac
