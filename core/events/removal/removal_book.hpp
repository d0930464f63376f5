#pragma once

/// The removals of a partition: which are asked for, how far they are, and what was done.
///
/// Life     request -> its rows in memory go at once, those of stored segments as these are written anew -> nothing stored has its rows -> texts that
///          only they had are forgotten -> nothing stored has these -> finish is journaled, and a snapshot written on top: with it the last snapshot
///          and the journal from before go -> done. Whatever ends in between begins again where the last snapshot and the journal say.
/// Promise  Nothing of the id is kept here: its codes while it goes on, and the digest.
/// Limits   removals_pending_max, removals_told_max.
/// Threads  one owner.

#include "core/events/profiles/profile_book.hpp"
#include "core/events/removal/removal_condition.hpp"
#include "core/events/removal/removal_questions.hpp"

namespace dotmac {

/// An entry of the journal.
struct removal_change {
  enum class kind : std::uint8_t { request, retention, expire, step, finish, done };
  kind what{};
  remove_events request;
  event_retention retention;
  std::uint64_t number = 0; ///< finish, done: up to this one
  timestamp at;             ///< expire, done: now
};
template <> struct enumeration<removal_change::kind> {
  static constexpr std::array<std::string_view, 6> names{"request", "retention", "expire", "step", "finish", "done"};
};
template <> struct description<removal_change> {
  static constexpr auto fields = std::tuple{
      field{"what", &removal_change::what, "which change"}, field{"request", &removal_change::request, "what to remove"}, field{"retention", &removal_change::retention, "from now on"},
      field{"number", &removal_change::number, "up to this one"}, field{"at", &removal_change::at, "when"}};
};

struct pending_removal {
  removal_record record;
  removal_condition condition;
  bool is_finishing = false; ///< nothing stored has its rows and texts, but for what the next snapshot drops
};
template <> struct description<pending_removal> {
  static constexpr auto fields = std::tuple{field{"record", &pending_removal::record, "what is told"}, field{"condition", &pending_removal::condition, "which events"},
                                            field{"is_finishing", &pending_removal::is_finishing, "whether only the last snapshot is left"}};
};

struct removal_state {
  std::uint64_t last_number = 0;
  std::vector<pending_removal> pending; ///< by number
  std::vector<removal_record> done;     ///< newest last
  event_retention retention;
  timestamp expired_at{timestamp_min};  ///< the day, UTC, for which events were last let go
  bool is_empty() const noexcept { return last_number == 0 && !retention.days && retention.rules.empty(); }
};
template <> struct description<removal_state> {
  static constexpr auto fields = std::tuple{
      field{"last_number", &removal_state::last_number, "given"}, field{"pending", &removal_state::pending, "by number"}, field{"done", &removal_state::done, "newest last"},
      field{"retention", &removal_state::retention, "as it was set"}, field{"expired_at", &removal_state::expired_at, "the day"}};
};

/// The start of the day, UTC.
timestamp start_of_day(timestamp at) noexcept;

class removal_book {
public:
  /// Errors: too_many_requests.
  result<void> stage(removal_change change);
  bool has_staged() const noexcept { return staged_.has_value(); }
  void write_staged(bytes& out) const { binary::write(out, *staged_); }
  void discard_staged() noexcept { staged_.reset(); }
  removal_change take_staged() { return *std::exchange(staged_, std::nullopt); }
  /// Events in memory go, and the profile.
  void carry_out(const removal_change& change, event_columns& columns, profile_book& profiles);

  const removal_state& state() const noexcept { return state_; }
  void restore(removal_state state) { state_ = std::move(state); }
  void note_removed(std::uint64_t number, std::uint64_t events);
  removals_told tell() const;
  /// What the retention that is set means on a day; of all rows.
  removal_condition expiry_on(timestamp day, const event_columns& columns) const;

private:
  void begin(removal_record record, removal_condition condition, event_columns& columns);

  removal_state state_;
  std::optional<removal_change> staged_;
};

} // namespace dotmac
