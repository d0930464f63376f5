#pragma once

/// Which rows may have an event id: by its hash, of the events that were received within the dedupe window at least.
///
/// Life     remember rows as they rise -> settle what is committed, or forget_from what is discarded. `make_room` when `is_full`.
/// Threads  one owner.
/// Limits   recent_ids_max ids and those of one commit stand in ordinary memory.
/// Cost     20 to 28 bytes an id of them; 14 of those that are settled, 12 of it in memory that may be paged out (hash_runs.hpp).

#include "core/events/hash_runs.hpp"

namespace dotmac {

inline constexpr std::size_t recent_ids_max = 1 << 20;

class event_id_index {
public:
  /// Before there is any; outlives this.
  void use_for_large(std::pmr::memory_resource* memory) { settled_ = hash_runs{memory}; }

  void remember(std::uint64_t hash, std::uint64_t row);
  /// None of them is settled.
  void forget_from(std::uint64_t row);
  bool is_full() const noexcept { return (recent_.size() + 1) * 3 > slots_.size() * 2; }
  /// For more. Rows below `first_kept` may be forgotten.
  void make_room(std::uint64_t first_kept);
  bool wants_settling() const noexcept { return recent_.size() >= recent_ids_max; }
  /// What there is stays until it is below `first_kept`.
  void settle(std::uint64_t first_kept);

  /// `is_it(row)` for each row that may have an id of that hash until it is true.
  template <class Is> void visit(std::uint64_t hash, Is&& is_it) const {
    if (!slots_.empty())
      for (std::size_t at = home_of(hash); slots_[at] != 0; at = (at + 1) & (slots_.size() - 1))
        if (const auto& each = recent_[slots_[at] - 1]; each.hash == hash && is_it(std::uint64_t{each.number}))
          return;
    settled_.visit(hash, [&](std::uint32_t row) { return is_it(std::uint64_t{row}); });
  }
  std::size_t memory_bytes() const noexcept { return recent_.capacity() * sizeof(hashed_number) + slots_.size() * sizeof(std::uint32_t) + settled_.memory_bytes(); }

private:
  std::size_t home_of(std::uint64_t hash) const noexcept { return hash & (slots_.size() - 1); }
  void put(std::size_t number);
  void rebuild(std::size_t slots);

  std::vector<hashed_number> recent_; ///< by row
  std::vector<std::uint32_t> slots_;  ///< number in recent_ + 1; zero: free
  hash_runs settled_;
};

} // namespace dotmac
