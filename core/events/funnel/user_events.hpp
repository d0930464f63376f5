#pragma once

/// The events of a funnel, brought together by user: every thread puts what it finds into parts by user; then each part, small enough for the
/// cache, is put in order and handed over user by user.
///
/// Threads  `add` on several, each with a worker number of its own; then `visit` of different parts on several.
/// Limits   the question's memory: query_too_large; kinds_max different sets of steps that events serve at once.
/// Cost     16 bytes an event, 20 with constants, given back part by part; 24 more, 48 with constants, for those of the part that is visited. Each is moved twice.
/// Source   radix partitioning: Manegold, Boncz, Kersten, "Optimizing Main-Memory Join on Modern Hardware" (2002).

#include "core/events/funnel/entry_blocks.hpp"
#include "core/events/funnel/held_constants.hpp"
#include "core/events/funnel/step_bits.hpp"
#include "core/events/memory_allowance.hpp"

#include <algorithm>

namespace dotmac {

class user_events {
public:
  static constexpr std::size_t kinds_max = 65'536;

  struct workplace {
    std::vector<funnel_event> events;
    std::vector<std::uint32_t> ends; ///< by user of the part
  };

  /// `constants`: fields whose values each event carries as a number; events that lack one of them are left out.
  user_events(const event_view& view, event_field user_field, bool takes_all, std::size_t workers, memory_allowance& memory, std::vector<std::string> constants = {});

  /// The events of a chunk that serve a step, or all where `takes_all`; of those that have a user.
  result<void> add(std::size_t worker, const event_chunk& chunk, const time_range& range, const step_bits& steps, const scan_context& context);

  /// Between the last `add` and the first `visit`, on one thread: equal values get equal numbers. Does nothing without constants.
  result<void> match_constants();

  /// The same by numbers of the caller's own, each with bits that `set_kinds` says before the first visit: `fill(first row of the run, kinds by row)` tells
  /// the number of each row, below kinds_max, or not_taken.
  static constexpr std::uint32_t not_taken = ~std::uint32_t{0};
  template <class Fill> result<void> add_kinds(std::size_t worker, const event_chunk& chunk, const time_range& range, const scan_context& context, Fill&& fill) {
    auto& mine = open(worker);
    for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
      if (context.is_stopped())
        return question_cancelled();
      const auto kinds = std::span{mine.bits->codes}.first(std::min(scan_rows, chunk.rows - first));
      if (auto filled = fill(first, kinds); !filled)
        return filled;
      take_numbered_run(mine, chunk, first, kinds, range);
    }
    return charge(mine);
  }
  void set_kinds(std::size_t worker, std::vector<std::uint64_t> bits) {
    if (workers_[worker])
      workers_[worker]->kinds = std::move(bits);
  }

  std::size_t part_count() const noexcept { return part_count_; }

  /// Calls `take(user code, events by time, then row)` for each user of the part who has events, by code. What the part held is given up.
  /// Errors: query_too_large: one user may have most of all events.
  template <class Take> result<void> visit(std::size_t part, workplace& with, Take&& take) {
    if (auto gathered = gather(part, with); !gathered)
      return gathered;
    std::uint32_t begin = 0;
    for (std::size_t user = 0; user < with.ends.size(); ++user) {
      const auto own = std::span{with.events}.subspan(begin, with.ends[user] - begin);
      begin = with.ends[user];
      if (!own.empty())
        take(static_cast<std::uint32_t>(part << part_users_log | user), put_in_order(own));
    }
    return {};
  }

private:
  static constexpr std::uint32_t part_users_log = 11;
  static constexpr std::uint32_t part_users = 1u << part_users_log;

  /// The times of ten thousand years take 49 bits; a user is known by his part and 11 more, which leave room for the kind.
  struct entry {
    std::uint32_t kind_and_user; ///< number of its bits << part_users_log | number of the user in the part
    std::uint32_t row;
    std::int64_t at;
    std::uint32_t kind() const noexcept { return kind_and_user >> part_users_log; }
    std::uint32_t user() const noexcept { return kind_and_user & (part_users - 1); }
  };
  static_assert(kinds_max <= std::size_t{1} << (32 - part_users_log));
  struct found_by_worker {
    std::vector<entry_blocks<entry>> parts;
    std::size_t charged = 0; ///< bytes
    std::vector<std::uint64_t> kinds; ///< bits by number
    std::unique_ptr<step_bits::workplace> bits;
    std::unique_ptr<held_constants> constants;             ///< where there are any
    std::vector<entry_blocks<std::uint32_t>> constant_parts; ///< beside parts: the number of each entry
    std::vector<std::uint32_t> common_numbers;             ///< by number of its own
    std::array<std::uint32_t, scan_rows> users;
    std::array<std::int64_t, scan_rows> times;
    void put(std::uint32_t user, std::uint64_t row, std::int64_t at, std::uint64_t kind) {
      parts[user >> part_users_log].push_back({static_cast<std::uint32_t>(kind << part_users_log | (user & (part_users - 1))), static_cast<std::uint32_t>(row), at});
    }
  };

  found_by_worker& open(std::size_t worker);
  result<std::uint64_t> kind_of(found_by_worker& mine, std::uint64_t bits);
  std::span<const std::uint32_t> constants_of_run(found_by_worker& mine, const event_chunk& chunk, std::uint32_t first, std::uint32_t count) const;
  result<void> charge(found_by_worker& mine);
  result<void> take_run(found_by_worker& mine, const event_chunk& chunk, std::uint32_t first, std::uint32_t count, const time_range& range);
  void take_coded_run(found_by_worker& mine, const event_chunk& chunk, std::uint32_t first, std::uint32_t count, const time_range& range, const step_bits::kinds_by_code& kinds);
  void take_numbered_run(found_by_worker& mine, const event_chunk& chunk, std::uint32_t first, std::span<const std::uint32_t> kinds, const time_range& range);
  static funnel_event event_of(const found_by_worker& by, const entry& event, std::uint32_t constant);
  void place_with_constants(found_by_worker& by, std::size_t part, workplace& into);
  result<void> gather(std::size_t part, workplace& into);
  static std::span<const funnel_event> put_in_order(std::span<funnel_event> own);

  const event_view& view_;
  const event_field user_field_;
  const bool takes_all_;
  const std::size_t part_count_;
  memory_allowance& memory_;
  const std::vector<std::string> constants_;
  std::vector<std::unique_ptr<found_by_worker>> workers_;
};

} // namespace dotmac
