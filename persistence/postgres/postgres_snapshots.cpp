#include "persistence/postgres/postgres_snapshots.hpp"

#include "persistence/encoded_snapshot_write.hpp"
#include "persistence/failure_texts.hpp"
#include "persistence/payload_codec.hpp"
#include "persistence/segment_measures.hpp"
#include "persistence/write_checks.hpp"

#include <unordered_map>

namespace dotmac {
namespace {

// None of these is marked as writing: inside a transaction only the COMMIT can leave things uncertain.
constexpr postgres_statement find_newer{
    "find_newer", "SELECT 1 FROM snapshots WHERE entity = $1::text AND seq > $2::int8 LIMIT 1", false};
constexpr postgres_statement insert_segment{
    "insert_segment",
    "INSERT INTO segments(entity, number, min_time, max_time, row_count, payload) "
    "VALUES ($1::text, $2::int8, $3::int8, $4::int8, $5::int8, $6::bytea) ON CONFLICT DO NOTHING RETURNING 1",
    false};
constexpr postgres_statement read_segment_row{"read_segment",
                                              "SELECT min_time, max_time, row_count, payload FROM segments "
                                              "WHERE entity = $1::text AND number = $2::int8",
                                              false};
constexpr postgres_statement insert_part{
    "insert_part",
    "INSERT INTO segment_parts(entity, number, part, payload) VALUES ($1::text, $2::int8, $3::int8, $4::bytea) "
    "ON CONFLICT DO NOTHING RETURNING 1",
    false};
constexpr postgres_statement read_part{
    "read_part", "SELECT payload FROM segment_parts WHERE entity = $1::text AND number = $2::int8 AND part = $3::int8", false};
constexpr postgres_statement insert_snapshot{
    "insert_snapshot",
    "INSERT INTO snapshots(entity, seq, version, epoch, payload) "
    "VALUES ($1::text, $2::int8, $3::int8, $4::int8, $5::bytea) ON CONFLICT (entity, seq) DO UPDATE SET "
    "version = excluded.version, epoch = excluded.epoch, written_at = excluded.written_at, payload = "
    "excluded.payload",
    false};
constexpr postgres_statement drop_references{
    "drop_references", "DELETE FROM segment_references WHERE entity = $1::text AND seq = $2::int8", false};
constexpr postgres_statement insert_references{
    "insert_references",
    "INSERT INTO segment_references(entity, seq, number) SELECT DISTINCT $1::text, $2::int8, number "
    "FROM unnest($3::int8[]) AS live(number)",
    false};
constexpr postgres_statement drop_newer{
    "drop_unreadable", "DELETE FROM snapshots WHERE entity = $1::text AND seq > $2::int8 RETURNING 1", false};
constexpr postgres_statement drop_snapshots{
    "drop_snapshots",
    "DELETE FROM snapshots WHERE entity = $1::text AND seq < "
    "(SELECT seq FROM snapshots WHERE entity = $1::text ORDER BY seq DESC LIMIT 1 OFFSET 1)",
    false};
constexpr postgres_statement drop_rows{
    "drop_rows",
    "DELETE FROM journal WHERE entity = $1::text AND seq <= "
    "(SELECT seq FROM snapshots WHERE entity = $1::text ORDER BY seq DESC LIMIT 1 OFFSET 1)",
    false};
constexpr postgres_statement drop_segments{
    "drop_segments",
    "DELETE FROM segments s WHERE entity = $1::text AND NOT EXISTS "
    "(SELECT 1 FROM segment_references r WHERE r.entity = s.entity AND r.number = s.number)",
    false};
constexpr postgres_statement read_all{
    "read_snapshots", "SELECT seq, version, payload FROM snapshots WHERE entity = $1::text ORDER BY seq DESC",
    false};
constexpr postgres_statement list_kept{"list_snapshots",
                                       "SELECT seq, version, octet_length(payload)::int8, to_char(written_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') "
                                       "FROM snapshots WHERE entity = $1::text ORDER BY seq DESC",
                                       false};
constexpr postgres_statement list_all{"list_segments",
                                      "SELECT number, row_count, octet_length(payload) + (SELECT coalesce(sum(octet_length(p.payload)), 0)::int8 "
                                      "FROM segment_parts p WHERE p.entity = s.entity AND p.number = s.number), min_time, max_time "
                                      "FROM segments s WHERE entity = $1::text "
                                      "ORDER BY number",
                                      false};
// Of a value that is stored apart, octet_length reads the pointer to it only.
constexpr postgres_statement measure_some{"measure_segments",
                                          "SELECT number, -1::int8, octet_length(payload)::int8 FROM segments WHERE entity = $1::text AND number = ANY($2::int8[]) "
                                          "UNION ALL SELECT number, part::int8, octet_length(payload)::int8 FROM segment_parts "
                                          "WHERE entity = $1::text AND number = ANY($2::int8[])",
                                          false};

std::int64_t as_signed(std::uint64_t number) noexcept {
  return static_cast<std::int64_t>(number);
}

/// Before the new one comes, so that it may use the numbers of their segments.
result<void> drop_unreadable(postgres_session& session, const std::string& entity, journal_sequence last_readable) {
  auto dropped = session.execute(drop_newer, postgres_values{}.view(entity).number(as_signed(to_number(last_readable))));
  if (!dropped)
    return dropped.error();
  if (dropped->size() == 0)
    return {};
  if (auto segments = session.execute(drop_segments, postgres_values{}.view(entity)); !segments)
    return segments.error();
  return {};
}

/// Writes the segment, or finds the same one there.
result<void> write_segment(postgres_session& session, const std::string& entity,
                           const stored_segment& segment, bytes_view stored) {
  postgres_values values;
  values.view(entity)
      .number(as_signed(segment.number))
      .number(segment.min_time_ms)
      .number(segment.max_time_ms);
  values.number(as_signed(segment.row_count)).view(stored);
  auto inserted = session.execute(insert_segment, values);
  if (!inserted)
    return inserted.error();
  if (inserted->size() == 1)
    return {};
  auto present =
      session.execute(read_segment_row, postgres_values{}.view(entity).number(as_signed(segment.number)));
  if (!present)
    return present.error();
  if (present->size() == 0)
    return conflicting_segment(entity, segment.number);
  auto payload = decode_payload(present->view(0, 3), name_of_segment(entity, segment.number));
  if (!payload)
    return payload.error();
  if (*payload != segment.payload)
    return conflicting_segment(entity, segment.number);
  return {};
}

/// The stored part, if it is there.
result<std::optional<bytes>> find_part(postgres_session& session, const std::string& entity, segment_number number, std::uint32_t part) {
  auto row = session.execute(read_part, postgres_values{}.view(entity).number(as_signed(number)).number(part));
  if (!row)
    return row.error();
  if (row->size() == 0)
    return std::optional<bytes>{};
  auto payload = decode_payload(row->view(0, 0), name_of_part(entity, number, part));
  if (!payload)
    return payload.error();
  return std::optional{*std::move(payload)};
}

/// Writes the part, or finds the same one there.
result<void> write_part(postgres_session& session, const std::string& entity, const stored_segment& segment, std::uint32_t part, bytes_view stored) {
  auto inserted = session.execute(insert_part, postgres_values{}.view(entity).number(as_signed(segment.number)).number(part).view(stored));
  if (!inserted)
    return inserted.error();
  if (inserted->size() == 1)
    return {};
  auto present = find_part(session, entity, segment.number, part);
  if (!present)
    return present.error();
  if (*present != segment.parts[part])
    return conflicting_segment(entity, segment.number);
  return {};
}

result<void> write_with_parts(postgres_session& session, const std::string& entity, const stored_segment& segment, const encoded_segment& stored) {
  if (auto written = write_segment(session, entity, segment, stored.payload); !written)
    return written;
  for (std::uint32_t part = 0; part < stored.parts.size(); ++part)
    if (auto written = write_part(session, entity, segment, part, stored.parts[part]); !written)
      return written;
  return {};
}

result<void> write_state(postgres_session& session, const std::string& entity, const snapshot_write& write,
                         bytes_view stored) {
  const auto sequence = as_signed(to_number(write.snapshot.sequence));
  postgres_values values;
  values.view(entity)
      .number(sequence)
      .number(write.snapshot.version)
      .number(as_signed(to_number(write.claim.epoch)));
  values.view(stored);
  if (auto inserted = session.execute(insert_snapshot, values); !inserted)
    return inserted.error();
  if (auto dropped = session.execute(drop_references, postgres_values{}.view(entity).number(sequence));
      !dropped)
    return dropped.error();
  auto live = postgres_array::of_int8();
  for (const auto number : write.live_segments)
    live.add_int8(number);
  auto referred = session.execute(insert_references,
                                  postgres_values{}.view(entity).number(sequence).array(std::move(live)));
  if (!referred)
    return referred.error().code == error_code::validation_failed ? missing_live_segment(entity)
                                                                  : referred.error();
  return {};
}

result<void> drop_what_nothing_needs(postgres_session& session, const std::string& entity) {
  static_assert(snapshots_kept == 2, "OFFSET 1 is the older kept one");
  for (const auto& drop : {drop_snapshots, drop_rows, drop_segments})
    if (auto dropped = session.execute(drop, postgres_values{}.view(entity)); !dropped)
      return dropped.error();
  return {};
}

} // namespace

result<void> postgres_snapshots::write_snapshot(const snapshot_write& write) {
  if (auto valid = check_snapshot_write(write); !valid)
    return valid;
  const auto entity = to_string(write.snapshot.entity);
  const auto encoded = encode_snapshot(write);
  return connection_.write([&](postgres_session& session) -> result<void> {
    auto held = check_postgres_claim(session, to_number(write.claim.shard), to_number(write.claim.epoch));
    if (!held)
      return held;
    auto newer = session.execute(
        find_newer, postgres_values{}.view(entity).number(as_signed(to_number(write.snapshot.sequence))));
    if (!newer)
      return newer.error();
    if (newer->size() != 0)
      return outdated_snapshot(entity);
    if (write.last_readable)
      if (auto dropped = drop_unreadable(session, entity, *write.last_readable); !dropped)
        return dropped;
    for (std::size_t i = 0; i < write.new_segments.size(); ++i)
      if (auto written = write_with_parts(session, entity, write.new_segments[i], encoded.segments[i]); !written)
        return written;
    if (auto written = write_state(session, entity, write, encoded.payload); !written)
      return written;
    return drop_what_nothing_needs(session, entity);
  });
}

result<snapshot_store::kept_snapshots> postgres_snapshots::read_snapshots(const entity_id& entity) {
  const auto key = to_string(entity);
  return connection_.use([&](postgres_session& session) -> result<kept_snapshots> {
    auto rows = session.execute(read_all, postgres_values{}.view(key));
    if (!rows)
      return rows.error();
    kept_snapshots kept;
    for (int i = 0; i < rows->size(); ++i) {
      const journal_sequence sequence{static_cast<std::uint64_t>(rows->number(i, 0))};
      auto payload = decode_payload(rows->view(i, 2), name_of_snapshot(key, sequence));
      if (payload)
        kept.snapshots.push_back(
            {entity, sequence, static_cast<std::uint32_t>(rows->number(i, 1)), *std::move(payload)});
      else
        kept.damaged.push_back(payload.error());
    }
    return kept;
  });
}

result<std::vector<snapshot_store::snapshot_summary>> postgres_snapshots::list_snapshots(const entity_id& entity) {
  const auto key = to_string(entity);
  return connection_.use([&](postgres_session& session) -> result<std::vector<snapshot_summary>> {
    auto rows = session.execute(list_kept, postgres_values{}.view(key));
    if (!rows)
      return rows.error();
    std::vector<snapshot_summary> kept;
    for (int i = 0; i < rows->size(); ++i)
      kept.push_back({journal_sequence{static_cast<std::uint64_t>(rows->number(i, 0))}, static_cast<std::uint32_t>(rows->number(i, 1)), static_cast<std::uint64_t>(rows->number(i, 2)),
                      std::string{rows->view(i, 3)}});
    return kept;
  });
}

result<stored_segment> postgres_snapshots::read_segment(const entity_id& entity, segment_number number) {
  const auto key = to_string(entity);
  return connection_.use([&](postgres_session& session) -> result<stored_segment> {
    auto row = session.execute(read_segment_row, postgres_values{}.view(key).number(as_signed(number)));
    if (!row)
      return row.error();
    if (row->size() == 0)
      return missing_segment(key, number);
    auto payload = decode_payload(row->view(0, 3), name_of_segment(key, number));
    if (!payload)
      return payload.error();
    return stored_segment{number, row->number(0, 0), row->number(0, 1),
                          static_cast<std::uint64_t>(row->number(0, 2)), *std::move(payload)};
  });
}

result<std::vector<bytes>> postgres_snapshots::read_segment_parts(const entity_id& entity, segment_number number, std::span<const std::uint32_t> parts) {
  const auto key = to_string(entity);
  return connection_.use([&](postgres_session& session) -> result<std::vector<bytes>> {
    std::vector<bytes> out;
    for (const auto part : parts) {
      auto found = find_part(session, key, number, part);
      if (!found)
        return found.error();
      if (!*found)
        return missing_part(key, number, part);
      out.push_back(**std::move(found));
    }
    return out;
  });
}

result<std::vector<snapshot_store::segment_summary>>
postgres_snapshots::list_segments(const entity_id& entity) {
  const auto key = to_string(entity);
  return connection_.use([&](postgres_session& session) -> result<std::vector<segment_summary>> {
    auto rows = session.execute(list_all, postgres_values{}.view(key));
    if (!rows)
      return rows.error();
    std::vector<segment_summary> summaries;
    for (int i = 0; i < rows->size(); ++i)
      summaries.push_back(
          {static_cast<std::uint64_t>(rows->number(i, 0)), static_cast<std::uint64_t>(rows->number(i, 1)),
           static_cast<std::uint64_t>(rows->number(i, 2)), rows->number(i, 3), rows->number(i, 4)});
    return summaries;
  });
}

result<std::vector<snapshot_store::segment_sizes>> postgres_snapshots::measure_segments(const entity_id& entity, std::span<const segment_number> numbers) {
  const auto key = to_string(entity);
  auto wanted = postgres_array::of_int8();
  std::unordered_map<std::int64_t, std::size_t> places;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    wanted.add_int8(numbers[i]);
    places.emplace(as_signed(numbers[i]), i);
  }
  return connection_.use([&](postgres_session& session) -> result<std::vector<segment_sizes>> {
    auto asked = wanted;
    auto rows = session.execute(measure_some, postgres_values{}.view(key).array(std::move(asked)));
    if (!rows)
      return rows.error();
    std::vector<segment_sizes> sizes(numbers.size());
    for (int i = 0; i < rows->size(); ++i)
      note_size(sizes[places.at(rows->number(i, 0))], rows->number(i, 1), rows->number(i, 2));
    return sizes;
  });
}

} // namespace dotmac
