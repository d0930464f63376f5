#include "runtime/actor/scratch_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace dotmac {
namespace {

constexpr std::size_t page_bytes = 4096;
std::size_t whole_pages(std::size_t bytes) { return (bytes + page_bytes - 1) / page_bytes * page_bytes; }

} // namespace

scratch_memory::scratch_memory(const std::string& folder, std::uint64_t bytes_max, std::function<void(const std::string&)> told) : told_{std::move(told)} {
  counted_.bytes_max = bytes_max;
  if (bytes_max == 0)
    return;
  std::string name = folder + "/dotmac-scratch-XXXXXX";
  file_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0)
    why_no_file_ = "no file can be made in " + folder + ": " + std::strerror(errno);
  else
    ::unlink(name.c_str());
}

scratch_memory::~scratch_memory() {
  if (file_ >= 0)
    ::close(file_);
}

scratch_memory::figures scratch_memory::read_figures() const {
  const std::lock_guard lock{mutex_};
  return counted_;
}

/// Null where the file has no room.
void* scratch_memory::map(std::size_t size) {
  const auto known = free_.find(size);
  const std::uint64_t place = known == free_.end() ? end_ : known->second;
  if (const int failed = ::posix_fallocate(file_, static_cast<off_t>(place), static_cast<off_t>(size)); failed != 0) {
    errno = failed;
    return nullptr;
  }
  void* const start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_, static_cast<off_t>(place));
  if (start == MAP_FAILED)
    return nullptr;
  if (known == free_.end())
    end_ += size;
  else
    free_.erase(known);
  places_[start] = place;
  counted_.bytes += size;
  return start;
}

void* scratch_memory::give_ordinary(std::size_t bytes, std::size_t alignment, const std::string& why) {
  void* const start = std::pmr::new_delete_resource()->allocate(bytes, alignment);
  counted_.ordinary_bytes += bytes;
  if (!why.empty() && !std::exchange(was_told_, true))
    told_("large dictionaries stay in memory: " + why);
  return start;
}

void* scratch_memory::do_allocate(std::size_t bytes, std::size_t alignment) {
  const std::lock_guard lock{mutex_};
  const auto size = whole_pages(bytes);
  if (file_ < 0)
    return give_ordinary(bytes, alignment, why_no_file_);
  if (counted_.bytes + size > counted_.bytes_max)
    return give_ordinary(bytes, alignment, "SCRATCH_BYTES_MAX = " + std::to_string(counted_.bytes_max) + " is used up");
  if (void* const start = map(size))
    return start;
  return give_ordinary(bytes, alignment, std::string{"the scratch file cannot grow: "} + std::strerror(errno));
}

void scratch_memory::do_deallocate(void* start, std::size_t bytes, std::size_t alignment) {
  const std::lock_guard lock{mutex_};
  const auto at = places_.find(start);
  if (at == places_.end()) {
    counted_.ordinary_bytes -= bytes;
    std::pmr::new_delete_resource()->deallocate(start, bytes, alignment);
    return;
  }
  const auto size = whole_pages(bytes);
  ::munmap(start, size);
  // Gives the space back to the disk; where the file system cannot, the next block of that size uses it.
  ::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(at->second), static_cast<off_t>(size));
  free_.emplace(size, at->second);
  places_.erase(at);
  counted_.bytes -= size;
}

} // namespace dotmac
