#include "persistence/memory/memory_session.hpp"

#include "persistence/failure_texts.hpp"
#include "persistence/payload_codec.hpp"
#include "persistence/write_checks.hpp"

#include <algorithm>
#include <utility>

namespace dotmac {

result<void> memory_store::commit_rows(memory_database& database, std::span<const journal_row> rows,
                                       std::span<const shard_claim> claims) {
  for (const auto& claim : claims)
    if (!is_shard(claim.shard) || !is_held(database, claim))
      return lost_ownership();
  std::set<std::pair<std::string, journal_sequence>> seen;
  for (const auto& row : rows) {
    const auto data = database.entities_.find(row.entity);
    const bool is_stored = data != database.entities_.end() && data->second.rows.contains(row.sequence);
    if (is_stored || !seen.emplace(to_string(row.entity), row.sequence).second)
      return conflicting_sequence();
  }
  for (const auto& row : rows)
    database.entities_[row.entity].rows.emplace(row.sequence, encode_payload(row.payload));
  ++database.append_count_;
  return {};
}

result<void> memory_store::append_entries(std::span<const journal_row> rows,
                                          std::span<const shard_claim> claims) {
  if (auto valid = check_append(rows, claims); !valid)
    return valid;
  return locked([&](memory_database& database) -> result<void> {
    const auto fault = take(database.append_faults_);
    if (!fault)
      return commit_rows(database, rows, claims);
    if (fault->outcome == commit_outcome::committed)
      if (auto committed = commit_rows(database, rows, claims); !committed)
        return committed;
    return fault->why;
  });
}

result<commit_outcome> memory_store::resolve(std::span<const journal_row> rows) {
  return locked([&](memory_database& database) -> result<commit_outcome> {
    rows_found found;
    for (const auto& row : rows) {
      const auto data = database.entities_.find(row.entity);
      if (data == database.entities_.end() || !data->second.rows.contains(row.sequence)) {
        ++found.absent;
        found.outdated += data != database.entities_.end() && !data->second.snapshots.empty() &&
                          data->second.snapshots.rbegin()->first >= row.sequence;
        continue;
      }
      auto payload =
          decode_payload(data->second.rows[row.sequence], name_of_row(to_string(row.entity), row.sequence));
      if (!payload)
        return payload.error();
      ++(*payload == row.payload ? found.same : found.other);
    }
    return outcome_of(found);
  });
}

result<void> memory_store::read_entries(const entity_id& entity, journal_sequence after,
                                        const journal_visitor& visit) {
  auto copied =
      locked([&](memory_database& database) -> result<std::vector<std::pair<journal_sequence, bytes>>> {
        std::vector<std::pair<journal_sequence, bytes>> rows;
        if (const auto data = database.entities_.find(entity); data != database.entities_.end())
          rows.assign(data->second.rows.upper_bound(after), data->second.rows.end());
        return rows;
      });
  if (!copied)
    return copied.error();
  for (const auto& [sequence, stored] : *copied) {
    auto payload = decode_payload(stored, name_of_row(to_string(entity), sequence));
    if (!payload)
      return payload.error();
    if (auto visited = visit(sequence, *payload); !visited)
      return visited;
  }
  return {};
}

result<journal_sequence> memory_store::last_sequence(const entity_id& entity) {
  return locked([&](memory_database& database) -> result<journal_sequence> {
    journal_sequence last{};
    const auto data = database.entities_.find(entity);
    if (data == database.entities_.end())
      return last;
    if (!data->second.rows.empty())
      last = data->second.rows.rbegin()->first;
    if (!data->second.snapshots.empty())
      last = std::max(last, data->second.snapshots.rbegin()->first);
    return last;
  });
}

} // namespace dotmac
