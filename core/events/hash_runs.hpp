#pragma once

/// Which numbers have a hash: for many millions of them, nearly all in memory that the system may page out.
///
/// A run is sorted by hash and never changes; two of about the same size become one, as the levels of a log-structured merge tree do, up to run_entries_max.
/// Before each run stands a block_filter, so that a hash that is nowhere is almost never looked for in a run.
///
/// Threads  one owner.
/// Cost     an entry: 12 bytes of `memory` and 2 of ordinary memory. `add`: sorting, and merging log2(run_entries_max / size) times in the long run.
///          `visit`: one cache line a run; in a run that may have it about three places (interpolation search, Peterson 1957), then what the visitor does.

#include "core/events/block_filter.hpp"

#include <functional>
#include <memory_resource>
#include <span>

namespace dotmac {

inline constexpr std::size_t run_entries_max = 16 << 20;

struct hashed_number {
  std::uint64_t hash = 0;
  std::uint32_t number = 0;
};

/// By hash.
void sort_by_hash(std::vector<hashed_number>& entries);

class hash_runs {
public:
  explicit hash_runs(std::pmr::memory_resource* memory = std::pmr::new_delete_resource()) : memory_{memory} {}

  /// Sorted by hash. Where runs are merged, what `is_dropped` says of goes; it may be empty.
  void add(std::span<const hashed_number> entries, const std::function<bool(std::uint32_t number)>& is_dropped);

  /// Runs of which every number is less go.
  void drop_below(std::uint64_t number);

  /// `is_it(number)` for each number of that hash until it is true; whether it was.
  template <class Is> bool visit(std::uint64_t hash, Is&& is_it) const {
    for (auto each = runs_.rbegin(); each != runs_.rend(); ++each) {
      if (!each->filter.may_have(hash))
        continue;
      for (std::size_t at = each->first_at_least(hash); at < each->hashes.size() && each->hashes[at] == hash; ++at)
        if (is_it(each->numbers[at]))
          return true;
    }
    return false;
  }

  /// What `visit` looks at first is on its way from memory then.
  void prefetch(std::uint64_t hash) const noexcept {
    for (const auto& each : runs_)
      each.filter.prefetch(hash);
  }

  std::size_t run_count() const noexcept { return runs_.size(); }
  std::size_t memory_bytes() const noexcept;

private:
  struct run {
    std::pmr::vector<std::uint64_t> hashes;
    std::pmr::vector<std::uint32_t> numbers;
    block_filter filter;
    std::uint32_t largest = 0; ///< of the numbers
    run(std::size_t size, std::pmr::memory_resource* memory);
    void append(std::uint64_t hash, std::uint32_t number);
    std::size_t first_at_least(std::uint64_t hash) const noexcept;
  };
  run merge(const run& older, const run& newer, const std::function<bool(std::uint32_t)>& is_dropped) const;

  std::pmr::memory_resource* memory_;
  std::vector<run> runs_;
};

} // namespace dotmac
