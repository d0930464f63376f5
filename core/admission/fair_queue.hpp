#pragma once

/// A queue in which tenants take turns: what one of them has waiting holds up each other one by a single item.
///
/// Promise   `pop` takes the first item of the tenant whose turn it is. Items of one tenant keep their order. `has_room_for` says yes until
///           `max` items wait, and then to tenants that have less than an equal share, up to a quarter beyond `max`: who fills the
///           queue is refused first.
/// Threads   one owner; wrap it in a lock to share it.
/// Cost      a look-up per item; tenants with nothing waiting are forgotten.

#include <cassert>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dotmac {

template <class Item> class fair_queue {
public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  bool has_room_for(const std::string& tenant, std::size_t max) const {
    if (size_ < max)
      return true;
    const auto mine = waiting_.find(tenant);
    const bool is_here = mine != waiting_.end();
    const auto share = max / (waiting_.size() + (is_here ? 0 : 1));
    return (is_here ? mine->second.size() : 0) < share && size_ < max + max / 4;
  }

  void push(const std::string& tenant, Item item) {
    auto& mine = waiting_[tenant];
    if (mine.empty())
      turns_.push_back(tenant);
    mine.push_back(std::move(item));
    ++size_;
  }

  /// What `pop` would take. Not empty.
  const Item& front() const { return waiting_.find(turns_.front())->second.front(); }

  /// Not empty.
  Item pop() {
    assert(!empty());
    auto tenant = std::move(turns_.front());
    turns_.pop_front();
    const auto mine = waiting_.find(tenant);
    Item item = std::move(mine->second.front());
    mine->second.pop_front();
    if (mine->second.empty())
      waiting_.erase(mine);
    else
      turns_.push_back(std::move(tenant));
    --size_;
    return item;
  }

  /// All that waits, tenant by tenant in turn; the queue is empty afterwards.
  std::vector<Item> take_all() {
    std::vector<Item> all;
    all.reserve(size_);
    while (!empty())
      all.push_back(pop());
    return all;
  }

private:
  std::unordered_map<std::string, std::deque<Item>> waiting_; ///< by tenant, none empty
  std::deque<std::string> turns_;                             ///< each waiting tenant once
  std::size_t size_ = 0;
};

} // namespace dotmac
