#pragma once

/// Memory in a file of the node's own without a name, which the system may write out and take back when memory is short: for what is large, can be made anew at
/// a start, and is seldom looked at.
///
/// Promise   the file is gone with the process, however it ends. Its space on disk is taken before memory is given out, so that a full disk is noticed here.
/// Limits    bytes_max of file. Beyond, and where the disk is full or the folder cannot be written, ordinary memory is given, which `told` hears of once.
/// Errors    std::bad_alloc where there is no ordinary memory either. A disk that fails under mapped memory ends the process, as it does under swap.
/// Threads   any.
/// Cost      an allocation is a few system calls: for blocks of a megabyte and more.

#include <cstdint>
#include <functional>
#include <map>
#include <memory_resource>
#include <mutex>
#include <string>
#include <vector>

namespace dotmac {

class scratch_memory final : public std::pmr::memory_resource {
public:
  /// `bytes_max` 0: ordinary memory for all.
  scratch_memory(const std::string& folder, std::uint64_t bytes_max, std::function<void(const std::string& why)> told);
  ~scratch_memory() override;
  scratch_memory(const scratch_memory&) = delete;
  scratch_memory& operator=(const scratch_memory&) = delete;

  struct figures {
    std::uint64_t bytes = 0; ///< of the file, in use
    std::uint64_t bytes_max = 0;
    std::uint64_t ordinary_bytes = 0; ///< given instead
  };
  figures read_figures() const;

private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* start, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
  void* map(std::size_t size);
  void* give_ordinary(std::size_t bytes, std::size_t alignment, const std::string& why);

  const std::function<void(const std::string&)> told_;
  mutable std::mutex mutex_;
  int file_ = -1;
  std::string why_no_file_;
  std::uint64_t end_ = 0;
  std::map<void*, std::uint64_t> places_;                         ///< of what is mapped
  std::multimap<std::uint64_t, std::uint64_t> free_;              ///< size, place
  figures counted_;
  bool was_told_ = false;
};

} // namespace dotmac
