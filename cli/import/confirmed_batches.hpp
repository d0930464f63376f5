#pragma once

/// Puts batches that several senders finish in any order back into the order of the file, and keeps the import's state by it.
///
/// Limits   batches_ahead_max batches behind one that is not finished yet; the reader waits then (is_near).
/// Threads  any.

#include "cli/import/batch_sender.hpp"
#include "cli/import/import_state.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

namespace dotmac {

inline constexpr std::uint64_t batches_ahead_max = 64;

struct rejected_row {
  std::uint64_t line = 0;
  std::string reason;
  std::string row;
};

struct row_batch {
  std::uint64_t number = 0; ///< from 0, in the order of the file
  std::uint64_t last_line = 0;
  std::vector<json> items;
  std::vector<std::size_t> rows; ///< per item: its place in raws
  std::vector<rejected_row> raws;
  std::vector<rejected_row> faults;
};

class confirmed_batches {
public:
  confirmed_batches(std::string state_path, std::string rejected_path, import_state state)
      : state_path_{std::move(state_path)}, rejected_{std::move(rejected_path)}, state_{std::move(state)} {}

  result<void> begin() { return rejected_.keep_up_to(state_.confirmed_line); }

  result<void> confirm(row_batch batch, const sent_items& sent) {
    const std::lock_guard lock{mutex_};
    auto& faults = batch.faults;
    std::sort(faults.begin(), faults.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
    finished_.emplace(batch.number, finished{batch.last_line, std::move(faults), sent.accepted, sent.duplicates});
    for (auto each = finished_.begin(); each != finished_.end() && each->first == next_; each = finished_.erase(each), ++next_) {
      for (const auto& fault : each->second.faults)
        if (auto added = rejected_.add(fault.line, fault.reason, fault.row); !added)
          return added;
      state_.confirmed_line = each->second.last_line;
      state_.counts.accepted += each->second.accepted;
      state_.counts.duplicates += each->second.duplicates;
      state_.counts.rejected += each->second.faults.size();
    }
    advanced_.notify_all();
    return {};
  }

  /// Whether batch `number` is less than batches_ahead_max ahead of the first one that is not confirmed; waits for it as long as `patience`.
  bool is_near(std::uint64_t number, std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    return advanced_.wait_for(lock, patience, [&] { return number < next_ + batches_ahead_max; });
  }

  result<void> save() {
    const std::lock_guard lock{mutex_};
    if (auto flushed = rejected_.flush(); !flushed || state_.confirmed_line == 0)
      return flushed;
    return write_import_state(state_path_, state_);
  }

  import_counts counts() {
    const std::lock_guard lock{mutex_};
    return state_.counts;
  }
  void fail(const failure& why) {
    const std::lock_guard lock{mutex_};
    if (!failure_)
      failure_ = why;
  }
  std::optional<failure> first_failure() {
    const std::lock_guard lock{mutex_};
    return failure_;
  }

private:
  struct finished {
    std::uint64_t last_line;
    std::vector<rejected_row> faults;
    std::uint64_t accepted;
    std::uint64_t duplicates;
  };
  std::mutex mutex_;
  std::condition_variable advanced_;
  std::string state_path_;
  rejected_rows rejected_;
  import_state state_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, finished> finished_;
  std::optional<failure> failure_;
};

} // namespace dotmac
