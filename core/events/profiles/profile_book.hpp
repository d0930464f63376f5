#pragma once

/// The profiles of a partition: which changes are possible, and what they make of them.
///
/// Life     as event_partition's: stage -> write_staged to the journal -> commit_staged once durable, or discard_staged. One change_profiles at a time.
/// Limits   profile_limits: validation_failed, and nothing is staged. Nothing is checked of what the journal has.
/// Threads  one owner; what `share` gave out may be read anywhere and does not change.
/// Cost     a change: a look-up of its ids, and of each attribute's name among those known.

#include "core/describe/binary.hpp"
#include "core/events/event_columns.hpp"
#include "core/events/profiles/profile_table.hpp"

#include <unordered_map>

namespace dotmac {

struct profile_limits {
  std::size_t attributes_max = 1'000;       ///< different names of one kind of subject
  std::size_t profiles_max = 20'000'000;    ///< of one kind of subject
  std::size_t user_ids_max = 1'000;         ///< that are one user
  std::size_t group_properties_max = 100;   ///< kinds of groups
};

class profile_book {
public:
  explicit profile_book(profile_limits limits = {}) : limits_{limits} {}

  result<void> stage(event_columns& columns, change_profiles changes);
  bool has_staged() const noexcept { return staged_.has_value(); }
  void write_staged(bytes& out) const { binary::write(out, *staged_); }
  /// Afterwards: how many of the changes had an effect.
  std::uint64_t commit_staged();
  void discard_staged() noexcept;
  /// Of a change that was staged, or of one from the journal, whose ids are new to `columns` perhaps.
  result<void> apply(event_columns& columns, const change_profiles& changes);

  /// The subject has no profile any more, and the ids that were one user are several again. Returns the codes that it had; none for 0.
  std::vector<std::uint32_t> remove(const profile_subject& subject, std::uint32_t code);
  /// Whether something is known of this code.
  bool knows(const profile_subject& subject, std::uint32_t code) const;

  /// None while nothing was ever told of any.
  std::shared_ptr<const profile_state> share() const;
  std::size_t memory_bytes() const { return state_ == nullptr ? 0 : state_->memory_bytes(); }

  /// The part of a snapshot. `read` puts the ids that have no events into the dictionaries. Errors: corrupt_data.
  static void write(bytes& out, const event_view& view);
  result<void> read(binary::reader& in, event_columns& columns);

private:
  struct resolved { ///< codes of one change
    std::uint32_t id = 0;
    std::uint32_t into = 0;
  };
  result<void> check(const event_columns& columns, const change_profiles& changes) const;
  static result<std::vector<resolved>> resolve(event_columns& columns, const change_profiles& changes);
  profile_state& writable();
  bool carry_out(const profile_change& change, const resolved& codes, std::uint32_t second);
  bool merge(std::uint32_t from, std::uint32_t into, std::uint32_t second);
  void adopt(std::uint32_t user, std::uint32_t root);
  result<void> read_table(binary::reader& in, event_columns& columns);

  profile_limits limits_;
  std::shared_ptr<profile_state> state_;
  mutable bool is_shared_ = false; ///< the present state was given out
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> merged_into_; ///< by user: the other codes that are he
  std::optional<change_profiles> staged_;
  std::vector<resolved> staged_codes_;
};

} // namespace dotmac
