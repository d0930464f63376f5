#pragma once

/// What a scan may use and when it has to end: given to every question beside the view.
///
/// Threads   core/ starts none: an executor lends them.

#include <cstddef>
#include <functional>
#include <utility>

namespace dotmac {

/// Asked every scan_rows rows; true ends the scan with error_code::cancelled. May be called from several threads at once.
using stop_check = std::function<bool()>;

/// Lends threads to one question at a time.
class scan_executor {
public:
  virtual ~scan_executor() = default;
  /// How many threads `run` uses at most, the caller's among them.
  virtual std::size_t width() const noexcept = 0;
  /// Calls `work(i)` once on the caller's thread (i = 0) and, where threads are free, once on each of some others (i < threads_max), and returns
  /// when all that began have ended. `work` must share what there is to do: it cannot rely on being called more than once.
  virtual void run(std::size_t threads_max, const std::function<void(std::size_t)>& work) = 0;
  /// Whether a thread other than the caller's should leave as soon as it can.
  virtual bool is_wanted_elsewhere() const { return false; }
};

struct scan_context {
  stop_check stop{};
  scan_executor* executor = nullptr; ///< none: the caller's thread alone
  std::size_t memory_max = 256u << 20; ///< bytes that the groups, ids and values of one question may take: query_too_large beyond

  scan_context() = default;
  template <class Stop>
    requires std::is_constructible_v<stop_check, Stop>
  scan_context(Stop&& check) : stop{std::forward<Stop>(check)} {}

  bool is_stopped() const { return stop && stop(); }
  std::size_t width() const noexcept { return executor == nullptr ? 1 : executor->width(); }
};

} // namespace dotmac
