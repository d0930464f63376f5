#pragma once

/// Keeps a second process away from the folder of an embedded store. The lock is the kernel's (flock): it goes with the process that
/// held it, also when that was killed.
///
/// Errors   ownership_lost when another process holds it; storage_unavailable when the file cannot be made.

#include "core/result.hpp"

#include <memory>
#include <string>

namespace dotmac {

class folder_lock {
public:
  static result<std::unique_ptr<folder_lock>> take(const std::string& folder);
  ~folder_lock();
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;

private:
  explicit folder_lock(int file) : file_{file} {}
  int file_;
};

} // namespace dotmac
