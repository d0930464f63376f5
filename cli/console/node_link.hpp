#pragma once

/// Carries out the calls of the console, off the thread that reads keys.
///
/// Promise  every call that is started is finished, with an answer or the reason why there is none, unless a later one took its place while it waited.
/// Limits   one call under way and one that waits per lane; look_within of a look, act_within of an act. A look under way is given up for the next.
/// Threads  one per lane of its own; start, finished and descriptor are called by one other thread. Its end takes about a second at most, whatever is under way.

#include "cli/console/console_state.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace dotmac::console {

inline constexpr std::chrono::milliseconds look_within{5'000};
inline constexpr std::chrono::milliseconds act_within{20'000};

class node_link {
public:
  explicit node_link(const connection_options& connection);
  ~node_link();
  node_link(const node_link&) = delete;
  node_link& operator=(const node_link&) = delete;

  void start(call what);
  /// Since it was last asked.
  std::vector<called> finished();
  /// Can be read from when something has finished; -1 where the system has none left.
  int descriptor() const { return wake_; }

private:
  struct worker {
    std::optional<call> waits;
    bool is_calling = false;
    std::atomic<bool> is_given_up{false};
    std::condition_variable changed;
    std::thread thread;
  };
  void work(worker& own, connection_options connection);

  std::mutex lock_; ///< of all that follows
  bool is_ending_ = false;
  std::vector<called> finished_;
  std::array<worker, lane_count> workers_;
  int wake_ = -1;
};

} // namespace dotmac::console
