#include "persistence/memory/memory_store.hpp"

#include "persistence/failure_texts.hpp"
#include "persistence/payload_codec.hpp"
#include "persistence/write_checks.hpp"

#include <algorithm>

namespace dotmac {

class memory_store final : public store, journal, snapshot_store, lease_table, dead_letter_table {
public:
  explicit memory_store(std::shared_ptr<memory_database> database) : database_{std::move(database)} {}

  journal& entries() override { return *this; }
  snapshot_store& snapshots() override { return *this; }
  lease_table& leases() override { return *this; }
  dead_letter_table& dead_letters() override { return *this; }

  result<std::vector<std::string>> list_tenants() override;
  result<void> ping() override;

  result<void> append_entries(std::span<const journal_row> rows, std::span<const shard_claim> claims) override;
  result<commit_outcome> resolve(std::span<const journal_row> rows) override;
  result<void> read_entries(const entity_id& entity, journal_sequence after, const journal_visitor& visit) override;
  result<journal_sequence> last_sequence(const entity_id& entity) override;

  result<void> write_snapshot(const snapshot_write& write) override;
  result<kept_snapshots> read_snapshots(const entity_id& entity) override;
  result<stored_segment> read_segment(const entity_id& entity, segment_number number) override;
  result<std::vector<segment_summary>> list_segments(const entity_id& entity) override;

  result<std::vector<shard_claim>> claim_shards(const std::string& owner, std::span<const shard_id> shards,
                                                std::chrono::milliseconds lease) override;
  result<std::vector<shard_claim>> renew_leases(const std::string& owner, std::span<const shard_claim> held,
                                                std::chrono::milliseconds lease) override;
  result<void> release_shards(const std::string& owner, std::span<const shard_claim> held) override;
  result<std::vector<shard_lease>> read_leases() override;

  result<void> add_dead_letter(const dead_letter& letter) override;
  result<std::vector<dead_letter>> read_dead_letters(const std::string& tenant, std::size_t limit) override;
  result<void> remove_dead_letter(std::uint64_t id) override;

private:
  using entity_data = memory_database::entity_data;
  using held_snapshot = memory_database::held_snapshot;

  /// Runs `act` with the database locked, if it is up.
  template <class Act> auto locked(Act act) -> decltype(act(std::declval<memory_database&>())) {
    const std::lock_guard lock{database_->mutex_};
    if (database_->is_down_)
      return failure{error_code::storage_unavailable, "the memory store is down", ""};
    return act(*database_);
  }

  static bool is_held(const memory_database& database, const shard_claim& claim) {
    const auto& lease = database.leases_[to_number(claim.shard)];
    return !lease.owner.empty() && lease.epoch == claim.epoch;
  }
  static bool is_shard(shard_id shard) { return to_number(shard) < shard_count; }

  static result<void> commit_rows(memory_database& database, std::span<const journal_row> rows,
                                  std::span<const shard_claim> claims);
  static result<void> commit_snapshot(memory_database& database, const snapshot_write& write);
  static result<void> check_segments(const entity_data& data, const snapshot_write& write);
  static void drop_what_nothing_needs(entity_data& data);

  /// The next of `faults`, taken.
  static std::optional<memory_database::planned_fault> take(std::vector<memory_database::planned_fault>& faults) {
    if (faults.empty())
      return std::nullopt;
    auto fault = std::move(faults.front());
    faults.erase(faults.begin());
    return fault;
  }

  std::shared_ptr<memory_database> database_;
};

result<std::vector<std::string>> memory_store::list_tenants() {
  return locked([](memory_database& database) -> result<std::vector<std::string>> {
    std::set<std::string> tenants;
    for (const auto& [entity, data] : database.entities_)
      if (!data.rows.empty() || !data.snapshots.empty())
        tenants.insert(entity.tenant);
    return std::vector<std::string>(tenants.begin(), tenants.end());
  });
}

result<void> memory_store::ping() {
  return locked([](memory_database&) { return result<void>{}; });
}

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
  auto copied = locked([&](memory_database& database) -> result<std::vector<std::pair<journal_sequence, bytes>>> {
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

result<void> memory_store::check_segments(const entity_data& data, const snapshot_write& write) {
  for (const auto& segment : write.new_segments) {
    const auto found = data.segments.find(segment.number);
    if (found == data.segments.end())
      continue;
    auto payload = decode_payload(found->second.payload, name_of_segment(to_string(write.snapshot.entity), segment.number));
    if (!payload)
      return payload.error();
    if (*payload != segment.payload)
      return conflicting_segment(to_string(write.snapshot.entity), segment.number);
  }
  for (const auto number : write.live_segments) {
    const auto is_new = std::any_of(write.new_segments.begin(), write.new_segments.end(),
                                    [&](const stored_segment& segment) { return segment.number == number; });
    if (!is_new && !data.segments.contains(number))
      return missing_live_segment(to_string(write.snapshot.entity));
  }
  return {};
}

void memory_store::drop_what_nothing_needs(entity_data& data) {
  while (data.snapshots.size() > snapshots_kept)
    data.snapshots.erase(data.snapshots.begin());
  if (data.snapshots.size() == snapshots_kept)
    data.rows.erase(data.rows.begin(), data.rows.upper_bound(data.snapshots.begin()->first));
  std::erase_if(data.segments, [&](const auto& segment) {
    return std::none_of(data.snapshots.begin(), data.snapshots.end(),
                        [&](const auto& snapshot) { return snapshot.second.live.contains(segment.first); });
  });
}

result<void> memory_store::commit_snapshot(memory_database& database, const snapshot_write& write) {
  if (!is_held(database, write.claim))
    return lost_ownership();
  const auto& snapshot = write.snapshot;
  auto& data = database.entities_[snapshot.entity];
  if (!data.snapshots.empty() && data.snapshots.rbegin()->first > snapshot.sequence)
    return outdated_snapshot(to_string(snapshot.entity));
  if (auto valid = check_segments(data, write); !valid)
    return valid;
  for (auto segment : write.new_segments) {
    segment.payload = encode_payload(segment.payload);
    data.segments[segment.number] = std::move(segment);
  }
  data.snapshots[snapshot.sequence] =
      held_snapshot{snapshot.version, encode_payload(snapshot.payload, payload_wish::readable),
                    {write.live_segments.begin(), write.live_segments.end()}};
  drop_what_nothing_needs(data);
  return {};
}

result<void> memory_store::write_snapshot(const snapshot_write& write) {
  if (auto valid = check_snapshot_write(write); !valid)
    return valid;
  return locked([&](memory_database& database) -> result<void> {
    const auto fault = take(database.snapshot_faults_);
    if (!fault)
      return commit_snapshot(database, write);
    if (fault->outcome == commit_outcome::committed)
      if (auto committed = commit_snapshot(database, write); !committed)
        return committed;
    return fault->why;
  });
}

result<snapshot_store::kept_snapshots> memory_store::read_snapshots(const entity_id& entity) {
  return locked([&](memory_database& database) -> result<kept_snapshots> {
    kept_snapshots kept;
    const auto data = database.entities_.find(entity);
    if (data == database.entities_.end())
      return kept;
    for (auto held = data->second.snapshots.rbegin(); held != data->second.snapshots.rend(); ++held) {
      auto payload = decode_payload(held->second.stored, name_of_snapshot(to_string(entity), held->first));
      if (payload)
        kept.snapshots.push_back({entity, held->first, held->second.version, *std::move(payload)});
      else
        kept.damaged.push_back(payload.error());
    }
    return kept;
  });
}

result<stored_segment> memory_store::read_segment(const entity_id& entity, segment_number number) {
  return locked([&](memory_database& database) -> result<stored_segment> {
    const auto data = database.entities_.find(entity);
    if (data == database.entities_.end() || !data->second.segments.contains(number))
      return missing_segment(to_string(entity), number);
    auto segment = data->second.segments[number];
    auto payload = decode_payload(segment.payload, name_of_segment(to_string(entity), number));
    if (!payload)
      return payload.error();
    segment.payload = *std::move(payload);
    return segment;
  });
}

result<std::vector<snapshot_store::segment_summary>> memory_store::list_segments(const entity_id& entity) {
  return locked([&](memory_database& database) -> result<std::vector<segment_summary>> {
    std::vector<segment_summary> summaries;
    if (const auto data = database.entities_.find(entity); data != database.entities_.end())
      for (const auto& [number, segment] : data->second.segments)
        summaries.push_back(
            {number, segment.row_count, segment.payload.size(), segment.min_time_ms, segment.max_time_ms});
    return summaries;
  });
}

result<std::vector<shard_claim>> memory_store::claim_shards(const std::string& owner,
                                                            std::span<const shard_id> shards,
                                                            std::chrono::milliseconds lease) {
  if (auto valid = check_lease(owner, shards, lease); !valid)
    return valid.error();
  return locked([&](memory_database& database) -> result<std::vector<shard_claim>> {
    const auto now = database.now_ms();
    std::vector<shard_claim> claims;
    for (const auto shard : shards) {
      auto& held = database.leases_[to_number(shard)];
      if (held.owner != owner && !held.owner.empty() && held.until_ms > now)
        continue;
      if (held.owner != owner)
        held = {owner, ownership_epoch{to_number(held.epoch) + 1}, 0};
      held.until_ms = now + lease.count();
      claims.push_back({shard, held.epoch});
    }
    return claims;
  });
}

result<std::vector<shard_claim>> memory_store::renew_leases(const std::string& owner,
                                                            std::span<const shard_claim> held,
                                                            std::chrono::milliseconds lease) {
  if (auto valid = check_lease(owner, held, lease); !valid)
    return valid.error();
  return locked([&](memory_database& database) -> result<std::vector<shard_claim>> {
    std::vector<shard_claim> renewed;
    for (const auto& claim : held) {
      auto& current = database.leases_[to_number(claim.shard)];
      if (current.owner != owner || current.epoch != claim.epoch)
        continue;
      current.until_ms = database.now_ms() + lease.count();
      renewed.push_back(claim);
    }
    return renewed;
  });
}

result<void> memory_store::release_shards(const std::string& owner, std::span<const shard_claim> held) {
  if (auto valid = check_lease(owner, held, std::chrono::milliseconds{1}); !valid)
    return valid;
  return locked([&](memory_database& database) -> result<void> {
    for (const auto& claim : held)
      if (auto& current = database.leases_[to_number(claim.shard)];
          current.owner == owner && current.epoch == claim.epoch)
        current.owner.clear();
    return {};
  });
}

result<std::vector<shard_lease>> memory_store::read_leases() {
  return locked([&](memory_database& database) -> result<std::vector<shard_lease>> {
    const auto now = database.now_ms();
    std::vector<shard_lease> leases;
    for (std::uint16_t i = 0; i < shard_count; ++i) {
      const auto& held = database.leases_[i];
      leases.push_back({shard_id{i}, held.owner, held.epoch, held.owner.empty() || held.until_ms <= now});
    }
    return leases;
  });
}

result<void> memory_store::add_dead_letter(const dead_letter& letter) {
  if (auto valid = check_dead_letter(letter); !valid)
    return valid;
  return locked([&](memory_database& database) -> result<void> {
    auto stored = letter;
    stored.id = database.next_dead_letter_++;
    stored.reason = storable_reason(letter.reason);
    stored.payload = encode_payload(letter.payload);
    auto& letters = database.dead_letters_;
    letters.emplace(stored.id, std::move(stored));
    const auto is_of_tenant = [&](const auto& held) { return held.second.entity.tenant == letter.entity.tenant; };
    if (static_cast<std::size_t>(std::count_if(letters.begin(), letters.end(), is_of_tenant)) > dead_letters_per_tenant_max)
      letters.erase(std::find_if(letters.begin(), letters.end(), is_of_tenant));
    return {};
  });
}

result<std::vector<dead_letter>> memory_store::read_dead_letters(const std::string& tenant, std::size_t limit) {
  return locked([&](memory_database& database) -> result<std::vector<dead_letter>> {
    std::vector<dead_letter> letters;
    for (auto held = database.dead_letters_.rbegin();
         held != database.dead_letters_.rend() && letters.size() < limit; ++held) {
      if (!tenant.empty() && held->second.entity.tenant != tenant)
        continue;
      auto payload = decode_payload(held->second.payload, "dead letter " + std::to_string(held->first));
      if (!payload)
        return payload.error();
      letters.push_back(held->second);
      letters.back().payload = *std::move(payload);
    }
    return letters;
  });
}

result<void> memory_store::remove_dead_letter(std::uint64_t id) {
  return locked([&](memory_database& database) -> result<void> {
    if (database.dead_letters_.erase(id) == 0)
      return missing_dead_letter(id);
    return {};
  });
}

namespace {

class memory_store_factory final : public store_factory {
public:
  explicit memory_store_factory(std::shared_ptr<memory_database> database) : database_{std::move(database)} {}
  result<std::unique_ptr<store>> open() override {
    auto opened = std::make_unique<memory_store>(database_);
    if (auto up = opened->ping(); !up)
      return up.error();
    return std::unique_ptr<store>{std::move(opened)};
  }
  std::string_view vendor() const noexcept override { return "memory"; }

private:
  std::shared_ptr<memory_database> database_;
};

} // namespace

std::unique_ptr<store_factory> make_memory_store_factory(std::shared_ptr<memory_database> database) {
  return std::make_unique<memory_store_factory>(std::move(database));
}

} // namespace dotmac
