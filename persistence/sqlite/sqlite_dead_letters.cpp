#include "persistence/sqlite/sqlite_dead_letters.hpp"

#include "persistence/failure_texts.hpp"
#include "persistence/payload_codec.hpp"
#include "persistence/write_checks.hpp"

#include <algorithm>
#include <limits>

namespace dotmac {
namespace {

/// The entities of a tenant are those from "tenant/" to before "tenant0", the character after '/'.
std::string first_key(const std::string& tenant) {
  return tenant + '/';
}
std::string end_key(const std::string& tenant) {
  return tenant + '0';
}

std::string name_of_letter(std::uint64_t id) { return "dead letter " + std::to_string(id); }

/// Of a letter or its summary, the columns that both have.
template <class Letter> result<Letter> letter_in(const sqlite_statement& row) {
  Letter letter;
  letter.id = static_cast<std::uint64_t>(row.number(0));
  auto entity = parse_entity_id(row.view(1));
  if (!entity)
    return failure{error_code::corrupt_data, name_of_letter(letter.id) + " has no valid entity", "entity"};
  letter.entity = *std::move(entity);
  letter.recorded_at_ms = row.number(2);
  letter.message_type = row.view(3);
  letter.reason = row.view(4);
  return letter;
}

result<dead_letter> whole_letter_in(const sqlite_statement& row) {
  auto letter = letter_in<dead_letter>(row);
  if (!letter)
    return letter;
  auto payload = decode_payload(row.view(5), name_of_letter(letter->id));
  if (!payload)
    return payload.error();
  letter->payload = *std::move(payload);
  return letter;
}

result<dead_letter_summary> summary_in(const sqlite_statement& row) {
  auto letter = letter_in<dead_letter_summary>(row);
  if (letter)
    letter->stored_bytes = static_cast<std::uint64_t>(row.number(5));
  return letter;
}

constexpr const char* read_one = "SELECT id, entity, recorded_at, message_type, reason, payload FROM dead_letters WHERE id = ?1";
constexpr const char* find_one = "SELECT id, entity, recorded_at, message_type, reason, length(payload) FROM dead_letters WHERE id = ?1";
constexpr const char* list_newest = "SELECT id, entity, recorded_at, message_type, reason, length(payload) FROM dead_letters "
                                    "WHERE ?1 = '' OR (entity >= ?2 AND entity < ?3) ORDER BY id DESC LIMIT ?4";

template <class Letter> result<Letter> letter_with(sqlite_session& session, const char* select, std::uint64_t id, result<Letter> (*read)(const sqlite_statement&)) {
  auto row = session.prepare(select);
  if (!row)
    return row.error();
  row->bind(1, static_cast<std::int64_t>(id));
  auto is_there = row->step();
  if (!is_there)
    return is_there.error();
  return *is_there ? read(*row) : missing_dead_letter(id);
}

} // namespace

result<void> sqlite_dead_letters::add_dead_letter(const dead_letter& letter) {
  if (auto valid = check_dead_letter(letter); !valid)
    return valid;
  return connection_.write([&](sqlite_session& session) -> result<void> {
    const auto entity = to_string(letter.entity);
    const auto reason = storable_reason(letter.reason);
    const auto stored = encode_payload(letter.payload);
    auto insert =
        session.prepare("INSERT INTO dead_letters(entity, recorded_at, message_type, reason, payload) "
                        "VALUES (?1, ?2, ?3, ?4, ?5)");
    if (!insert)
      return insert.error();
    auto inserted = insert->bind_text(1, entity)
                        .bind(2, letter.recorded_at_ms)
                        .bind_text(3, letter.message_type)
                        .bind_text(4, reason)
                        .bind_blob(5, stored)
                        .run();
    if (!inserted)
      return inserted;
    auto drop = session.prepare("DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters "
                                "WHERE entity >= ?1 AND entity < ?2 ORDER BY id DESC LIMIT -1 OFFSET ?3)");
    if (!drop)
      return drop.error();
    const auto first = first_key(letter.entity.tenant);
    const auto end = end_key(letter.entity.tenant);
    return drop->bind_text(1, first).bind_text(2, end).bind(3, dead_letters_per_tenant_max).run();
  });
}

result<dead_letter_summary> sqlite_dead_letters::find_dead_letter(std::uint64_t id) {
  return connection_.use([&](sqlite_session& session) { return letter_with<dead_letter_summary>(session, find_one, id, summary_in); });
}

result<dead_letter> sqlite_dead_letters::read_dead_letter(std::uint64_t id) {
  return connection_.use([&](sqlite_session& session) { return letter_with<dead_letter>(session, read_one, id, whole_letter_in); });
}

result<std::vector<dead_letter_summary>> sqlite_dead_letters::list_dead_letters(const std::string& tenant, std::size_t limit) {
  return connection_.use([&](sqlite_session& session) -> result<std::vector<dead_letter_summary>> {
    auto rows = session.prepare(list_newest);
    if (!rows)
      return rows.error();
    const auto first = first_key(tenant);
    const auto end = end_key(tenant);
    const auto limit_max = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
    rows->bind_text(1, tenant).bind_text(2, first).bind_text(3, end).bind(4, static_cast<std::int64_t>(std::min(limit, limit_max)));
    std::vector<dead_letter_summary> letters;
    for (;;) {
      auto is_there = rows->step();
      if (!is_there)
        return is_there.error();
      if (!*is_there)
        return letters;
      auto letter = summary_in(*rows);
      if (!letter)
        return letter.error();
      letters.push_back(*std::move(letter));
    }
  });
}

result<void> sqlite_dead_letters::remove_dead_letter(std::uint64_t id) {
  return connection_.write([&](sqlite_session& session) -> result<void> {
    auto remove = session.prepare("DELETE FROM dead_letters WHERE id = ?1");
    if (!remove)
      return remove.error();
    if (auto removed = remove->bind(1, static_cast<std::int64_t>(id)).run(); !removed)
      return removed;
    if (session.changes() == 0)
      return missing_dead_letter(id);
    return {};
  });
}

} // namespace dotmac
