#include "persistence/sqlite/sqlite_leases.hpp"

#include "persistence/write_checks.hpp"

namespace dotmac {
namespace {

ownership_epoch epoch_in(const sqlite_statement& row, int column) noexcept {
  return ownership_epoch{static_cast<std::uint64_t>(row.number(column))};
}

} // namespace

result<std::vector<shard_claim>> sqlite_leases::claim_shards(const std::string& owner,
                                                             std::span<const shard_id> shards,
                                                             std::chrono::milliseconds lease) {
  if (auto valid = check_lease(owner, shards, lease); !valid)
    return valid.error();
  return connection_.write_first([&](sqlite_session& session) -> result<std::vector<shard_claim>> {
    auto claim = session.prepare(
        "UPDATE shards SET epoch = epoch + (owner <> ?1), owner = ?1, lease_until = " DOTMAC_SQLITE_NOW_MS
        " + ?3 "
        "WHERE id = ?2 AND (owner = ?1 OR owner = '' OR lease_until <= " DOTMAC_SQLITE_NOW_MS
        ") RETURNING epoch");
    if (!claim)
      return claim.error();
    std::vector<shard_claim> claims;
    for (const auto shard : shards) {
      auto taken = claim->bind_text(1, owner).bind(2, to_number(shard)).bind(3, lease.count()).step();
      if (!taken)
        return taken.error();
      if (*taken)
        claims.push_back({shard, epoch_in(*claim, 0)});
      claim->reset();
    }
    return claims;
  });
}

result<std::vector<shard_claim>> sqlite_leases::renew_leases(const std::string& owner,
                                                             std::span<const shard_claim> held,
                                                             std::chrono::milliseconds lease) {
  if (auto valid = check_lease(owner, held, lease); !valid)
    return valid.error();
  return connection_.write_first([&](sqlite_session& session) -> result<std::vector<shard_claim>> {
    auto renew = session.prepare("UPDATE shards SET lease_until = " DOTMAC_SQLITE_NOW_MS " + ?4 "
                                 "WHERE id = ?2 AND owner = ?1 AND epoch = ?3");
    if (!renew)
      return renew.error();
    std::vector<shard_claim> renewed;
    for (const auto& claim : held) {
      auto updated = renew->bind_text(1, owner)
                         .bind(2, to_number(claim.shard))
                         .bind(3, static_cast<std::int64_t>(to_number(claim.epoch)))
                         .bind(4, lease.count())
                         .run();
      if (!updated)
        return updated.error();
      if (session.changes() == 1)
        renewed.push_back(claim);
    }
    return renewed;
  });
}

result<void> sqlite_leases::release_shards(const std::string& owner, std::span<const shard_claim> held) {
  if (auto valid = check_lease(owner, held, lease_max); !valid)
    return valid;
  return connection_.write_first([&](sqlite_session& session) -> result<void> {
    auto release = session.prepare(
        "UPDATE shards SET owner = '', lease_until = 0 WHERE id = ?2 AND owner = ?1 AND epoch = ?3");
    if (!release)
      return release.error();
    for (const auto& claim : held) {
      auto updated = release->bind_text(1, owner)
                         .bind(2, to_number(claim.shard))
                         .bind(3, static_cast<std::int64_t>(to_number(claim.epoch)))
                         .run();
      if (!updated)
        return updated;
    }
    return {};
  });
}

result<std::vector<shard_lease>> sqlite_leases::read_leases() {
  return connection_.use([&](sqlite_session& session) -> result<std::vector<shard_lease>> {
    auto rows = session.prepare("SELECT id, owner, epoch, owner = '' OR lease_until <= " DOTMAC_SQLITE_NOW_MS
                                " FROM shards ORDER BY id");
    if (!rows)
      return rows.error();
    std::vector<shard_lease> leases;
    for (;;) {
      auto is_there = rows->step();
      if (!is_there)
        return is_there.error();
      if (!*is_there)
        return leases;
      leases.push_back({shard_id{static_cast<std::uint16_t>(rows->number(0))}, std::string{rows->view(1)},
                        epoch_in(*rows, 2), rows->number(3) != 0});
    }
  });
}

} // namespace dotmac
