#pragma once

/// Figures of sessions per line and bucket: a line for each of the largest groups, one for the others, one for all.
///
/// Threads   `add_users` on several, each with a worker number of its own; the rest on one, which shares out what is much.
/// Limits    session_points_max and the question's memory: query_too_large.
/// Cost      linear in the sessions; percentiles select in place. 8 bytes per session and line (its own and that of all) where it has a length.

#include "core/events/parallel_scan.hpp"
#include "core/events/sessions/session_groups.hpp"

namespace dotmac {

/// `place`: its group's number times the number of buckets, plus its bucket.
struct session_record {
  std::uint32_t user = 0; ///< 0: nobody
  std::uint32_t place = 0;
  std::uint32_t events = 0;
};

/// Of sessions that were found together. Most are of one instant: of those no length is kept.
struct found_sessions {
  std::vector<session_record> records; ///< those of one user together
  std::vector<std::uint32_t> length_places;
  std::vector<std::int64_t> lengths; ///< milliseconds, above 0
  std::size_t worker = 0;            ///< whose numbers the groups have

  std::size_t bytes() const noexcept {
    return records.capacity() * sizeof(session_record) + length_places.capacity() * sizeof(std::uint32_t) + lengths.capacity() * sizeof(std::int64_t);
  }
};

class session_lines {
public:
  session_lines(std::size_t bucket_count, std::size_t group_count, const scan_context& context, memory_allowance& memory)
      : bucket_count_{bucket_count}, group_count_{group_count}, context_{context}, memory_{memory}, workers_(context.width()) {}

  /// `chosen`: groups with a line of their own; the others share one. Without dimensions there are none: the one group is `all`.
  result<void> choose(std::span<const std::size_t> chosen, bool has_dimensions);

  /// Places are by common numbers of groups from here on. A user's records must all be in one call, together.
  result<void> add(std::size_t worker, std::span<const session_record> records);
  result<void> add_lengths(std::span<const found_sessions> parts);

  std::size_t line_count() const noexcept { return line_count_; }
  bool has_other() const noexcept { return has_other_; }
  /// By line and bucket, then the totals by line. The last line is that of all.
  result<std::vector<session_line>> finish();

private:
  struct cell {
    session_figures figures;
    std::uint32_t last_user = 0;
    void add(const session_record& from) {
      ++figures.sessions;
      figures.events += from.events;
      figures.bounces += from.events == 1;
      if (from.user != 0 && from.user != last_user) {
        ++figures.users;
        last_user = from.user;
      }
    }
  };
  struct tallies {
    std::vector<cell> cells;  ///< line * bucket_count + bucket
    std::vector<cell> totals; ///< by line
  };
  void merge_tallies();
  void select(session_figures& into, std::span<std::int64_t> lengths) const;

  const std::size_t bucket_count_;
  const std::size_t group_count_;
  const scan_context& context_;
  memory_allowance& memory_;
  std::size_t line_count_ = 1;
  bool has_other_ = false;
  std::vector<std::uint32_t> line_of_group_; ///< empty: all are in the last one
  std::vector<std::unique_ptr<tallies>> workers_;
  std::vector<std::size_t> offsets_; ///< by cell: where its lengths begin
  std::vector<std::int64_t> lengths_;
};

} // namespace dotmac
