#include "core/events/paths/path_tally.hpp"

#include <numeric>

namespace dotmac {

path_tally::path_tally(const follow_paths& question, std::size_t label_count, std::size_t workers, memory_allowance& memory)
    : is_backwards_{question.to.has_value()}, step_count_{static_cast<std::size_t>(question.steps)}, label_count_{label_count},
      node_count_{static_cast<std::size_t>(question.nodes_answered) + 1}, memory_{memory}, label_paths_(workers), workers_(workers) {}

result<void> path_tally::count_labels(std::size_t worker, const kept_paths& paths) {
  auto& mine = label_paths_[worker];
  if (mine.empty()) {
    if (auto taken = memory_.take(step_count_ * label_count_ * sizeof(std::uint32_t)); !taken)
      return taken;
    mine.resize(step_count_ * label_count_);
  }
  paths.visit([&](std::span<const std::uint16_t> labels, std::span<const std::int64_t>, bool) {
    for (std::size_t i = 0; i < labels.size(); ++i)
      ++mine[i * label_count_ + labels[i]];
  });
  return {};
}

/// Most paths first, then by label: numbers of labels are in their order.
result<void> path_tally::choose() {
  if (auto taken = memory_.take(step_count_ * label_count_ * 2 * sizeof(std::uint32_t)); !taken)
    return taken;
  std::vector<std::uint32_t> paths(step_count_ * label_count_);
  for (const auto& each : label_paths_)
    for (std::size_t i = 0; i < each.size(); ++i)
      paths[i] += each[i];
  label_paths_ = {};
  for (std::size_t label = 0; label < label_count_; ++label) {
    bool is_found = false;
    for (std::size_t position = 0; position < step_count_ && !is_found; ++position)
      is_found = paths[position * label_count_ + label] > 0;
    labels_found_ += is_found;
  }
  node_of_.assign(step_count_ * label_count_, static_cast<std::uint8_t>(node_count_ - 1));
  static_assert(path_nodes_max < 256);
  chosen_.resize(step_count_);
  for (std::size_t position = 0; position < step_count_; ++position) {
    const auto* own = paths.data() + position * label_count_;
    auto& found = chosen_[position];
    for (std::uint32_t label = 0; label < label_count_; ++label)
      if (own[label] > 0)
        found.push_back(label);
    const auto kept = std::min(found.size(), node_count_ - 1);
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kept), found.end(),
                      [own](std::uint32_t a, std::uint32_t b) { return own[a] != own[b] ? own[a] > own[b] : a < b; });
    found.resize(kept);
    for (std::size_t node = 0; node < kept; ++node)
      node_of_[position * label_count_ + found[node]] = static_cast<std::uint8_t>(node);
  }
  return {};
}

result<path_tally::tallies*> path_tally::open(std::size_t worker) {
  auto& mine = workers_[worker];
  if (!mine) {
    const auto nodes = step_count_ * node_count_;
    if (auto taken = memory_.take((step_count_ + nodes) * sizeof(counted) + nodes * node_count_ * sizeof(link)); !taken)
      return taken.error();
    mine = std::make_unique<tallies>();
    mine->steps.resize(step_count_);
    mine->nodes.resize(nodes);
    mine->links.resize(nodes * node_count_);
  }
  return mine.get();
}

result<void> path_tally::count_paths(std::size_t worker, const kept_paths& paths) {
  const auto opened = open(worker);
  if (!opened)
    return opened.error();
  auto& mine = **opened;
  paths.visit([&](std::span<const std::uint16_t> labels, std::span<const std::int64_t> pauses, bool is_first_of_user) {
    mine.user += is_first_of_user;
    std::size_t before = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto node = i * node_count_ + node_of_[i * label_count_ + labels[i]];
      const bool ends_here = i + 1 == labels.size();
      mine.steps[i].add(mine.user, ends_here);
      mine.nodes[node].add(mine.user, ends_here);
      if (i > 0) {
        auto& along = mine.links[before * node_count_ + node % node_count_];
        ++along.paths;
        along.milliseconds += static_cast<std::uint64_t>(pauses[i - 1]);
      }
      before = node;
    }
  });
  return {};
}

scalar path_tally::label_of_node(std::size_t position, std::size_t node, const std::vector<scalar>& labels) const {
  return node + 1 == node_count_ ? scalar{} : labels[chosen_[position][node]];
}

void path_tally::add_nodes(path_step& to, std::size_t position, const tallies& whole, const std::vector<scalar>& labels) const {
  const auto drop_offs_of = [&](const counted& of) { return position + 1 == step_count_ ? std::nullopt : std::optional{of.drop_offs}; };
  const auto& all = whole.steps[position];
  to.paths = all.paths;
  to.users = all.users;
  to.drop_offs = drop_offs_of(all);
  for (std::size_t node = 0; node < node_count_; ++node)
    if (const auto& each = whole.nodes[position * node_count_ + node]; each.paths > 0)
      to.nodes.push_back({label_of_node(position, node, labels), each.paths, each.users, drop_offs_of(each)});
}

void path_tally::add_links(std::vector<path_link>& to, std::size_t position, const tallies& whole, const std::vector<scalar>& labels) const {
  const auto* links = whole.links.data() + position * node_count_ * node_count_;
  std::vector<std::size_t> found; // near * node_count_ + far: in the order of the nodes
  for (std::size_t i = 0; i < node_count_ * node_count_; ++i)
    if (links[i].paths > 0)
      found.push_back(i);
  std::stable_sort(found.begin(), found.end(), [links](std::size_t a, std::size_t b) { return links[a].paths > links[b].paths; });
  for (const auto i : found) {
    path_link out{static_cast<std::uint32_t>(position), label_of_node(position, i / node_count_, labels), label_of_node(position + 1, i % node_count_, labels), links[i].paths,
                  links[i].milliseconds};
    if (is_backwards_)
      std::swap(out.from, out.to);
    to.push_back(std::move(out));
  }
}

paths_followed path_tally::finish(const std::vector<scalar>& labels) {
  tallies whole;
  whole.steps.resize(step_count_);
  whole.nodes.resize(step_count_ * node_count_);
  whole.links.resize(step_count_ * node_count_ * node_count_);
  for (const auto& each : workers_) {
    if (!each)
      continue;
    for (std::size_t i = 0; i < whole.steps.size(); ++i)
      whole.steps[i].merge(each->steps[i]);
    for (std::size_t i = 0; i < whole.nodes.size(); ++i)
      whole.nodes[i].merge(each->nodes[i]);
    for (std::size_t i = 0; i < whole.links.size(); ++i) {
      whole.links[i].paths += each->links[i].paths;
      whole.links[i].milliseconds += each->links[i].milliseconds;
    }
  }
  paths_followed out;
  out.paths = whole.steps.front().paths;
  out.users = whole.steps.front().users;
  out.labels = labels_found_;
  out.steps.resize(step_count_);
  for (std::size_t position = 0; position < step_count_; ++position) {
    add_nodes(out.steps[position], position, whole, labels);
    if (position + 1 < step_count_)
      add_links(out.links, position, whole, labels);
  }
  return out;
}

} // namespace dotmac
