#include "cluster/placement.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace dotmac {
namespace {

struct share {
  const placement_node* node;
  std::vector<const placement_shard*> shards;
  double load = 0;
};

class planner {
public:
  planner(std::span<const placement_node> nodes, std::span<const placement_shard> shards, const placement_limits& limits) : limits_{limits} {
    for (const auto& node : nodes)
      if (node.may_keep)
        shares_.push_back({&node, {}, 0});
    std::sort(shares_.begin(), shares_.end(), [](const share& a, const share& b) { return a.node->id < b.node->id; });
    for (const auto& shard : shards) {
      const auto is_on_a_node = std::any_of(nodes.begin(), nodes.end(), [&](const placement_node& node) { return node.id == shard.node; });
      moving_ += is_on_a_node && shard.is_moving;
      if (auto* keeper = share_of(shard.node))
        add(*keeper, shard);
      else
        (is_on_a_node ? leaving_ : homeless_).push_back(&shard);
    }
  }

  placement_plan plan(bool is_evening_loads) {
    if (std::none_of(shares_.begin(), shares_.end(), [](const share& each) { return each.node->may_receive; }))
      return {{}, is_evening_loads};
    place(homeless_, SIZE_MAX);
    place(leaving_, moves_left());
    even_out_counts();
    placement_plan result{{}, even_out_loads(is_evening_loads)};
    result.assignments = std::move(assignments_);
    return result;
  }

private:
  share* share_of(const std::string& id) {
    const auto found = std::find_if(shares_.begin(), shares_.end(), [&](const share& each) { return each.node->id == id; });
    return found == shares_.end() ? nullptr : &*found;
  }
  std::size_t moves_left() const { return limits_.moves_max > moving_ ? limits_.moves_max - moving_ : 0; }

  static void add(share& to, const placement_shard& shard) {
    to.shards.push_back(&shard);
    to.load += static_cast<double>(shard.load);
  }
  static void take(share& from, const placement_shard& shard) {
    from.shards.erase(std::find(from.shards.begin(), from.shards.end(), &shard));
    from.load -= static_cast<double>(shard.load);
  }
  void assign(const placement_shard& shard, share& to) {
    assignments_.push_back({shard.shard, to.node->id});
    add(to, shard);
  }
  void move(share& from, share& to, const placement_shard& shard) {
    take(from, shard);
    assign(shard, to);
    ++moving_;
  }

  /// Of those that may receive, the one with the fewest shards, then the least load.
  share& emptiest() {
    share* best = nullptr;
    for (auto& each : shares_)
      if (each.node->may_receive && (best == nullptr || std::pair{each.shards.size(), each.load} < std::pair{best->shards.size(), best->load}))
        best = &each;
    return *best;
  }
  share& fullest() {
    return *std::max_element(shares_.begin(), shares_.end(), [](const share& a, const share& b) { return std::pair{a.shards.size(), a.load} < std::pair{b.shards.size(), b.load}; });
  }

  void place(std::vector<const placement_shard*>& shards, std::size_t most) {
    std::stable_sort(shards.begin(), shards.end(), [](const auto* a, const auto* b) { return a->load > b->load; });
    for (const auto* shard : shards) {
      if (most == 0)
        break;
      if (most != SIZE_MAX) {
        --most;
        ++moving_;
      }
      assign(*shard, emptiest());
    }
  }

  static double distance(const placement_shard& shard, double load) { return std::abs(static_cast<double>(shard.load) - load); }
  /// The one whose load is nearest to `load` among those that stand still.
  const placement_shard* nearest(const share& of, double load) const {
    const placement_shard* best = nullptr;
    for (const auto* each : of.shards)
      if (!each->is_moving && !is_assigned(*each) && (best == nullptr || distance(*each, load) < distance(*best, load)))
        best = each;
    return best;
  }

  void even_out_counts() {
    while (moves_left() > 0) {
      auto& from = fullest();
      auto& to = emptiest();
      if (from.shards.size() < to.shards.size() + 2)
        return;
      const auto* shard = nearest(from, std::max(0.0, (from.load - to.load) / 2));
      if (shard == nullptr)
        return;
      move(from, to, *shard);
    }
  }

  double mean_load() const {
    return std::accumulate(shares_.begin(), shares_.end(), 0.0, [](double sum, const share& each) { return sum + each.load; }) / static_cast<double>(shares_.size());
  }

  /// Whether there is more to do.
  bool even_out_loads(bool was_at_it) {
    const auto mean = mean_load();
    if (mean <= 0 || shares_.size() < 2)
      return false;
    const auto heavier = [](const share& a, const share& b) { return a.load < b.load; };
    auto bound = was_at_it ? limits_.even_below : limits_.uneven_above;
    for (;;) {
      auto& from = *std::max_element(shares_.begin(), shares_.end(), heavier);
      if (from.load <= bound * mean)
        return false;
      bound = limits_.even_below;
      if (moves_left() < 2)
        return true;
      auto& to = *std::min_element(shares_.begin(), shares_.end(), heavier);
      if (!to.node->may_receive || !from.node->may_receive || !exchange(from, to))
        return false;
    }
  }

  /// A heavy shard against a light one, where the difference of the nodes becomes smaller by it. The best of all pairs.
  bool exchange(share& from, share& to) {
    const auto gap = from.load - to.load;
    const placement_shard *give = nullptr, *get = nullptr;
    double best = 0;
    for (const auto* heavy : from.shards)
      for (const auto* light : to.shards) {
        const auto moved = static_cast<double>(heavy->load) - static_cast<double>(light->load);
        if (heavy->is_moving || light->is_moving || moved <= 0 || moved > gap / 2 || moved <= best || is_assigned(*heavy) || is_assigned(*light))
          continue;
        best = moved;
        give = heavy;
        get = light;
      }
    if (give == nullptr || best < 0.02 * gap)
      return false;
    move(from, to, *give);
    move(to, from, *get);
    return true;
  }
  bool is_assigned(const placement_shard& shard) const {
    return std::any_of(assignments_.begin(), assignments_.end(), [&](const shard_assignment& each) { return each.shard == shard.shard; });
  }

  const placement_limits& limits_;
  std::vector<share> shares_;
  std::vector<const placement_shard*> homeless_, leaving_;
  std::size_t moving_ = 0;
  std::vector<shard_assignment> assignments_;
};

} // namespace

placement_plan plan_placement(std::span<const placement_node> nodes, std::span<const placement_shard> shards, const placement_limits& limits, bool is_evening_loads) {
  return planner{nodes, shards, limits}.plan(is_evening_loads);
}

} // namespace dotmac
