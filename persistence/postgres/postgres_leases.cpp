#include "persistence/postgres/postgres_leases.hpp"

#include "persistence/postgres/postgres_presence.hpp"
#include "persistence/write_checks.hpp"

#include <algorithm>

namespace dotmac {
namespace {

// Rows are locked in the order of their ids, so that two nodes that claim and renew at once wait and do not
// deadlock.
constexpr postgres_statement claim{
    "claim_shards",
    "WITH free AS MATERIALIZED (SELECT id FROM shards WHERE id = ANY($2::int2[]) "
    "AND (owner = $1::text OR owner = '' OR lease_until <= clock_timestamp()) ORDER BY id FOR UPDATE) "
    "UPDATE shards s SET epoch = s.epoch + (s.owner <> $1::text)::int, owner = $1::text, "
    "lease_until = clock_timestamp() + $3::int8 * interval '1 millisecond' FROM free WHERE s.id = free.id "
    "RETURNING s.id, s.epoch",
    true};

#define DOTMAC_HELD_SHARDS                                                                                   \
  "WITH mine AS MATERIALIZED (SELECT s.id FROM shards s JOIN unnest($2::int2[], $3::int8[]) AS held(id, "    \
  "epoch) "                                                                                                  \
  "ON s.id = held.id AND s.epoch = held.epoch WHERE s.owner = $1::text ORDER BY s.id FOR UPDATE OF s) "

constexpr postgres_statement renew{
    "renew_leases",
    DOTMAC_HELD_SHARDS
    "UPDATE shards s SET lease_until = clock_timestamp() + $4::int8 * interval '1 millisecond' "
    "FROM mine WHERE s.id = mine.id RETURNING s.id, s.epoch",
    true};

constexpr postgres_statement release{
    "release_shards",
    DOTMAC_HELD_SHARDS
    "UPDATE shards s SET owner = '', lease_until = '-infinity' FROM mine WHERE s.id = mine.id",
    true};

#undef DOTMAC_HELD_SHARDS

constexpr postgres_statement read_all_leases{
    "read_leases",
    "SELECT id, owner, epoch, owner = '' OR lease_until <= clock_timestamp() FROM shards ORDER BY id", false};

constexpr postgres_statement announce_owner{
    "announce", "SELECT pg_try_advisory_lock_shared(" DOTMAC_PRESENCE "::int4, hashtext($1::text))", false};

constexpr postgres_statement read_absent{
    "read_absent_owners",
    "SELECT DISTINCT s.owner FROM shards s WHERE s.owner <> '' AND s.lease_until > clock_timestamp() "
    "AND NOT " DOTMAC_IS_PRESENT("s.owner") " ORDER BY s.owner",
    false};

std::vector<shard_claim> claims_in(const postgres_rows& rows) {
  std::vector<shard_claim> claims;
  for (int i = 0; i < rows.size(); ++i)
    claims.push_back({shard_id{static_cast<std::uint16_t>(rows.number(i, 0))},
                      ownership_epoch{static_cast<std::uint64_t>(rows.number(i, 1))}});
  std::sort(claims.begin(), claims.end(), [](const auto& a, const auto& b) { return a.shard < b.shard; });
  return claims;
}

postgres_values values_of(const std::string& owner, std::span<const shard_claim> held) {
  auto shards = postgres_array::of_int2();
  auto epochs = postgres_array::of_int8();
  for (const auto& claimed : held) {
    shards.add_int2(to_number(claimed.shard));
    epochs.add_int8(to_number(claimed.epoch));
  }
  postgres_values values;
  values.view(owner).array(std::move(shards)).array(std::move(epochs));
  return values;
}

} // namespace

result<std::vector<shard_claim>> postgres_leases::claim_shards(const std::string& owner,
                                                               std::span<const shard_id> shards,
                                                               std::chrono::milliseconds lease) {
  if (auto valid = check_lease(owner, shards, lease); !valid)
    return valid.error();
  auto wanted = postgres_array::of_int2();
  for (const auto shard : shards)
    wanted.add_int2(to_number(shard));
  const auto values = std::move(postgres_values{}.view(owner).array(std::move(wanted)).number(lease.count()));
  return connection_.use([&](postgres_session& session) -> result<std::vector<shard_claim>> {
    auto taken = session.execute(claim, values);
    if (!taken)
      return taken.error();
    return claims_in(*taken);
  });
}

result<std::vector<shard_claim>> postgres_leases::renew_leases(const std::string& owner,
                                                               std::span<const shard_claim> held,
                                                               std::chrono::milliseconds lease) {
  if (auto valid = check_lease(owner, held, lease); !valid)
    return valid.error();
  auto values = values_of(owner, held);
  values.number(lease.count());
  return connection_.use([&](postgres_session& session) -> result<std::vector<shard_claim>> {
    auto renewed = session.execute(renew, values);
    if (!renewed)
      return renewed.error();
    return claims_in(*renewed);
  });
}

result<void> postgres_leases::release_shards(const std::string& owner, std::span<const shard_claim> held) {
  if (auto valid = check_lease(owner, held, lease_max); !valid)
    return valid;
  const auto values = values_of(owner, held);
  return connection_.use([&](postgres_session& session) -> result<void> {
    auto released = session.execute(release, values);
    if (!released)
      return released.error();
    return {};
  });
}

result<std::vector<shard_lease>> postgres_leases::read_leases() {
  return connection_.use([&](postgres_session& session) -> result<std::vector<shard_lease>> {
    auto rows = session.execute(read_all_leases);
    if (!rows)
      return rows.error();
    std::vector<shard_lease> leases;
    for (int i = 0; i < rows->size(); ++i)
      leases.push_back(
          {shard_id{static_cast<std::uint16_t>(rows->number(i, 0))}, std::string{rows->view(i, 1)},
           ownership_epoch{static_cast<std::uint64_t>(rows->number(i, 2))}, rows->number(i, 3) != 0});
    return leases;
  });
}

result<void> postgres_leases::announce(const std::string& owner) {
  return connection_.use([&](postgres_session& session) -> result<void> {
    if (announced_ && announced_->session == session.own_token() && announced_->owner == owner)
      return {};
    auto locked = session.execute(announce_owner, postgres_values{}.view(owner));
    if (!locked)
      return locked.error();
    announced_ = announcement{owner, session.own_token()};
    return {};
  });
}

result<std::vector<std::string>> postgres_leases::read_absent_owners() {
  return connection_.use([&](postgres_session& session) -> result<std::vector<std::string>> {
    auto rows = session.execute(read_absent);
    if (!rows)
      return rows.error();
    std::vector<std::string> owners;
    for (int i = 0; i < rows->size(); ++i)
      owners.emplace_back(rows->view(i, 0));
    return owners;
  });
}

} // namespace dotmac
