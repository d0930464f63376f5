#pragma once

/// Which shards this node serves, and what it has to do about it: a pure state that is told what the database and the actors said.
///
///     ownership.note_view(asked_at, view);            // somebody else shall own shard 7 now
///     for (const auto& act : ownership.take_acts())   // -> prepare 7: write down what the next owner would have to read, while serving
///       ...
///     ownership.note_prepared(claim);                 // take_acts -> stop 7: finish, answer
///     ownership.note_stopped(claim);                  // its actors are gone
///     ownership.to_transfer();                        // -> 7 to its heir, a request to the database
///
/// Promise   `holds` is true only while no other node can own the shard: leases are counted by this node's steady clock from before they
///           were asked for, less `margin`. A shard is given away only after its actors are gone, and claimed again only after the actors of
///           an earlier epoch are gone.
/// Order     What the database said is told in the order in which it was asked, one question at a time.
/// Time      Spans since any fixed instant of a clock that never goes back (one that stands still while the machine sleeps will not do).
/// Cost      A few hundred steps per call.

#include "persistence/ports/cluster_table.hpp"
#include "persistence/ports/store.hpp"

#include <array>

namespace dotmac {

using steady_time = std::chrono::milliseconds;

struct ownership_limits {
  std::chrono::milliseconds lease{6'000};
  std::chrono::milliseconds margin{500}; ///< for clocks that run unequally: 8 % of a lease
  std::chrono::milliseconds prepare_within{5'000}; ///< then a shard is left as it is
};

/// For the actors of a shard.
struct shard_act {
  enum class kind : std::uint8_t {
    start,
    prepare, ///< to be stopped soon; go on serving, and make the stop a short one, then tell
    stop, ///< finish what is under way, write snapshots, then tell
    drop  ///< the shard is another's: end at once, then tell
  };
  kind what = kind::start;
  shard_claim claim;
  friend bool operator==(const shard_act&, const shard_act&) = default;
};
constexpr std::string_view to_string(shard_act::kind what) noexcept {
  constexpr std::array<std::string_view, 4> names{"start", "prepare", "stop", "drop"};
  return names[static_cast<std::size_t>(what)];
}

class shard_ownership {
public:
  explicit shard_ownership(ownership_limits limits) : limits_{limits} {}

  /// Before anything else, and again after `lose_all` when nothing is left.
  void become(node_name self);

  void note_view(steady_time asked_at, const cluster_view& view);
  void note_claimed(steady_time asked_at, std::span<const shard_claim> got);
  void note_renewed(steady_time asked_at, std::span<const shard_claim> asked, std::span<const shard_claim> kept);
  void note_transferred(std::span<const shard_transfer> transfers);
  void note_prepared(const shard_claim& claim);
  void note_stopped(const shard_claim& claim);
  /// From now on every shard is given away, and none taken.
  void leave_all();
  /// This incarnation was declared dead.
  void lose_all();

  std::vector<shard_claim> to_renew() const;
  std::vector<shard_id> to_claim() const;
  std::vector<shard_transfer> to_transfer() const;
  std::vector<shard_act> take_acts();

  /// New messages for the shard are let in.
  bool admits(shard_id shard, steady_time now) const noexcept { return is_admitting(shard) && now < holds_until(shard); }
  /// What its actors answer from memory is the truth.
  bool holds(shard_id shard, steady_time now) const noexcept { return now < holds_until(shard); }
  /// The same, to be looked at later without asking again: as long as nothing new is told here.
  bool is_admitting(shard_id shard) const noexcept { return is_in(shard, phase::serving); }
  steady_time holds_until(shard_id shard) const noexcept {
    return is_in(shard, phase::serving) || is_in(shard, phase::stopping) ? of(shard).ends_at - limits_.margin : steady_time{0};
  }
  /// There are no actors, and nothing to give away.
  bool is_empty() const noexcept;
  std::size_t shards_served() const noexcept;

private:
  enum class phase : std::uint8_t { none, serving, stopping, stopped /**< not yet given away */, dropping };
  struct held_shard {
    phase now = phase::none;
    ownership_epoch epoch{};
    steady_time known_since{0}; ///< views asked for earlier are too old to say that it is lost
    steady_time ends_at{0};     ///< of the lease
    /// Of the last view; `can_claim` until something was asked for or given away since.
    std::string wanted;
    std::string heir;
    bool can_claim = false;
    std::optional<steady_time> prepare_until; ///< while it is serving, and shall be left
  };

  held_shard& of(shard_id shard) { return shards_[to_number(shard)]; }
  const held_shard& of(shard_id shard) const { return shards_[to_number(shard)]; }
  bool is_in(shard_id shard, phase which) const noexcept { return of(shard).now == which; }
  void act(shard_act::kind what, shard_id shard) { acts_.push_back({what, {shard, of(shard).epoch}}); }
  void lose(shard_id shard);
  bool shall_leave(const held_shard& held) const noexcept { return is_leaving_ || (!held.wanted.empty() && held.wanted != self_.id); }
  void stop(shard_id shard);
  void look_at(steady_time asked_at, const shard_row& row);

  ownership_limits limits_;
  node_name self_;
  std::string owner_;
  bool is_leaving_ = false;
  std::array<held_shard, shard_count> shards_{};
  std::vector<shard_act> acts_;
};

} // namespace dotmac
