#include "persistence/postgres/postgres_cluster.hpp"

#include "persistence/failure_texts.hpp"
#include "persistence/postgres/postgres_presence.hpp"
#include "persistence/write_checks.hpp"

namespace dotmac {
namespace {

#define DOTMAC_OWNER_OF(node) "(" node ".id || '#' || " node ".incarnation)"
// Shards are locked in the order of their ids, as everywhere: two statements then wait for each other and do not deadlock.
#define DOTMAC_FREE "owner = '', lease_until = '-infinity'"

constexpr postgres_statement join_cluster{
    "join_cluster",
    "WITH earlier AS MATERIALIZED (SELECT n.peer_address, " DOTMAC_OWNER_OF("n") " AS owner, " DOTMAC_IS_PRESENT(DOTMAC_OWNER_OF("n")) " AS is_present "
    "FROM nodes n WHERE n.id = $1 FOR UPDATE), "
    "refused AS (SELECT CASE WHEN (SELECT is_present FROM earlier) THEN 1 "
    "WHEN NOT EXISTS (SELECT 1 FROM earlier) AND (SELECT count(*) FROM nodes) >= $6::int8 THEN 2 ELSE 0 END AS why), "
    "ended AS MATERIALIZED (SELECT s.id FROM shards s, earlier e WHERE s.owner = e.owner AND e.peer_address = $2 AND e.peer_address <> '' "
    "AND (SELECT why FROM refused) = 0 ORDER BY s.id FOR UPDATE OF s), "
    "freed AS (UPDATE shards s SET " DOTMAC_FREE " FROM ended WHERE s.id = ended.id), "
    "joined AS (INSERT INTO nodes (id, incarnation, peer_address, http_address, version, takes_shards, takes_calls, is_leaving, beat_at) "
    "SELECT $1, nextval('node_incarnations'), $2, $3, $4, $5::int8 <> 0, $7::int8 <> 0, false, clock_timestamp() FROM refused WHERE why = 0 "
    "ON CONFLICT (id) DO UPDATE SET incarnation = excluded.incarnation, peer_address = excluded.peer_address, http_address = excluded.http_address, "
    "version = excluded.version, takes_shards = excluded.takes_shards, takes_calls = excluded.takes_calls, is_leaving = false, beat_at = excluded.beat_at RETURNING incarnation) "
    "SELECT why::int8, (SELECT incarnation FROM joined) FROM refused",
    true};

constexpr postgres_statement beat_once{
    "beat",
    "WITH me AS (UPDATE nodes SET beat_at = clock_timestamp(), is_leaving = $3::int8 <> 0 WHERE id = $1 AND incarnation = $2::int8 RETURNING id), "
    "mine AS MATERIALIZED (SELECT s.id, given.load FROM shards s JOIN unnest($4::int2[], $5::int8[]) AS given(id, load) ON s.id = given.id "
    "WHERE s.owner = $1 || '#' || $2::int8 ORDER BY s.id FOR UPDATE OF s), "
    "loads AS (UPDATE shards s SET load = mine.load FROM mine WHERE s.id = mine.id) "
    "SELECT count(*) FROM me",
    true};

constexpr postgres_statement leave_cluster{
    "leave_cluster",
    "WITH mine AS MATERIALIZED (SELECT id FROM shards WHERE owner = $1 || '#' || $2::int8 ORDER BY id FOR UPDATE), "
    "freed AS (UPDATE shards s SET " DOTMAC_FREE " FROM mine WHERE s.id = mine.id), "
    "role AS (UPDATE coordination SET owner = '' WHERE owner = $1 || '#' || $2::int8) "
    "DELETE FROM nodes WHERE id = $1 AND incarnation = $2::int8",
    true};

// One statement, so that all of it is of one moment: kind 0 a node, 1 a shard, 2 the coordinator.
constexpr postgres_statement read_cluster{
    "read_cluster",
    "SELECT 0::int8, n.incarnation, n.id, n.peer_address, n.http_address, n.version, "
    "n.takes_shards::int + 2 * n.is_leaving::int + 4 * (" DOTMAC_IS_PRESENT(DOTMAC_OWNER_OF("n")) ")::int + 8 * n.takes_calls::int, "
    "coalesce(w.wish, 0)::int8, greatest(0, extract(epoch FROM clock_timestamp() - n.beat_at) * 1000)::int8 "
    "FROM nodes n LEFT JOIN node_wishes w ON w.id = n.id UNION ALL "
    "SELECT 1, s.epoch, s.owner, s.wanted, s.pinned, '', (s.owner = '' OR s.lease_until <= clock_timestamp())::int, s.load, s.id FROM shards s UNION ALL "
    "SELECT 2, c.epoch, c.owner, '', '', '', (c.owner = '' OR c.lease_until <= clock_timestamp())::int, c.rebalances, 0 FROM coordination c "
    "ORDER BY 1, 9, 3",
    false};

constexpr postgres_statement transfer{
    "transfer_shards",
    "WITH given AS MATERIALIZED (SELECT s.id, coalesce((SELECT t.heir FROM nodes n WHERE " DOTMAC_OWNER_OF("n") " = t.heir), '') AS heir "
    "FROM shards s JOIN unnest($2::int2[], $3::int8[], $4::text[]) AS t(id, epoch, heir) ON s.id = t.id AND s.epoch = t.epoch "
    "WHERE s.owner = $1::text ORDER BY s.id FOR UPDATE OF s) "
    "UPDATE shards s SET owner = given.heir, epoch = s.epoch + (given.heir <> '')::int, "
    "lease_until = CASE WHEN given.heir = '' THEN '-infinity' ELSE clock_timestamp() + $5::int8 * interval '1 millisecond' END "
    "FROM given WHERE s.id = given.id",
    true};

constexpr postgres_statement coordinate_cluster{
    "coordinate",
    "UPDATE coordination SET epoch = epoch + (owner <> $1::text)::int, owner = $1::text, lease_until = clock_timestamp() + $2::int8 * interval '1 millisecond' "
    "WHERE (owner = $1::text OR owner = '' OR owner = $3::text OR lease_until <= clock_timestamp()) "
    "AND EXISTS (SELECT 1 FROM nodes n WHERE " DOTMAC_OWNER_OF("n") " = $1::text) RETURNING epoch",
    true};

#define DOTMAC_ROLE "WITH role AS MATERIALIZED (SELECT epoch FROM coordination WHERE epoch = $1::int8 AND owner <> '' FOR SHARE), "

constexpr postgres_statement assign{
    "assign_shards",
    DOTMAC_ROLE "given AS MATERIALIZED (SELECT s.id, a.node FROM role, shards s JOIN unnest($2::int2[], $3::text[]) AS a(id, node) ON s.id = a.id "
                "ORDER BY s.id FOR UPDATE OF s), "
                "done AS (UPDATE shards s SET wanted = given.node FROM given WHERE s.id = given.id) "
                "SELECT count(*) FROM role",
    true};

constexpr postgres_statement bury_nodes{
    "bury",
    DOTMAC_ROLE "dead AS MATERIALIZED (SELECT d.id, d.incarnation, d.has_ended FROM role, unnest($2::text[], $3::int8[], $4::int2[]) AS d(id, incarnation, has_ended)), "
                "left_behind AS MATERIALIZED (SELECT s.id FROM shards s JOIN dead d ON s.owner = " DOTMAC_OWNER_OF("d") " WHERE d.has_ended <> 0 ORDER BY s.id FOR UPDATE OF s), "
                "freed AS (UPDATE shards s SET " DOTMAC_FREE " FROM left_behind WHERE s.id = left_behind.id), "
                "gone AS (DELETE FROM nodes n USING dead d WHERE n.id = d.id AND n.incarnation = d.incarnation) "
                "SELECT count(*) FROM role",
    true};

constexpr postgres_statement wish_for{
    "set_wish", "INSERT INTO node_wishes (id, wish) VALUES ($1, $2::int8) ON CONFLICT (id) DO UPDATE SET wish = excluded.wish", true};

constexpr postgres_statement pin{"pin_shard", "UPDATE shards SET pinned = $2 WHERE id = $1::int8", true};

constexpr postgres_statement rebalance_all{
    "rebalance",
    "WITH held AS MATERIALIZED (SELECT id FROM shards WHERE pinned <> '' ORDER BY id FOR UPDATE), "
    "released AS (UPDATE shards s SET pinned = '' FROM held WHERE s.id = held.id) "
    "UPDATE coordination SET rebalances = rebalances + 1",
    true};

node_row node_in(const postgres_rows& rows, int i) {
  node_row node;
  node.incarnation = static_cast<std::uint64_t>(rows.number(i, 1));
  const auto flags = rows.number(i, 6);
  node.card = {std::string{rows.view(i, 2)}, std::string{rows.view(i, 3)}, std::string{rows.view(i, 4)}, std::string{rows.view(i, 5)}, (flags & 1) != 0, (flags & 8) != 0};
  node.is_leaving = (flags & 2) != 0;
  node.is_present = (flags & 4) != 0;
  node.wish = static_cast<node_wish>(rows.number(i, 7));
  node.since_heartbeat = std::chrono::milliseconds{rows.number(i, 8)};
  return node;
}

shard_row shard_in(const postgres_rows& rows, int i) {
  return {shard_id{static_cast<std::uint16_t>(rows.number(i, 8))}, std::string{rows.view(i, 2)}, ownership_epoch{static_cast<std::uint64_t>(rows.number(i, 1))},
          rows.number(i, 6) != 0, std::string{rows.view(i, 3)}, std::string{rows.view(i, 4)}, static_cast<std::uint64_t>(rows.number(i, 7))};
}

std::int64_t number_of(ownership_epoch epoch) { return storable_number(to_number(epoch)); }

} // namespace

result<postgres_rows> postgres_cluster::execute(const postgres_statement& statement, const postgres_values& values) {
  return connection_.use([&](postgres_session& session) { return session.execute(statement, values); });
}

result<node_name> postgres_cluster::join(const node_card& card) {
  if (auto valid = check_node_card(card); !valid)
    return valid.error();
  postgres_values values;
  values.view(card.id).view(card.peer_address).view(card.http_address).view(card.version).number(card.takes_shards).number(nodes_max).number(card.takes_calls);
  auto joined = execute(join_cluster, values);
  if (!joined)
    return joined.error();
  if (const auto why = joined->number(0, 0); why != 0)
    return why == 1 ? node_id_in_use(card.id) : too_many_nodes();
  return node_name{card.id, static_cast<std::uint64_t>(joined->number(0, 1))};
}

result<bool> postgres_cluster::beat(const node_name& name, bool is_leaving, std::span<const shard_load> loads) {
  auto shards = postgres_array::of_int2();
  auto numbers = postgres_array::of_int8();
  for (const auto& each : loads) {
    shards.add_int2(to_number(each.shard));
    numbers.add_int8(static_cast<std::uint64_t>(storable_number(each.load)));
  }
  postgres_values values;
  values.view(name.id).number(storable_number(name.incarnation)).number(is_leaving).array(std::move(shards)).array(std::move(numbers));
  auto done = execute(beat_once, values);
  if (!done)
    return done.error();
  return done->number(0, 0) != 0;
}

result<void> postgres_cluster::leave(const node_name& name) {
  auto done = execute(leave_cluster, std::move(postgres_values{}.view(name.id).number(storable_number(name.incarnation))));
  return done ? result<void>{} : done.error();
}

result<cluster_view> postgres_cluster::read_view() {
  auto rows = execute(read_cluster);
  if (!rows)
    return rows.error();
  cluster_view view;
  for (int i = 0; i < rows->size(); ++i)
    switch (rows->number(i, 0)) {
    case 0:
      view.nodes.push_back(node_in(*rows, i));
      break;
    case 1:
      view.shards.push_back(shard_in(*rows, i));
      break;
    default:
      view.coordinator = rows->view(i, 2);
      view.is_coordinator_expired = rows->number(i, 6) != 0;
      view.rebalances = static_cast<std::uint64_t>(rows->number(i, 7));
    }
  std::sort(view.nodes.begin(), view.nodes.end(), [](const node_row& a, const node_row& b) { return a.card.id < b.card.id; });
  return view;
}

result<void> postgres_cluster::transfer_shards(const node_name& owner, std::span<const shard_transfer> transfers, std::chrono::milliseconds lease) {
  if (auto valid = check_transfers(transfers); !valid)
    return valid;
  auto shards = postgres_array::of_int2();
  auto epochs = postgres_array::of_int8();
  auto heirs = postgres_array::of_text();
  for (const auto& each : transfers) {
    shards.add_int2(to_number(each.shard));
    epochs.add_int8(to_number(each.epoch));
    heirs.add(each.heir);
  }
  const auto from = owner_text(owner);
  postgres_values values;
  values.view(from).array(std::move(shards)).array(std::move(epochs)).array(std::move(heirs)).number(lease.count());
  auto done = execute(transfer, values);
  return done ? result<void>{} : done.error();
}

result<std::optional<ownership_epoch>> postgres_cluster::coordinate(const node_name& name, std::chrono::milliseconds lease, const std::string& gone) {
  const auto owner = owner_text(name);
  auto taken = execute(coordinate_cluster, std::move(postgres_values{}.view(owner).number(lease.count()).view(gone)));
  if (!taken)
    return taken.error();
  return taken->size() == 0 ? std::nullopt : std::optional{ownership_epoch{static_cast<std::uint64_t>(taken->number(0, 0))}};
}

result<bool> postgres_cluster::assign_shards(ownership_epoch coordination, std::span<const shard_assignment> assignments) {
  if (auto valid = check_assignments(assignments); !valid)
    return valid.error();
  auto shards = postgres_array::of_int2();
  auto nodes = postgres_array::of_text();
  for (const auto& each : assignments) {
    shards.add_int2(to_number(each.shard));
    nodes.add(each.node);
  }
  auto done = execute(assign, std::move(postgres_values{}.number(number_of(coordination)).array(std::move(shards)).array(std::move(nodes))));
  if (!done)
    return done.error();
  return done->number(0, 0) != 0;
}

result<bool> postgres_cluster::bury(ownership_epoch coordination, std::span<const burial> dead) {
  auto ids = postgres_array::of_text();
  auto incarnations = postgres_array::of_int8();
  auto endings = postgres_array::of_int2();
  for (const auto& each : dead) {
    ids.add(each.name.id);
    incarnations.add_int8(each.name.incarnation);
    endings.add_int2(each.has_ended);
  }
  auto done = execute(bury_nodes, std::move(postgres_values{}.number(number_of(coordination)).array(std::move(ids)).array(std::move(incarnations)).array(std::move(endings))));
  if (!done)
    return done.error();
  return done->number(0, 0) != 0;
}

result<void> postgres_cluster::set_wish(const std::string& id, node_wish wish) {
  if (auto valid = check_node_id(id, "id"); !valid)
    return valid;
  auto done = execute(wish_for, std::move(postgres_values{}.view(id).number(static_cast<std::int64_t>(wish))));
  return done ? result<void>{} : done.error();
}

result<void> postgres_cluster::pin_shard(shard_id shard, const std::string& id) {
  if (auto valid = check_pin(shard, id); !valid)
    return valid;
  auto done = execute(pin, std::move(postgres_values{}.number(to_number(shard)).view(id)));
  return done ? result<void>{} : done.error();
}

result<void> postgres_cluster::rebalance() {
  auto done = execute(rebalance_all);
  return done ? result<void>{} : done.error();
}

} // namespace dotmac
