#include "runtime/node/shard_load_meter.hpp"

#include <cmath>

namespace dotmac {

std::vector<shard_load> shard_load_meter::measure(std::chrono::milliseconds now, const work_of_shards& work, const std::array<std::uint64_t, shard_count>& memory,
                                                  const std::function<bool(shard_id)>& is_served) {
  std::vector<shard_load> told;
  for (std::uint16_t i = 0; i < shard_count; ++i) {
    auto& each = shards_[i];
    const auto counted = work[i].load(std::memory_order_relaxed);
    if (const bool is_here = is_served(shard_id{i}); !is_here || !each.is_served) {
      each = {is_here, now, now, counted, 0, std::nullopt};
      continue;
    }
    const std::chrono::duration<double> passed = now - each.last;
    if (passed.count() <= 0)
      continue;
    const auto weight = std::exp(-passed / evened_over);
    each.rate = each.rate * weight + static_cast<double>(counted - each.work) / passed.count() * (1 - weight);
    each.work = counted;
    each.last = now;
    if (now - each.since < measured_for)
      continue;
    // What was before `since` is not known, and not nothing.
    const auto known = 1 - std::exp(-std::chrono::duration<double>{now - each.since} / evened_over);
    const auto load = static_cast<std::uint64_t>(each.rate / known) + (memory[i] >> 10);
    if (each.told && (load > *each.told ? load - *each.told : *each.told - load) <= std::max(told_from, *each.told / 10))
      continue;
    each.told = load;
    told.push_back({shard_id{i}, load});
  }
  return told;
}

std::array<std::uint64_t, shard_count> memory_of_shards(figures_registry& registry) {
  std::array<std::uint64_t, shard_count> memory{};
  for (const auto& each : registry.all())
    if (each->work)
      memory[each->shard] += each->memory_bytes.load(std::memory_order_relaxed);
  return memory;
}

} // namespace dotmac
