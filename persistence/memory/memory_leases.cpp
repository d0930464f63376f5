#include "persistence/memory/memory_session.hpp"

#include "persistence/write_checks.hpp"

namespace dotmac {

result<std::vector<shard_claim>> memory_store::claim_shards(const std::string& owner,
                                                            std::span<const shard_id> shards,
                                                            std::chrono::milliseconds lease) {
  if (auto valid = check_lease(owner, shards, lease); !valid)
    return valid.error();
  return locked([&](memory_database& database) -> result<std::vector<shard_claim>> {
    const auto now = database.now_ms();
    std::vector<shard_claim> claims;
    for (const auto shard : shards) {
      auto& held = database.leases_[to_number(shard)];
      if (held.owner != owner && !held.owner.empty() && held.until_ms > now)
        continue;
      if (held.owner != owner)
        held = {owner, ownership_epoch{to_number(held.epoch) + 1}, 0, held.wanted, held.pinned, held.load};
      held.until_ms = now + lease.count();
      claims.push_back({shard, held.epoch});
    }
    return claims;
  });
}

result<std::vector<shard_claim>> memory_store::renew_leases(const std::string& owner,
                                                            std::span<const shard_claim> held,
                                                            std::chrono::milliseconds lease) {
  if (auto valid = check_lease(owner, held, lease); !valid)
    return valid.error();
  return locked([&](memory_database& database) -> result<std::vector<shard_claim>> {
    std::vector<shard_claim> renewed;
    for (const auto& claim : held) {
      auto& current = database.leases_[to_number(claim.shard)];
      if (current.owner != owner || current.epoch != claim.epoch)
        continue;
      current.until_ms = database.now_ms() + lease.count();
      renewed.push_back(claim);
    }
    return renewed;
  });
}

result<void> memory_store::release_shards(const std::string& owner, std::span<const shard_claim> held) {
  if (auto valid = check_lease(owner, held, std::chrono::milliseconds{1}); !valid)
    return valid;
  return locked([&](memory_database& database) -> result<void> {
    for (const auto& claim : held)
      if (auto& current = database.leases_[to_number(claim.shard)];
          current.owner == owner && current.epoch == claim.epoch)
        current.owner.clear();
    return {};
  });
}

result<std::vector<shard_lease>> memory_store::read_leases() {
  return locked([&](memory_database& database) -> result<std::vector<shard_lease>> {
    const auto now = database.now_ms();
    std::vector<shard_lease> leases;
    for (std::uint16_t i = 0; i < shard_count; ++i) {
      const auto& held = database.leases_[i];
      leases.push_back({shard_id{i}, held.owner, held.epoch, held.owner.empty() || held.until_ms <= now});
    }
    return leases;
  });
}

memory_store::~memory_store() {
  if (announced_.empty())
    return;
  const std::lock_guard lock{database_->mutex_};
  database_->present_owners_.erase(database_->present_owners_.find(announced_));
}

result<void> memory_store::announce(const std::string& owner) {
  return locked([&](memory_database& database) -> result<void> {
    if (!announced_.empty())
      database.present_owners_.erase(database.present_owners_.find(announced_));
    announced_ = owner;
    if (!owner.empty())
      database.present_owners_.insert(owner);
    return {};
  });
}

result<std::vector<std::string>> memory_store::read_absent_owners() {
  return locked([](memory_database& database) -> result<std::vector<std::string>> {
    std::set<std::string> absent;
    for (const auto& held : database.leases_)
      if (!held.owner.empty() && held.until_ms > database.now_ms() && !database.present_owners_.contains(held.owner))
        absent.insert(held.owner);
    return std::vector<std::string>(absent.begin(), absent.end());
  });
}

} // namespace dotmac
