#pragma once

/// The events of a funnel, brought together by user: every thread puts what it finds into parts by user; then each part, small enough for the
/// cache, is put in order and handed over user by user.
///
/// Threads  `add` on several, each with a worker number of its own; then `visit` of different parts on several.
/// Limits   the question's memory: query_too_large; kinds_max different sets of steps that events serve at once.
/// Cost     10 bytes an event of a stored chunk that lists them, else 16 bytes an event, 20 with constants, given back part by part; 24 more, 48 with constants, for those of the part that is visited. Each is moved twice.
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

  /// Rows that a chunk lists by user need not be put into parts: each part is a run of each list.
  struct listed_rows {
    std::shared_ptr<const coded_rows> list;
    std::uint64_t first_row = 0;
    std::uint64_t bits = 0; ///< of all of them
  };

  struct workplace {
    std::vector<funnel_event> events;
    std::vector<std::uint32_t> ends; ///< by user of the part
    std::vector<std::uint32_t> steps; ///< by user: of all his events
    std::vector<std::int64_t> firsts; ///< by user: the time of his first event of step 1, if any
    std::vector<std::uint32_t> first_rows;
    void note_first(std::uint32_t user, std::int64_t at, std::uint32_t row) noexcept { // no jumps: nobody could foretell them
      const bool is_first = (at < firsts[user]) | ((at == firsts[user]) & (row < first_rows[user]));
      firsts[user] = is_first ? at : firsts[user];
      first_rows[user] = is_first ? row : first_rows[user];
    }
    struct list_place {
      const listed_rows* of = nullptr;
      std::uint32_t next = 0, end = 0; ///< of its rows: those of the users of the part
    };
    std::vector<list_place> lists; ///< by row
    std::size_t next_part = 0;
  };

  /// `constants`: fields whose values each event carries as a number; events that lack one of them are left out.
  user_events(const event_view& view, event_field user_field, bool takes_all, std::size_t workers, memory_allowance& memory, std::vector<std::string> constants = {});

  /// The events of a chunk that serve a step, or all where `takes_all`; of those that have a user.
  /// What they are read from may be given up afterwards.
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
    if (auto gathered = gather(part, with, passed_over::nobody); !gathered)
      return gathered;
    std::uint32_t begin = 0;
    for (std::size_t user = 0; user < part_users; ++user) {
      const auto own = own_events(with, user, begin);
      if (!own.empty())
        take(code_of(part, user), put_in_order(own));
    }
    return {};
  }
  /// For questions that nobody without an event of step 1 matters to: `begin(user code, first event of step 1)` of those without one of step 2, `take` of the others, with
  /// events in no order, which it may change.
  template <class Begin, class Take> result<void> visit_who_began(std::size_t part, workplace& with, Begin&& begin_only, Take&& take) {
    if (auto gathered = gather(part, with, passed_over::who_did_not_go_on); !gathered)
      return gathered;
    std::uint32_t begin = 0;
    for (std::size_t user = 0; user < part_users; ++user) {
      const auto own = own_events(with, user, begin);
      if (!own.empty())
        take(code_of(part, user), own);
      else if ((with.steps[user] & 1) != 0)
        begin_only(code_of(part, user), funnel_event{with.firsts[user], with.first_rows[user], 1, 0, false});
    }
    return {};
  }

  static std::span<const funnel_event> put_in_order(std::span<funnel_event> own);
  /// Of equal times those of later steps come first: for events that serve one step each.
  static std::span<const funnel_event> put_later_steps_first(std::span<funnel_event> own);
  /// Between the last `add` and the first `visit`: whether each event that was taken serves one step, and none excludes.
  bool serve_one_step_each() const;

private:
  enum class passed_over : std::uint8_t { nobody, who_did_not_go_on };
  static constexpr std::size_t listed_codes_max = 8; ///< of events in steps; of more the columns are looked at
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
    std::vector<listed_rows> lists;
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
  result<bool> take_listed_rows(found_by_worker& mine, const event_chunk& chunk, const time_range& range, const step_bits::kinds_by_code& kinds, const scan_context& context);
  void take_numbered_run(found_by_worker& mine, const event_chunk& chunk, std::uint32_t first, std::span<const std::uint32_t> kinds, const time_range& range);
  result<void> keep_lists(found_by_worker& mine, std::span<std::shared_ptr<const coded_rows>> lists, const event_chunk& chunk, const step_bits::kinds_by_code& kinds);
  void move_lists(std::size_t part, workplace& into) const;
  template <class Use> void for_each_listed(const workplace& into, Use&& use) const;
  static funnel_event event_of(const found_by_worker& by, const entry& event, std::uint32_t constant);
  void place_with_constants(found_by_worker& by, std::size_t part, workplace& into);
  result<void> gather(std::size_t part, workplace& into, passed_over who);
  std::size_t count_events(std::size_t part, workplace& into) const;
  void place_who_went_on(const found_by_worker& by, std::size_t part, workplace& into);
  void place_listed(workplace& into, bool takes_all) const;
  std::size_t count_who_went_on(std::size_t part, workplace& into) const;
  static std::uint32_t code_of(std::size_t part, std::size_t user) noexcept { return static_cast<std::uint32_t>(part << part_users_log | user); }
  static std::span<funnel_event> own_events(workplace& with, std::size_t user, std::uint32_t& begin) noexcept {
    const auto from = std::exchange(begin, with.ends[user]);
    return std::span{with.events}.subspan(from, begin - from);
  }

  const event_view& view_;
  const event_field user_field_;
  const bool takes_all_;
  const std::size_t part_count_;
  memory_allowance& memory_;
  const std::vector<std::string> constants_;
  std::vector<std::unique_ptr<found_by_worker>> workers_;
};

} // namespace dotmac
