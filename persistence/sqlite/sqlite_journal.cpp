#include "persistence/sqlite/sqlite_journal.hpp"

#include "persistence/failure_texts.hpp"
#include "persistence/payload_codec.hpp"
#include "persistence/write_checks.hpp"

namespace dotmac {
namespace {

std::int64_t signed_number(auto strong) noexcept {
  return static_cast<std::int64_t>(to_number(strong));
}

/// Before the transaction begins: compressing is not done under the write lock.
std::vector<bytes> encode_rows(std::span<const journal_row> rows) {
  std::vector<bytes> stored(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    append_encoded_payload(stored[i], rows[i].payload);
  return stored;
}

result<void> insert_rows(sqlite_session& session, std::span<const journal_row> rows, std::span<const bytes> stored,
                         std::span<const shard_claim> claims) {
  auto insert =
      session.prepare("INSERT INTO journal(entity, seq, shard, epoch, payload) VALUES (?1, ?2, ?3, ?4, ?5)");
  if (!insert)
    return insert.error();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    const auto entity = to_string(row.entity);
    const auto shard = shard_of_tenant(row.entity.tenant);
    auto inserted = insert->bind_text(1, entity)
                        .bind(2, signed_number(row.sequence))
                        .bind(3, signed_number(shard))
                        .bind(4, signed_number(*claimed_epoch(claims, shard)))
                        .bind_blob(5, stored[i])
                        .run();
    if (!inserted)
      return inserted.error().code == error_code::sequence_conflict ? conflicting_sequence()
                                                                    : inserted.error();
  }
  return {};
}

result<void> find_row(sqlite_session& session, const journal_row& row, rows_found& found) {
  const auto entity = to_string(row.entity);
  auto look = session.prepare("SELECT payload FROM journal WHERE entity = ?1 AND seq = ?2");
  if (!look)
    return look.error();
  auto is_there = look->bind_text(1, entity).bind(2, signed_number(row.sequence)).step();
  if (!is_there)
    return is_there.error();
  if (*is_there) {
    auto payload = decode_payload(look->view(0), name_of_row(entity, row.sequence));
    if (!payload)
      return payload.error();
    ++(*payload == row.payload ? found.same : found.other);
    return {};
  }
  ++found.absent;
  auto later = session.prepare("SELECT 1 FROM snapshots WHERE entity = ?1 AND seq >= ?2");
  if (!later)
    return later.error();
  auto is_outdated = later->bind_text(1, entity).bind(2, signed_number(row.sequence)).step();
  if (!is_outdated)
    return is_outdated.error();
  found.outdated += *is_outdated;
  return {};
}

} // namespace

result<void> check_sqlite_claim(sqlite_session& session, std::int64_t shard, std::int64_t epoch) {
  auto look = session.prepare("SELECT 1 FROM shards WHERE id = ?1 AND epoch = ?2 AND owner <> ''");
  if (!look)
    return look.error();
  auto is_held = look->bind(1, shard).bind(2, epoch).step();
  if (!is_held)
    return is_held.error();
  if (!*is_held)
    return lost_ownership();
  return {};
}

result<void> sqlite_journal::append_entries(std::span<const journal_row> rows,
                                            std::span<const shard_claim> claims) {
  if (auto valid = check_append(rows, claims); !valid)
    return valid;
  const auto stored = encode_rows(rows);
  return connection_.write_first([&](sqlite_session& session) -> result<void> {
    for (const auto& claim : claims)
      if (auto held = check_sqlite_claim(session, signed_number(claim.shard), signed_number(claim.epoch));
          !held)
        return held;
    return insert_rows(session, rows, stored, claims);
  });
}

result<commit_outcome> sqlite_journal::resolve(std::span<const journal_row> rows) {
  // The looking is done by a transaction that writes: should frames of the failed commit still lie in the log
  // beyond its valid end, this overwrites them, and no recovery can bring them back after the answer was
  // given.
  return connection_.write_first([&](sqlite_session& session) -> result<commit_outcome> {
    if (auto touched = session.execute("UPDATE shards SET epoch = epoch WHERE id = 0"); !touched)
      return touched.error();
    rows_found found;
    for (const auto& row : rows)
      if (auto looked = find_row(session, row, found); !looked)
        return looked.error();
    return outcome_of(found);
  });
}

result<void> sqlite_journal::read_entries(const entity_id& entity, journal_sequence after,
                                          const journal_visitor& visit) {
  return connection_.use([&](sqlite_session& session) -> result<void> {
    const auto key = to_string(entity);
    auto rows =
        session.prepare("SELECT seq, payload FROM journal WHERE entity = ?1 AND seq > ?2 ORDER BY seq");
    if (!rows)
      return rows.error();
    rows->bind_text(1, key).bind(2, signed_number(after));
    for (;;) {
      auto is_there = rows->step();
      if (!is_there)
        return is_there.error();
      if (!*is_there)
        return {};
      const journal_sequence sequence{static_cast<std::uint64_t>(rows->number(0))};
      auto payload = decode_payload(rows->view(1), name_of_row(key, sequence));
      if (!payload)
        return payload.error();
      if (auto visited = visit(sequence, *payload); !visited)
        return visited;
    }
  });
}

result<journal_sequence> sqlite_journal::last_sequence(const entity_id& entity) {
  return connection_.use([&](sqlite_session& session) -> result<journal_sequence> {
    const auto key = to_string(entity);
    auto last = session.prepare("SELECT max(coalesce((SELECT max(seq) FROM journal WHERE entity = ?1), 0), "
                                "coalesce((SELECT max(seq) FROM snapshots WHERE entity = ?1), 0))");
    if (!last)
      return last.error();
    if (auto stepped = last->bind_text(1, key).step(); !stepped)
      return stepped.error();
    return journal_sequence{static_cast<std::uint64_t>(last->number(0))};
  });
}

} // namespace dotmac
