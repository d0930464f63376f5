#pragma once

/// The rows of a stored chunk that have one code in a field, of those that have a user, by user: all that a question about what users did looks at, made once from
/// three columns and kept beside them as long as there is room.
///
/// Threads  immutable once made.
/// Cost     making: a comparison a row of the chunk and about fifty nanoseconds for each that is found; 10 bytes each in most chunks, 14 where they are weeks long. Of a code
///          that more than half of the rows have none are listed: columns are as good then.

#include "core/events/event_block.hpp"
#include "core/events/packed_integers.hpp"

#include <vector>

namespace dotmac {

struct coded_rows_key {
  event_field field{};
  event_field user_field{};
  std::uint32_t code = 0;
  std::uint32_t chunk = 0; ///< of the segment
  friend bool operator==(const coded_rows_key&, const coded_rows_key&) = default;
};

class coded_rows {
public:
  /// Users as they were sent: those who were merged are told apart.
  static coded_rows make(const packed_integers& codes, std::uint32_t code, const packed_integers& users, const packed_integers& at);

  /// Then nothing is listed.
  bool is_common() const noexcept { return is_common_; }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(users_.size()); }
  std::span<const std::uint32_t> users() const noexcept { return users_; } ///< rising; the rows of each rise too
  std::span<const std::uint16_t> rows() const noexcept { return rows_; }
  std::int64_t at(std::size_t i) const noexcept { return later_.empty() ? at_[i] : first_at_ + later_[i]; }
  /// Calls `use(at)` once, where at(i) does not look each time how times are kept.
  template <class Use> void with_times(Use&& use) const {
    if (later_.empty())
      use([times = at_.data()](std::size_t i) { return times[i]; });
    else
      use([times = later_.data(), first = first_at_](std::size_t i) { return first + times[i]; });
  }
  std::size_t memory_bytes() const noexcept {
    return sizeof(coded_rows) + users_.size() * sizeof(users_[0]) + rows_.size() * sizeof(rows_[0]) + later_.size() * sizeof(later_[0]) + at_.size() * sizeof(at_[0]);
  }

private:
  std::vector<std::uint32_t> users_;
  std::vector<std::uint16_t> rows_;
  std::vector<std::uint32_t> later_; ///< milliseconds after first_at_
  std::vector<std::int64_t> at_;     ///< instead, where these do not fit
  std::int64_t first_at_ = 0;
  bool is_common_ = false;
};

} // namespace dotmac
