#include "persistence/postgres/postgres_dead_letters.hpp"

#include "persistence/failure_texts.hpp"
#include "persistence/payload_codec.hpp"
#include "persistence/write_checks.hpp"

#include <algorithm>
#include <limits>

namespace dotmac {
namespace {

// The entities of a tenant are those from "tenant/" to before "tenant0", the character after '/'.
constexpr postgres_statement add{
    "add_dead_letter",
    "INSERT INTO dead_letters(entity, recorded_at, message_type, reason, payload) "
    "VALUES ($1::text, $2::int8, $3::text, $4::text, $5::bytea)",
    false};
constexpr postgres_statement drop_oldest{
    "drop_dead_letters",
    "DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters "
    "WHERE entity >= $1::text || '/' AND entity < $1::text || '0' ORDER BY id DESC OFFSET $2::int8)",
    false};
constexpr postgres_statement read_one{"read_dead_letter", "SELECT id, entity, recorded_at, message_type, reason, payload FROM dead_letters WHERE id = $1::int8", false};
constexpr postgres_statement find_one{"find_dead_letter", "SELECT id, entity, recorded_at, message_type, reason, octet_length(payload)::int8 FROM dead_letters WHERE id = $1::int8", false};
constexpr postgres_statement list_newest{
    "list_dead_letters",
    "SELECT id, entity, recorded_at, message_type, reason, octet_length(payload)::int8 FROM dead_letters "
    "WHERE $1::text = '' OR (entity >= $1::text || '/' AND entity < $1::text || '0') ORDER BY id DESC LIMIT "
    "$2::int8",
    false};
constexpr postgres_statement remove_one{"remove_dead_letter",
                                        "DELETE FROM dead_letters WHERE id = $1::int8 RETURNING 1", true};

std::string name_of_letter(std::uint64_t id) { return "dead letter " + std::to_string(id); }

/// Of a letter or its summary, the columns that both have.
template <class Letter> result<Letter> letter_in(const postgres_rows& rows, int row) {
  Letter letter;
  letter.id = static_cast<std::uint64_t>(rows.number(row, 0));
  auto entity = parse_entity_id(rows.view(row, 1));
  if (!entity)
    return failure{error_code::corrupt_data, name_of_letter(letter.id) + " has no valid entity", "entity"};
  letter.entity = *std::move(entity);
  letter.recorded_at_ms = rows.number(row, 2);
  letter.message_type = rows.view(row, 3);
  letter.reason = rows.view(row, 4);
  return letter;
}

result<dead_letter> whole_letter_in(const postgres_rows& rows, int row) {
  auto letter = letter_in<dead_letter>(rows, row);
  if (!letter)
    return letter;
  auto payload = decode_payload(rows.view(row, 5), name_of_letter(letter->id));
  if (!payload)
    return payload.error();
  letter->payload = *std::move(payload);
  return letter;
}

result<dead_letter_summary> summary_in(const postgres_rows& rows, int row) {
  auto letter = letter_in<dead_letter_summary>(rows, row);
  if (letter)
    letter->stored_bytes = static_cast<std::uint64_t>(rows.number(row, 5));
  return letter;
}

template <class Letter> result<Letter> letter_with(postgres_session& session, const postgres_statement& statement, std::uint64_t id, result<Letter> (*read)(const postgres_rows&, int)) {
  auto rows = session.execute(statement, postgres_values{}.number(static_cast<std::int64_t>(id)));
  if (!rows)
    return rows.error();
  return rows->size() == 0 ? missing_dead_letter(id) : read(*rows, 0);
}

} // namespace

result<void> postgres_dead_letters::add_dead_letter(const dead_letter& letter) {
  if (auto valid = check_dead_letter(letter); !valid)
    return valid;
  const auto entity = to_string(letter.entity);
  const auto reason = storable_reason(letter.reason);
  const auto stored = encode_payload(letter.payload);
  postgres_values values;
  values.view(entity).number(letter.recorded_at_ms).view(letter.message_type).view(reason).view(stored);
  return connection_.write([&](postgres_session& session) -> result<void> {
    if (auto added = session.execute(add, values); !added)
      return added.error();
    auto dropped = session.execute(
        drop_oldest, postgres_values{}.view(letter.entity.tenant).number(dead_letters_per_tenant_max));
    if (!dropped)
      return dropped.error();
    return {};
  });
}

result<dead_letter_summary> postgres_dead_letters::find_dead_letter(std::uint64_t id) {
  return connection_.use([&](postgres_session& session) { return letter_with<dead_letter_summary>(session, find_one, id, summary_in); });
}

result<dead_letter> postgres_dead_letters::read_dead_letter(std::uint64_t id) {
  return connection_.use([&](postgres_session& session) { return letter_with<dead_letter>(session, read_one, id, whole_letter_in); });
}

result<std::vector<dead_letter_summary>> postgres_dead_letters::list_dead_letters(const std::string& tenant, std::size_t limit) {
  return connection_.use([&](postgres_session& session) -> result<std::vector<dead_letter_summary>> {
    const auto limit_max = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
    auto rows = session.execute(list_newest, postgres_values{}.view(tenant).number(static_cast<std::int64_t>(std::min(limit, limit_max))));
    if (!rows)
      return rows.error();
    std::vector<dead_letter_summary> letters;
    for (int i = 0; i < rows->size(); ++i) {
      auto letter = summary_in(*rows, i);
      if (!letter)
        return letter.error();
      letters.push_back(*std::move(letter));
    }
    return letters;
  });
}

result<void> postgres_dead_letters::remove_dead_letter(std::uint64_t id) {
  return connection_.use([&](postgres_session& session) -> result<void> {
    auto removed = session.execute(remove_one, postgres_values{}.number(static_cast<std::int64_t>(id)));
    if (!removed)
      return removed.error();
    if (removed->size() == 0)
      return missing_dead_letter(id);
    return {};
  });
}

} // namespace dotmac
