#include "tests/support/redis_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace dotmac {
namespace {

sockaddr_in local_address(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

std::uint16_t free_local_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  auto address = local_address(0);
  socklen_t size = sizeof address;
  const bool good = ::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(probe);
  if (!good)
    throw std::runtime_error{"no free port"};
  return ntohs(address.sin_port);
}

bool takes_connections(std::uint16_t port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto address = local_address(port);
  const bool connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  return connected;
}

} // namespace

redis_process::redis_process(std::vector<std::string> options) : options_{std::move(options)}, port_{free_local_port()} {
  std::string name = (std::filesystem::temp_directory_path() / "dotmac-redis-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error{"no temporary folder"};
  folder_ = name;
  start();
}

redis_process::~redis_process() {
  kill();
  std::error_code none;
  std::filesystem::remove_all(folder_, none);
}

void redis_process::start() {
  std::vector<std::string> words{"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir", folder_.string(), "--save", "", "--daemonize", "no"};
  words.insert(words.end(), options_.begin(), options_.end());
  std::vector<char*> texts;
  for (auto& each : words)
    texts.push_back(each.data());
  texts.push_back(nullptr);
  const auto log = (folder_ / "redis.log").string();
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = ::open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execvp(texts[0], texts.data());
    ::_exit(127);
  }
  for (int i = 0; i < 2'000; ++i) {
    if (takes_connections(port_))
      return;
    if (::waitpid(process_, nullptr, WNOHANG) == process_) {
      process_ = 0;
      throw std::runtime_error{"redis-server did not start: is it installed?"};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  throw std::runtime_error{"redis-server takes no connections"};
}

void redis_process::kill() {
  if (process_ == 0)
    return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

void redis_process::pause() { ::kill(process_, SIGSTOP); }
void redis_process::resume() { ::kill(process_, SIGCONT); }

} // namespace dotmac
