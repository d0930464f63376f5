#include "persistence/postgres/postgres_journal.hpp"

#include "persistence/failure_texts.hpp"
#include "persistence/payload_codec.hpp"
#include "persistence/write_checks.hpp"

namespace dotmac {
namespace {

// The shards are locked before they are compared: FOR SHARE waits for a new owner's claim and then sees its
// epoch, and a claim waits until this commit is done. Rows are inserted only if all claims hold.
constexpr postgres_statement append{
    "append",
    "WITH claimed AS (SELECT * FROM unnest($1::int2[], $2::int8[]) AS c(shard, epoch)), "
    "locked AS MATERIALIZED (SELECT id, epoch, owner FROM shards WHERE id = ANY($1::int2[]) ORDER BY id FOR "
    "SHARE), "
    "fence AS MATERIALIZED (SELECT count(*) = (SELECT count(*) FROM claimed) AS holds FROM claimed c "
    "JOIN locked l ON l.id = c.shard AND l.epoch = c.epoch AND l.owner <> ''), "
    "written AS (INSERT INTO journal(entity, seq, shard, epoch, payload) "
    "SELECT r.* FROM unnest($3::text[], $4::int8[], $5::int2[], $6::int8[], $7::bytea[]) "
    "AS r(entity, seq, shard, epoch, payload) WHERE (SELECT holds FROM fence)) "
    "SELECT holds FROM fence",
    true};

constexpr postgres_statement find_row{
    "find_row",
    "SELECT 1 AS found, payload FROM journal WHERE entity = $1::text AND seq = $2::int8 "
    "UNION ALL (SELECT 2, NULL FROM snapshots WHERE entity = $1::text AND seq >= $2::int8 LIMIT 1) ORDER BY "
    "found",
    false};

// At most 1,024 rows and 16 MiB at a time, but always one row.
constexpr postgres_statement read_page{
    "read_page",
    "SELECT seq, payload FROM journal WHERE entity = $1::text AND seq > $2::int8 AND seq <= "
    "(SELECT coalesce(max(seq) FILTER (WHERE total <= 16777216), min(seq)) FROM "
    "(SELECT seq, sum(octet_length(payload)) OVER (ORDER BY seq) AS total FROM "
    "(SELECT seq, payload FROM journal WHERE entity = $1::text AND seq > $2::int8 ORDER BY seq LIMIT 1024) "
    "AS page) "
    "AS totals) ORDER BY seq",
    false};

constexpr postgres_statement find_last{
    "find_last",
    "SELECT greatest((SELECT max(seq) FROM journal WHERE entity = $1::text), "
    "(SELECT max(seq) FROM snapshots WHERE entity = $1::text), 0)",
    false};

constexpr postgres_statement check_claim{
    "check_claim", "SELECT 1 FROM shards WHERE id = $1::int8 AND epoch = $2::int8 AND owner <> '' FOR SHARE",
    false};

postgres_values values_of(std::span<const journal_row> rows, std::span<const shard_claim> claims) {
  auto claim_shards = postgres_array::of_int2();
  auto claim_epochs = postgres_array::of_int8();
  for (const auto& claim : claims) {
    claim_shards.add_int2(to_number(claim.shard));
    claim_epochs.add_int8(to_number(claim.epoch));
  }
  auto entities = postgres_array::of_text();
  auto sequences = postgres_array::of_int8();
  auto shards = postgres_array::of_int2();
  auto epochs = postgres_array::of_int8();
  auto payloads = postgres_array::of_bytea();
  for (const auto& row : rows) {
    const auto shard = shard_of_tenant(row.entity.tenant);
    entities.add(to_string(row.entity));
    sequences.add_int8(to_number(row.sequence));
    shards.add_int2(to_number(shard));
    epochs.add_int8(to_number(*claimed_epoch(claims, shard)));
    payloads.add_by([&](bytes& out) { append_encoded_payload(out, row.payload); });
  }
  postgres_values values;
  values.array(std::move(claim_shards)).array(std::move(claim_epochs)).array(std::move(entities));
  values.array(std::move(sequences))
      .array(std::move(shards))
      .array(std::move(epochs))
      .array(std::move(payloads));
  return values;
}

} // namespace

result<void> check_postgres_claim(postgres_session& session, std::uint16_t shard, std::uint64_t epoch) {
  auto held =
      session.execute(check_claim, postgres_values{}.number(shard).number(static_cast<std::int64_t>(epoch)));
  if (!held)
    return held.error();
  if (held->size() == 0)
    return lost_ownership();
  return {};
}

result<void> postgres_journal::append_entries(std::span<const journal_row> rows,
                                              std::span<const shard_claim> claims) {
  if (auto valid = check_append(rows, claims); !valid)
    return valid;
  const auto values = values_of(rows, claims);
  return connection_.use([&](postgres_session& session) -> result<void> {
    auto holds = session.execute(append, values);
    if (!holds)
      return holds.error().code == error_code::sequence_conflict ? conflicting_sequence() : holds.error();
    if (holds->number(0, 0) == 0)
      return lost_ownership();
    return {};
  });
}

result<commit_outcome> postgres_journal::resolve(std::span<const journal_row> rows) {
  // Having a usable session means that the broken one has ended: what is looked at now stays as it is.
  return connection_.use([&](postgres_session& session) -> result<commit_outcome> {
    rows_found found;
    for (const auto& row : rows) {
      const auto entity = to_string(row.entity);
      auto hits = session.execute(find_row, postgres_values{}.view(entity).number(
                                                static_cast<std::int64_t>(to_number(row.sequence))));
      if (!hits)
        return hits.error();
      if (hits->size() > 0 && hits->number(0, 0) == 1) {
        auto payload = decode_payload(hits->view(0, 1), name_of_row(entity, row.sequence));
        if (!payload)
          return payload.error();
        ++(*payload == row.payload ? found.same : found.other);
        continue;
      }
      ++found.absent;
      found.outdated += hits->size() > 0;
    }
    return outcome_of(found);
  });
}

result<void> postgres_journal::read_entries(const entity_id& entity, journal_sequence after,
                                            const journal_visitor& visit) {
  const auto key = to_string(entity);
  return connection_.use([&](postgres_session& session) -> result<void> {
    for (;;) {
      auto page = session.execute(
          read_page, postgres_values{}.view(key).number(static_cast<std::int64_t>(to_number(after))));
      if (!page)
        return page.error();
      if (page->size() == 0)
        return {};
      for (int i = 0; i < page->size(); ++i) {
        after = journal_sequence{static_cast<std::uint64_t>(page->number(i, 0))};
        auto payload = decode_payload(page->view(i, 1), name_of_row(key, after));
        if (!payload)
          return payload.error();
        if (auto visited = visit(after, *payload); !visited)
          return visited;
      }
    }
  });
}

result<journal_sequence> postgres_journal::last_sequence(const entity_id& entity) {
  const auto key = to_string(entity);
  return connection_.use([&](postgres_session& session) -> result<journal_sequence> {
    auto last = session.execute(find_last, postgres_values{}.view(key));
    if (!last)
      return last.error();
    return journal_sequence{static_cast<std::uint64_t>(last->number(0, 0))};
  });
}

} // namespace dotmac
