#include "persistence/sqlite/sqlite_snapshots.hpp"

#include "persistence/encoded_snapshot_write.hpp"
#include "persistence/failure_texts.hpp"
#include "persistence/payload_codec.hpp"
#include "persistence/segment_measures.hpp"
#include "persistence/write_checks.hpp"

#include <algorithm>

namespace dotmac {
namespace {

// What a transaction of a snapshot holds at most: a commit of the journal waits for it.
constexpr std::size_t transaction_bytes = 1 << 20;
constexpr std::int64_t transaction_rows = 16; ///< of the journal, which may have hundreds of kilobytes each

std::int64_t as_signed(std::uint64_t number) noexcept {
  return static_cast<std::int64_t>(number);
}

/// No snapshot may be newer than the one being written.
result<void> check_newest(sqlite_session& session, const std::string& entity, std::int64_t sequence) {
  auto newer = session.prepare("SELECT 1 FROM snapshots WHERE entity = ?1 AND seq > ?2");
  if (!newer)
    return newer.error();
  auto is_there = newer->bind_text(1, entity).bind(2, sequence).step();
  if (!is_there)
    return is_there.error();
  if (*is_there)
    return outdated_snapshot(entity);
  return {};
}

result<void> drop_unreferenced_segments(sqlite_session& session, const std::string& entity) {
  auto drop = session.prepare("DELETE FROM segments WHERE entity = ?1 AND number NOT IN "
                              "(SELECT number FROM segment_references WHERE entity = ?1)");
  if (!drop)
    return drop.error();
  return drop->bind_text(1, entity).run();
}

/// Every live segment is a new one, or one of a snapshot that stays.
result<void> check_live_segments(sqlite_session& session, const std::string& entity, const snapshot_write& write) {
  auto look = session.prepare("SELECT 1 FROM segment_references WHERE entity = ?1 AND number = ?2 AND seq <= ?3");
  if (!look)
    return look.error();
  const auto last = as_signed(to_number(write.last_readable.value_or(write.snapshot.sequence)));
  for (const auto number : write.live_segments) {
    if (std::any_of(write.new_segments.begin(), write.new_segments.end(), [&](const auto& each) { return each.number == number; }))
      continue;
    auto is_there = look->bind_text(1, entity).bind(2, as_signed(number)).bind(3, last).step();
    look->reset();
    if (!is_there)
      return is_there.error();
    if (!*is_there)
      return missing_live_segment(entity);
  }
  return {};
}

/// Before the new one comes, so that it may use the numbers of their segments.
result<void> drop_unreadable(sqlite_session& session, const std::string& entity, journal_sequence last_readable) {
  auto drop = session.prepare("DELETE FROM snapshots WHERE entity = ?1 AND seq > ?2");
  if (!drop)
    return drop.error();
  if (auto dropped = drop->bind_text(1, entity).bind(2, as_signed(to_number(last_readable))).run(); !dropped)
    return dropped;
  return drop_unreferenced_segments(session, entity);
}

/// Writes the segment, or finds the same one there.
result<void> insert_segment(sqlite_session& session, const std::string& entity,
                            const stored_segment& segment, bytes_view stored) {
  auto present = session.prepare("SELECT payload FROM segments WHERE entity = ?1 AND number = ?2");
  if (!present)
    return present.error();
  auto is_there = present->bind_text(1, entity).bind(2, as_signed(segment.number)).step();
  if (!is_there)
    return is_there.error();
  if (*is_there) {
    auto payload = decode_payload(present->view(0), name_of_segment(entity, segment.number));
    if (!payload)
      return payload.error();
    if (*payload != segment.payload)
      return conflicting_segment(entity, segment.number);
    return {};
  }
  auto insert =
      session.prepare("INSERT INTO segments(entity, number, min_time, max_time, row_count, payload) "
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  if (!insert)
    return insert.error();
  return insert->bind_text(1, entity)
      .bind(2, as_signed(segment.number))
      .bind(3, segment.min_time_ms)
      .bind(4, segment.max_time_ms)
      .bind(5, as_signed(segment.row_count))
      .bind_blob(6, stored)
      .run();
}

/// Writes the part, or finds the same one there.
result<void> insert_part(sqlite_session& session, const std::string& entity, const stored_segment& segment, std::uint32_t part, bytes_view stored) {
  auto insert = session.prepare("INSERT OR IGNORE INTO segment_parts(entity, number, part, payload) VALUES (?1, ?2, ?3, ?4)");
  if (!insert)
    return insert.error();
  if (auto inserted = insert->bind_text(1, entity).bind(2, as_signed(segment.number)).bind(3, part).bind_blob(4, stored).run(); !inserted)
    return inserted;
  if (session.changes() == 1)
    return {};
  auto present = session.prepare("SELECT payload FROM segment_parts WHERE entity = ?1 AND number = ?2 AND part = ?3");
  if (!present)
    return present.error();
  auto is_there = present->bind_text(1, entity).bind(2, as_signed(segment.number)).bind(3, part).step();
  if (!is_there)
    return is_there.error();
  if (!*is_there)
    return conflicting_segment(entity, segment.number);
  auto payload = decode_payload(present->view(0), name_of_part(entity, segment.number, part));
  if (!payload)
    return payload.error();
  if (*payload != segment.parts[part])
    return conflicting_segment(entity, segment.number);
  return {};
}

result<void> insert_snapshot(sqlite_session& session, const std::string& entity,
                             const snapshot_write& write, bytes_view stored) {
  const auto sequence = as_signed(to_number(write.snapshot.sequence));
  auto insert = session.prepare("INSERT OR REPLACE INTO snapshots(entity, seq, version, epoch, payload) "
                                "VALUES (?1, ?2, ?3, ?4, ?5)");
  if (!insert)
    return insert.error();
  auto inserted = insert->bind_text(1, entity)
                      .bind(2, sequence)
                      .bind(3, write.snapshot.version)
                      .bind(4, as_signed(to_number(write.claim.epoch)))
                      .bind_blob(5, stored)
                      .run();
  if (!inserted)
    return inserted;
  auto refer =
      session.prepare("INSERT OR IGNORE INTO segment_references(entity, seq, number) VALUES (?1, ?2, ?3)");
  if (!refer)
    return refer.error();
  for (const auto number : write.live_segments)
    if (auto referred = refer->bind_text(1, entity).bind(2, sequence).bind(3, as_signed(number)).run();
        !referred)
      return referred.error().code == error_code::validation_failed ? missing_live_segment(entity)
                                                                    : referred.error();
  return {};
}

/// True where there was so much that more may be left.
result<bool> drop_some(sqlite_session& session, const char* sql, const std::string& entity, std::int64_t limit) {
  auto drop = session.prepare(sql);
  if (!drop)
    return drop.error();
  if (auto dropped = drop->bind_text(1, entity).bind(2, limit).run(); !dropped)
    return dropped.error();
  return session.changes() == limit;
}

} // namespace

template <class Act> result<void> sqlite_snapshots::write_as_owner(const shard_claim& claim, Act act) {
  return connection_.write([&](sqlite_session& session) -> result<void> {
    if (auto held = check_sqlite_claim(session, to_number(claim.shard), as_signed(to_number(claim.epoch))); !held)
      return held;
    return act(session);
  });
}

/// Nobody refers to them until the snapshot is there.
result<void> sqlite_snapshots::write_segments(const std::string& entity, const snapshot_write& write, std::span<const encoded_segment> stored) {
  struct piece {
    std::size_t segment;
    std::optional<std::uint32_t> part; ///< none: the segment itself
    bytes_view bytes;
  };
  std::vector<piece> pieces;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    pieces.push_back({i, std::nullopt, stored[i].payload});
    for (std::uint32_t part = 0; part < stored[i].parts.size(); ++part)
      pieces.push_back({i, part, stored[i].parts[part]});
  }
  const auto insert = [&](sqlite_session& session, const piece& each) {
    const auto& segment = write.new_segments[each.segment];
    return each.part ? insert_part(session, entity, segment, *each.part, each.bytes) : insert_segment(session, entity, segment, each.bytes);
  };
  for (std::size_t next = 0; next < pieces.size();) {
    auto written = write_as_owner(write.claim, [&](sqlite_session& session) -> result<void> {
      for (std::size_t size = 0; next < pieces.size() && size < transaction_bytes; size += pieces[next++].bytes.size())
        if (auto inserted = insert(session, pieces[next]); !inserted)
          return inserted;
      return {};
    });
    if (!written)
      return written;
  }
  return {};
}

result<void> sqlite_snapshots::drop_what_nothing_needs(const std::string& entity, const shard_claim& claim) {
  static_assert(snapshots_kept == 2, "OFFSET 1 is the older kept one");
  static constexpr const char* statements[]{
      "DELETE FROM snapshots WHERE entity = ?1 AND seq IN (SELECT seq FROM snapshots WHERE entity = ?1 AND seq < "
      "(SELECT seq FROM snapshots WHERE entity = ?1 ORDER BY seq DESC LIMIT 1 OFFSET 1) LIMIT ?2)",
      "DELETE FROM journal WHERE entity = ?1 AND seq IN (SELECT seq FROM journal WHERE entity = ?1 AND seq <= "
      "(SELECT seq FROM snapshots WHERE entity = ?1 ORDER BY seq DESC LIMIT 1 OFFSET 1) LIMIT ?2)",
      "DELETE FROM segments WHERE entity = ?1 AND number IN (SELECT number FROM segments WHERE entity = ?1 AND number NOT IN "
      "(SELECT number FROM segment_references WHERE entity = ?1) LIMIT ?2)"};
  for (const char* sql : statements)
    for (bool is_more = true; is_more;) {
      auto dropped = write_as_owner(claim, [&](sqlite_session& session) -> result<void> {
        auto some = drop_some(session, sql, entity, transaction_rows);
        if (!some)
          return some.error();
        is_more = *some;
        return {};
      });
      if (!dropped)
        return dropped;
    }
  return {};
}

result<void> sqlite_snapshots::write_snapshot(const snapshot_write& write) {
  if (auto valid = check_snapshot_write(write); !valid)
    return valid;
  const auto entity = to_string(write.snapshot.entity);
  const auto sequence = as_signed(to_number(write.snapshot.sequence));
  const auto encoded = encode_snapshot(write);
  auto begun = write_as_owner(write.claim, [&](sqlite_session& session) -> result<void> {
    if (auto newest = check_newest(session, entity, sequence); !newest)
      return newest;
    if (auto live = check_live_segments(session, entity, write); !live)
      return live;
    // What an attempt that did not come to its end has left would stand in the way of other content with the same number.
    return write.last_readable ? drop_unreadable(session, entity, *write.last_readable) : drop_unreferenced_segments(session, entity);
  });
  if (!begun)
    return begun;
  if (auto written = write_segments(entity, write, encoded.segments); !written)
    return written;
  auto written = write_as_owner(write.claim, [&](sqlite_session& session) -> result<void> {
    if (auto newest = check_newest(session, entity, sequence); !newest)
      return newest;
    return insert_snapshot(session, entity, write, encoded.payload);
  });
  return written ? drop_what_nothing_needs(entity, write.claim) : written;
}

result<snapshot_store::kept_snapshots> sqlite_snapshots::read_snapshots(const entity_id& entity) {
  return connection_.use([&](sqlite_session& session) -> result<kept_snapshots> {
    const auto key = to_string(entity);
    auto rows =
        session.prepare("SELECT seq, version, payload FROM snapshots WHERE entity = ?1 ORDER BY seq DESC");
    if (!rows)
      return rows.error();
    rows->bind_text(1, key);
    kept_snapshots kept;
    for (;;) {
      auto is_there = rows->step();
      if (!is_there)
        return is_there.error();
      if (!*is_there)
        return kept;
      const journal_sequence sequence{static_cast<std::uint64_t>(rows->number(0))};
      auto payload = decode_payload(rows->view(2), name_of_snapshot(key, sequence));
      if (payload)
        kept.snapshots.push_back(
            {entity, sequence, static_cast<std::uint32_t>(rows->number(1)), *std::move(payload)});
      else
        kept.damaged.push_back(payload.error());
    }
  });
}

result<std::vector<snapshot_store::snapshot_summary>> sqlite_snapshots::list_snapshots(const entity_id& entity) {
  return connection_.use([&](sqlite_session& session) -> result<std::vector<snapshot_summary>> {
    const auto key = to_string(entity);
    auto rows = session.prepare("SELECT seq, version, length(payload), written_at FROM snapshots WHERE entity = ?1 ORDER BY seq DESC");
    if (!rows)
      return rows.error();
    rows->bind_text(1, key);
    std::vector<snapshot_summary> kept;
    for (;;) {
      auto is_there = rows->step();
      if (!is_there)
        return is_there.error();
      if (!*is_there)
        return kept;
      kept.push_back({journal_sequence{static_cast<std::uint64_t>(rows->number(0))}, static_cast<std::uint32_t>(rows->number(1)), static_cast<std::uint64_t>(rows->number(2)),
                      std::string{rows->view(3)}});
    }
  });
}

result<stored_segment> sqlite_snapshots::read_segment(const entity_id& entity, segment_number number) {
  return connection_.use([&](sqlite_session& session) -> result<stored_segment> {
    const auto key = to_string(entity);
    auto row = session.prepare("SELECT min_time, max_time, row_count, payload FROM segments "
                               "WHERE entity = ?1 AND number = ?2");
    if (!row)
      return row.error();
    auto is_there = row->bind_text(1, key).bind(2, as_signed(number)).step();
    if (!is_there)
      return is_there.error();
    if (!*is_there)
      return missing_segment(key, number);
    auto payload = decode_payload(row->view(3), name_of_segment(key, number));
    if (!payload)
      return payload.error();
    return stored_segment{number, row->number(0), row->number(1), static_cast<std::uint64_t>(row->number(2)),
                          *std::move(payload)};
  });
}

result<std::vector<bytes>> sqlite_snapshots::read_segment_parts(const entity_id& entity, segment_number number, std::span<const std::uint32_t> parts) {
  return connection_.use([&](sqlite_session& session) -> result<std::vector<bytes>> {
    const auto key = to_string(entity);
    auto row = session.prepare("SELECT payload FROM segment_parts WHERE entity = ?1 AND number = ?2 AND part = ?3");
    if (!row)
      return row.error();
    std::vector<bytes> out;
    for (const auto part : parts) {
      auto is_there = row->bind_text(1, key).bind(2, as_signed(number)).bind(3, part).step();
      if (!is_there)
        return is_there.error();
      if (!*is_there)
        return missing_part(key, number, part);
      auto payload = decode_payload(row->view(0), name_of_part(key, number, part));
      if (!payload)
        return payload.error();
      out.push_back(*std::move(payload));
      row->reset();
    }
    return out;
  });
}

result<std::vector<snapshot_store::segment_summary>>
sqlite_snapshots::list_segments(const entity_id& entity) {
  return connection_.use([&](sqlite_session& session) -> result<std::vector<segment_summary>> {
    const auto key = to_string(entity);
    auto rows = session.prepare("SELECT number, row_count, length(payload) + (SELECT coalesce(sum(length(p.payload)), 0) FROM segment_parts p "
                                "WHERE p.entity = s.entity AND p.number = s.number), min_time, max_time FROM segments s "
                                "WHERE entity = ?1 ORDER BY number");
    if (!rows)
      return rows.error();
    rows->bind_text(1, key);
    std::vector<segment_summary> summaries;
    for (;;) {
      auto is_there = rows->step();
      if (!is_there)
        return is_there.error();
      if (!*is_there)
        return summaries;
      summaries.push_back({static_cast<std::uint64_t>(rows->number(0)),
                           static_cast<std::uint64_t>(rows->number(1)),
                           static_cast<std::uint64_t>(rows->number(2)), rows->number(3), rows->number(4)});
    }
  });
}

result<std::vector<snapshot_store::segment_sizes>> sqlite_snapshots::measure_segments(const entity_id& entity, std::span<const segment_number> numbers) {
  return connection_.use([&](sqlite_session& session) -> result<std::vector<segment_sizes>> {
    const auto key = to_string(entity);
    // Of a blob's length SQLite reads the header of its row only.
    auto rows = session.prepare("SELECT -1, length(payload) FROM segments WHERE entity = ?1 AND number = ?2 "
                                "UNION ALL SELECT part, length(payload) FROM segment_parts WHERE entity = ?1 AND number = ?2");
    if (!rows)
      return rows.error();
    std::vector<segment_sizes> sizes(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      rows->bind_text(1, key).bind(2, as_signed(numbers[i]));
      for (;;) {
        auto is_there = rows->step();
        if (!is_there)
          return is_there.error();
        if (!*is_there)
          break;
        note_size(sizes[i], rows->number(0), rows->number(1));
      }
      rows->reset();
    }
    return sizes;
  });
}

} // namespace dotmac
