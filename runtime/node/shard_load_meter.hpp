#pragma once

/// How much each shard has to do on this node: microseconds of work a second, evened out over half a minute, and one for every KiB of memory that its
/// actors hold, so that a GiB weighs as much as a thread at work.
///
/// Promise   A shard is told of when it has been measured for `measured_for`: what it was told to have on another node holds until then. Afterwards
///           again only when it has changed by more than a tenth, and by more than `told_from`: each is a write to the database.
/// Threads   one.
/// Cost      a few operations for each of the 256 shards.

#include "runtime/actor/actor_figures.hpp"

#include "persistence/ports/cluster_table.hpp"

#include <functional>

namespace dotmac {

class shard_load_meter {
public:
  static constexpr std::chrono::milliseconds evened_over{30'000};
  static constexpr std::chrono::milliseconds measured_for{15'000};
  static constexpr std::uint64_t told_from = 1'000;

  /// `memory`: bytes by shard. Those that `is_served` says are told of.
  std::vector<shard_load> measure(std::chrono::milliseconds now, const work_of_shards& work, const std::array<std::uint64_t, shard_count>& memory, const std::function<bool(shard_id)>& is_served);

private:
  struct measured {
    bool is_served = false;
    std::chrono::milliseconds since{0}, last{0};
    std::uint64_t work = 0; ///< counted at `last`
    double rate = 0;        ///< as if it had been zero before `since`
    std::optional<std::uint64_t> told;
  };
  std::array<measured, shard_count> shards_{};
};

std::array<std::uint64_t, shard_count> memory_of_shards(figures_registry& registry);

} // namespace dotmac
