#include "persistence/memory/memory_session.hpp"

#include "persistence/failure_texts.hpp"
#include "persistence/write_checks.hpp"

namespace dotmac {

bool memory_store::is_member(const memory_database& database, const node_name& name) {
  const auto found = database.members_.find(name.id);
  return found != database.members_.end() && found->second.incarnation == name.incarnation;
}

void memory_store::free_shards_of(memory_database& database, const std::string& owner) {
  for (auto& held : database.leases_)
    if (held.owner == owner)
      held.owner.clear();
}

result<node_name> memory_store::join(const node_card& card) {
  if (auto valid = check_node_card(card); !valid)
    return valid.error();
  return locked([&](memory_database& database) -> result<node_name> {
    const auto before = database.members_.find(card.id);
    if (before != database.members_.end()) {
      const auto owner = owner_text({card.id, before->second.incarnation});
      if (database.present_owners_.contains(owner))
        return node_id_in_use(card.id);
      if (!card.peer_address.empty() && card.peer_address == before->second.card.peer_address)
        free_shards_of(database, owner);
    } else if (database.members_.size() >= nodes_max) {
      return too_many_nodes();
    }
    database.members_[card.id] = {card, ++database.incarnations_, false, database.now_ms()};
    return node_name{card.id, database.incarnations_};
  });
}

result<bool> memory_store::beat(const node_name& name, bool is_leaving, std::span<const shard_load> loads) {
  return locked([&](memory_database& database) -> result<bool> {
    if (!is_member(database, name))
      return false;
    auto& member = database.members_[name.id];
    member.is_leaving = is_leaving;
    member.beat_ms = database.now_ms();
    for (const auto& each : loads)
      if (is_shard(each.shard) && database.leases_[to_number(each.shard)].owner == owner_text(name))
        database.leases_[to_number(each.shard)].load = each.load;
    return true;
  });
}

result<void> memory_store::leave(const node_name& name) {
  return locked([&](memory_database& database) -> result<void> {
    free_shards_of(database, owner_text(name));
    if (is_member(database, name))
      database.members_.erase(name.id);
    if (database.coordination_.owner == owner_text(name))
      database.coordination_.owner.clear();
    return {};
  });
}

result<cluster_view> memory_store::read_view() {
  return locked([&](memory_database& database) -> result<cluster_view> {
    const auto now = database.now_ms();
    cluster_view view;
    for (const auto& [id, member] : database.members_) {
      const auto wish = database.wishes_.find(id);
      view.nodes.push_back({member.card, member.incarnation, wish == database.wishes_.end() ? node_wish::serve : wish->second, member.is_leaving,
                            database.present_owners_.contains(owner_text({id, member.incarnation})), std::chrono::milliseconds{now - member.beat_ms}});
    }
    for (std::uint16_t i = 0; i < shard_count; ++i) {
      const auto& held = database.leases_[i];
      view.shards.push_back({shard_id{i}, held.owner, held.epoch, held.owner.empty() || held.until_ms <= now, held.wanted, held.pinned, held.load});
    }
    const auto& role = database.coordination_;
    view.coordinator = role.owner;
    view.is_coordinator_expired = role.owner.empty() || role.until_ms <= now;
    view.rebalances = database.rebalances_;
    return view;
  });
}

result<void> memory_store::transfer_shards(const node_name& owner, std::span<const shard_transfer> transfers, std::chrono::milliseconds lease) {
  if (auto valid = check_transfers(transfers); !valid)
    return valid;
  return locked([&](memory_database& database) -> result<void> {
    std::set<std::string> owners;
    for (const auto& [id, member] : database.members_)
      owners.insert(owner_text({id, member.incarnation}));
    for (const auto& each : transfers) {
      auto& held = database.leases_[to_number(each.shard)];
      if (held.owner != owner_text(owner) || held.epoch != each.epoch)
        continue;
      held.owner.clear();
      if (!owners.contains(each.heir))
        continue;
      held.owner = each.heir;
      held.epoch = ownership_epoch{to_number(held.epoch) + 1};
      held.until_ms = database.now_ms() + lease.count();
    }
    return {};
  });
}

result<std::optional<ownership_epoch>> memory_store::coordinate(const node_name& name, std::chrono::milliseconds lease, const std::string& gone) {
  return locked([&](memory_database& database) -> result<std::optional<ownership_epoch>> {
    auto& role = database.coordination_;
    const auto owner = owner_text(name);
    const bool is_free = role.owner.empty() || role.until_ms <= database.now_ms() || role.owner == gone;
    if (!is_member(database, name) || (role.owner != owner && !is_free))
      return std::optional<ownership_epoch>{};
    if (role.owner != owner)
      role = {owner, ownership_epoch{to_number(role.epoch) + 1}, 0, {}, {}, 0};
    role.until_ms = database.now_ms() + lease.count();
    return std::optional{role.epoch};
  });
}

result<bool> memory_store::assign_shards(ownership_epoch coordination, std::span<const shard_assignment> assignments) {
  if (auto valid = check_assignments(assignments); !valid)
    return valid.error();
  return locked([&](memory_database& database) -> result<bool> {
    if (database.coordination_.owner.empty() || database.coordination_.epoch != coordination)
      return false;
    for (const auto& each : assignments)
      database.leases_[to_number(each.shard)].wanted = each.node;
    return true;
  });
}

result<bool> memory_store::bury(ownership_epoch coordination, std::span<const burial> dead) {
  return locked([&](memory_database& database) -> result<bool> {
    if (database.coordination_.owner.empty() || database.coordination_.epoch != coordination)
      return false;
    for (const auto& [name, has_ended] : dead) {
      if (has_ended)
        free_shards_of(database, owner_text(name));
      if (is_member(database, name))
        database.members_.erase(name.id);
    }
    return true;
  });
}

result<void> memory_store::set_wish(const std::string& id, node_wish wish) {
  if (auto valid = check_node_id(id, "id"); !valid)
    return valid;
  return locked([&](memory_database& database) -> result<void> {
    database.wishes_[id] = wish;
    return {};
  });
}

result<void> memory_store::pin_shard(shard_id shard, const std::string& id) {
  if (auto valid = check_pin(shard, id); !valid)
    return valid;
  return locked([&](memory_database& database) -> result<void> {
    database.leases_[to_number(shard)].pinned = id;
    return {};
  });
}

result<void> memory_store::rebalance() {
  return locked([&](memory_database& database) -> result<void> {
    for (auto& each : database.leases_)
      each.pinned.clear();
    ++database.rebalances_;
    return {};
  });
}

} // namespace dotmac
