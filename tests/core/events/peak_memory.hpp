#pragma once

/// How much memory some work takes at most, as the system sees it.

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <string>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace dotmac {

/// A line of /proc/self/status, in bytes.
inline std::size_t memory_figure(const std::string& name) {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;)
    if (word == name + ":") {
      std::size_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes << 10;
    }
  return 0;
}

/// Beyond what there was before it. 0 under a sanitizer, whose own memory would count.
template <class Work> std::size_t peak_of(Work&& work) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  work();
  return 0;
#else
#ifdef __GLIBC__
  malloc_trim(0); // what lies free would hide what is taken
#endif
  std::ofstream{"/proc/self/clear_refs"} << "5"; // the peak begins anew
  const auto before = memory_figure("VmRSS");
  work();
  const auto peak = memory_figure("VmHWM");
  return peak - std::min(before, peak);
#endif
}

} // namespace dotmac
