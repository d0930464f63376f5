// Loaded into a node before its libraries: kills it, as kill -9 does, in place of the n-th write of its embedded store.
//
// Counting starts when the file DIE_COUNT appears; DIE_AT is n, 0: never. Into that file goes how many writes there were: a line of text at each sync.

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::atomic<long> writes{0};

bool is_counting() {
  const char* file = std::getenv("DIE_COUNT");
  return file != nullptr && ::access(file, F_OK) == 0;
}

void die_if_due(long number) {
  const char* due = std::getenv("DIE_AT");
  if (due != nullptr && std::atol(due) == number)
    ::kill(::getpid(), SIGKILL);
}

} // namespace

extern "C" ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) {
  if (is_counting())
    die_if_due(++writes);
  return ::syscall(SYS_pwrite64, file, data, size, at);
}

extern "C" int fdatasync(int file) {
  if (is_counting()) {
    char line[32];
    const int length = std::snprintf(line, sizeof line, "%ld\n", writes.load());
    const int told = ::open(std::getenv("DIE_COUNT"), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (told >= 0) {
      [[maybe_unused]] const auto ignored = ::syscall(SYS_write, told, line, length);
      ::close(told);
    }
  }
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}
