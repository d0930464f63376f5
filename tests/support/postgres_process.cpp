#include "tests/support/postgres_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace dotmac {
namespace fs = std::filesystem;
namespace {

const passwd* postgres_user() {
  if (geteuid() != 0)
    return nullptr;
  const auto* user = getpwnam("postgres");
  if (!user)
    throw std::runtime_error{"PostgreSQL does not run as root, and there is no user postgres"};
  return user;
}

/// Every child that is still there has ended when this returns.
void reap_all() {
  while (waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
}

} // namespace

fs::path postgres_programs() {
  if (const char* named = std::getenv("PG_BINDIR"))
    return named;
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator{"/usr/lib/postgresql", none})
    if (fs::exists(version.path() / "bin" / "initdb"))
      found.push_back(version.path() / "bin");
  if (found.empty())
    throw std::runtime_error{"no PostgreSQL server found: install postgresql or set PG_BINDIR"};
  return *std::max_element(found.begin(), found.end());
}

void give_to_postgres_user(const fs::path& folder) {
  if (const auto* user = postgres_user(); user && chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0)
    throw std::runtime_error{"cannot give " + folder.string() + " to the user postgres"};
}

int start_program(const std::vector<std::string>& arguments, const fs::path& log) {
  const auto* user = postgres_user();
  std::vector<char*> texts;
  for (const auto& argument : arguments)
    texts.push_back(const_cast<char*>(argument.c_str()));
  texts.push_back(nullptr);
  const int process = fork();
  if (process < 0)
    throw std::runtime_error{"cannot fork"};
  if (process > 0)
    return process;
  // Nothing but system calls from here to exec.
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  const int input = open("/dev/null", O_RDONLY);
  dup2(input, STDIN_FILENO);
  setsid();
  const bool is_user = !user || (initgroups("postgres", user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
                                 setuid(user->pw_uid) == 0);
  if (is_user && chdir("/") == 0)
    execv(texts[0], texts.data());
  _exit(127);
}

void kill_with_children(int process) {
  const auto text = std::to_string(process);
  std::ifstream children{"/proc/" + text + "/task/" + text + "/children"};
  kill(process, SIGSTOP); // so that it starts no other while these are killed
  for (int child = 0; children >> child;)
    kill(child, SIGKILL);
  kill(process, SIGKILL);
}

void supervise(const std::vector<std::string>& server, const fs::path& folder, int commands, int answers) {
  // Nothing else of the test stays open here, or another fixture's supervisor would wait for this one.
  dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
  dup2(STDIN_FILENO, STDOUT_FILENO);
  dup2(STDIN_FILENO, STDERR_FILENO);
  for (int other = 3; other < static_cast<int>(sysconf(_SC_OPEN_MAX)) && other < 65'536; ++other)
    if (other != commands && other != answers)
      close(other);
  prctl(PR_SET_CHILD_SUBREAPER, 1); // the server's orphans come here
  signal(SIGINT, SIG_IGN);          // Ctrl-C ends the test; this cleans up after it
  signal(SIGPIPE, SIG_IGN);
  int process = 0;
  const auto stop = [&] {
    if (process > 0)
      kill_with_children(process);
    reap_all();
    process = 0;
  };
  for (char what = 0;;) {
    const auto size = read(commands, &what, 1);
    if (size < 0 && errno == EINTR)
      continue;
    if (size <= 0)
      break;
    if (what == 'k')
      stop();
    else
      process = start_program(server, folder / "log");
    if (write(answers, &what, 1) != 1)
      break;
  }
  stop();
  std::error_code ignored_at_the_end;
  fs::remove_all(folder, ignored_at_the_end);
  _exit(0);
}

void clean_stale_folders(const fs::path& parent, const std::string& prefix) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{parent, none}) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(prefix))
      continue;
    const int owner = std::atoi(name.c_str() + prefix.size());
    if (owner <= 0 || kill(owner, 0) == 0 || errno != ESRCH)
      continue;
    int server = 0;
    std::ifstream{entry.path() / "data" / "postmaster.pid"} >> server;
    std::ifstream command{"/proc/" + std::to_string(server) + "/cmdline"};
    const std::string line{std::istreambuf_iterator<char>{command}, {}};
    if (server > 0 && line.find(entry.path().string()) != line.npos)
      kill_with_children(server);
    fs::remove_all(entry.path(), none);
  }
}

} // namespace dotmac
