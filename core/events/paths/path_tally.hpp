#pragma once

/// Counts kept paths: first which labels are frequent in each position, then nodes and links among those.
///
/// Threads  `count_labels` and, after `choose`, `count_paths` on several, each with a worker number of its own; a user's paths all in one call.
/// Limits   the question's memory: query_too_large.
/// Cost     linear in the steps that are kept; per thread 4 bytes per position and label, 16 per position and pair of nodes.

#include "core/events/memory_allowance.hpp"
#include "core/events/paths/path_walk.hpp"
#include "core/events/scan_context.hpp"

namespace dotmac {

class path_tally {
public:
  path_tally(const follow_paths& question, std::size_t label_count, std::size_t workers, memory_allowance& memory);

  result<void> count_labels(std::size_t worker, const kept_paths& paths);
  result<void> choose();
  result<void> count_paths(std::size_t worker, const kept_paths& paths);
  /// `labels` by number, in order.
  paths_followed finish(const std::vector<scalar>& labels);

private:
  struct counted {
    std::uint64_t paths = 0, users = 0, drop_offs = 0;
    std::uint64_t last_user = 0;
    void add(std::uint64_t user, bool ends_here) {
      ++paths;
      drop_offs += ends_here;
      users += std::exchange(last_user, user) != user;
    }
    void merge(const counted& other) {
      paths += other.paths;
      users += other.users;
      drop_offs += other.drop_offs;
    }
  };
  struct link {
    std::uint64_t paths = 0, milliseconds = 0;
  };
  struct tallies {
    std::vector<counted> steps; ///< by position
    std::vector<counted> nodes; ///< position * node_count_ + node
    std::vector<link> links;    ///< (position * node_count_ + node) * node_count_ + node of the next position
    std::uint64_t user = 0;     ///< number of the user being counted
  };
  result<tallies*> open(std::size_t worker);
  void add_nodes(path_step& to, std::size_t position, const tallies& whole, const std::vector<scalar>& labels) const;
  void add_links(std::vector<path_link>& to, std::size_t position, const tallies& whole, const std::vector<scalar>& labels) const;
  scalar label_of_node(std::size_t position, std::size_t node, const std::vector<scalar>& labels) const;

  const bool is_backwards_;
  const std::size_t step_count_;
  const std::size_t label_count_;
  const std::size_t node_count_; ///< with the others, who are the last
  memory_allowance& memory_;
  std::vector<std::vector<std::uint32_t>> label_paths_; ///< by worker: position * label_count_ + label
  std::vector<std::uint8_t> node_of_;                   ///< position * label_count_ + label
  std::vector<std::vector<std::uint32_t>> chosen_;      ///< by position: labels of nodes, in order
  std::vector<std::unique_ptr<tallies>> workers_;
  std::uint64_t labels_found_ = 0; ///< in any position
};

} // namespace dotmac
