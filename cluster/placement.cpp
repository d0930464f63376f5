#include "cluster/placement.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace dotmac {
namespace {

constexpr double worth_a_move = 0.004; ///< of a node's mean load

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
      if (auto* wanted = share_of(shard.pinned); wanted != nullptr && wanted->node->id != shard.node)
        displaced_.push_back({&shard, wanted, is_on_a_node});
      else if (auto* keeper = share_of(shard.node))
        add(*keeper, shard);
      else
        (is_on_a_node ? leaving_ : homeless_).push_back(&shard);
    }
  }

  placement_plan plan(bool is_evening_loads) {
    place_pinned();
    if (std::none_of(shares_.begin(), shares_.end(), [](const share& each) { return each.node->may_receive; }))
      return {std::move(assignments_), is_evening_loads};
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

  /// Those that have to wait for their turn are counted where they are.
  void place_pinned() {
    for (const auto& each : displaced_) {
      if (each.is_on_a_node && moves_left() == 0) {
        if (auto* keeper = share_of(each.shard->node))
          add(*keeper, *each.shard);
        continue;
      }
      assign(*each.shard, *each.to);
      moving_ += each.is_on_a_node;
    }
  }

  /// Of those that may receive, the one with the fewest shards, then the least load.
  share& emptiest() {
    share* best = nullptr;
    for (auto& each : shares_)
      if (each.node->may_receive && (best == nullptr || std::pair{each.shards.size(), each.load} < std::pair{best->shards.size(), best->load}))
        best = &each;
    return *best;
  }
  bool may_move(const placement_shard& shard) const {
    const bool is_pinned = std::any_of(shares_.begin(), shares_.end(), [&](const share& each) { return each.node->id == shard.pinned; });
    return !is_pinned && !shard.is_moving && !is_assigned(shard);
  }
  /// Of those that have a shard to give away.
  share* fullest() {
    share* best = nullptr;
    for (auto& each : shares_)
      if ((best == nullptr || std::pair{each.shards.size(), each.load} > std::pair{best->shards.size(), best->load})
          && std::any_of(each.shards.begin(), each.shards.end(), [&](const placement_shard* shard) { return may_move(*shard); }))
        best = &each;
    return best;
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
      if (may_move(*each) && (best == nullptr || distance(*each, load) < distance(*best, load)))
        best = each;
    return best;
  }

  void even_out_counts() {
    while (moves_left() > 0) {
      auto* from = fullest();
      auto& to = emptiest();
      if (from == nullptr || from->shards.size() < to.shards.size() + 2)
        return;
      move(*from, to, *nearest(*from, std::max(0.0, (from->load - to.load) / 2)));
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
      if (from.load <= bound * mean || (!was_at_it && from.load - mean < limits_.uneven_least))
        return false;
      was_at_it = true;
      bound = limits_.even_below;
      if (moves_left() < 2)
        return true;
      if (!from.node->may_receive || !exchange_with_any(from, mean))
        return false;
    }
  }

  /// With the lightest first: where no pair of shards fits, with the next one.
  bool exchange_with_any(share& from, double mean) {
    std::vector<share*> others;
    for (auto& each : shares_)
      if (&each != &from && each.node->may_receive)
        others.push_back(&each);
    std::sort(others.begin(), others.end(), [](const share* a, const share* b) { return a->load < b->load; });
    return std::any_of(others.begin(), others.end(), [&](share* to) { return exchange(from, *to, mean); });
  }

  /// A heavy shard against a light one, where the difference of the nodes becomes smaller by it. The best of all pairs.
  bool exchange(share& from, share& to, double mean) {
    const auto gap = from.load - to.load;
    const placement_shard *give = nullptr, *get = nullptr;
    double best = 0;
    for (const auto* heavy : from.shards)
      for (const auto* light : to.shards) {
        const auto moved = static_cast<double>(heavy->load) - static_cast<double>(light->load);
        if (moved <= 0 || moved > gap / 2 || moved <= best || !may_move(*heavy) || !may_move(*light))
          continue;
        best = moved;
        give = heavy;
        get = light;
      }
    if (give == nullptr || best < worth_a_move * mean)
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
  struct displaced {
    const placement_shard* shard;
    share* to;
    bool is_on_a_node;
  };
  std::vector<const placement_shard*> homeless_, leaving_;
  std::vector<displaced> displaced_; ///< pinned, and not where they should be
  std::size_t moving_ = 0;
  std::vector<shard_assignment> assignments_;
};

} // namespace

placement_plan plan_placement(std::span<const placement_node> nodes, std::span<const placement_shard> shards, const placement_limits& limits, bool is_evening_loads) {
  return planner{nodes, shards, limits}.plan(is_evening_loads);
}

} // namespace dotmac
