#include "runtime/node/folder_lock.hpp"

#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace dotmac {

result<std::unique_ptr<folder_lock>> folder_lock::take(const std::string& folder) {
  const auto path = folder + "/lock";
  const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0)
    return failure{error_code::storage_unavailable, path + " cannot be made: " + std::strerror(errno), "DATA_DIR"};
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    ::close(file);
    return failure{error_code::ownership_lost, "another process uses the store in " + folder, "DATA_DIR"};
  }
  return std::unique_ptr<folder_lock>{new folder_lock{file}};
}

folder_lock::~folder_lock() { ::close(file_); }

} // namespace dotmac
