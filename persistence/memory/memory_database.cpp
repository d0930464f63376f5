#include "persistence/memory/memory_store.hpp"
#include "persistence/payload_codec.hpp"

#include <cassert>

namespace dotmac {
namespace {

bool damage(bytes& stored) {
  stored.back() = static_cast<char>(stored.back() ^ 1);
  return true;
}

class memory_migrator final : public migrator {
public:
  result<std::vector<migration_state>> status() override { return std::vector<migration_state>{}; }
  result<std::vector<std::uint32_t>> up() override { return std::vector<std::uint32_t>{}; }
  result<std::vector<std::uint32_t>> down(std::uint32_t) override { return std::vector<std::uint32_t>{}; }
  result<void> check() override { return {}; }
};

} // namespace

memory_database::memory_database()
    : memory_database{[] { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()); }} {}

memory_database::memory_database(std::function<std::chrono::milliseconds()> clock) : clock_{std::move(clock)}, leases_(shard_count) {}

std::int64_t memory_database::now_ms() const { return (clock_() + clock_offset_).count(); }

void memory_database::fail_next_append(failure why, commit_outcome outcome) {
  assert(why.code == error_code::commit_uncertain || outcome == commit_outcome::absent);
  const std::lock_guard lock{mutex_};
  append_faults_.push_back({std::move(why), outcome});
}

void memory_database::fail_next_snapshot(failure why, commit_outcome outcome) {
  assert(why.code == error_code::commit_uncertain || outcome == commit_outcome::absent);
  const std::lock_guard lock{mutex_};
  snapshot_faults_.push_back({std::move(why), outcome});
}

void memory_database::go_down() {
  const std::lock_guard lock{mutex_};
  is_down_ = true;
}

void memory_database::come_up() {
  const std::lock_guard lock{mutex_};
  is_down_ = false;
}

void memory_database::advance_clock(std::chrono::milliseconds by) {
  const std::lock_guard lock{mutex_};
  clock_offset_ += by;
}

bool memory_database::damage_journal_row(const entity_id& entity, journal_sequence sequence) {
  const std::lock_guard lock{mutex_};
  const auto data = entities_.find(entity);
  if (data == entities_.end() || !data->second.rows.contains(sequence))
    return false;
  return damage(data->second.rows[sequence]);
}

bool memory_database::damage_snapshot(const entity_id& entity, journal_sequence sequence) {
  const std::lock_guard lock{mutex_};
  const auto data = entities_.find(entity);
  if (data == entities_.end() || !data->second.snapshots.contains(sequence))
    return false;
  return damage(data->second.snapshots[sequence].stored);
}

bool memory_database::damage_segment(const entity_id& entity, segment_number number) {
  const std::lock_guard lock{mutex_};
  const auto data = entities_.find(entity);
  if (data == entities_.end() || !data->second.segments.contains(number))
    return false;
  return damage(data->second.segments[number].payload);
}

bool memory_database::damage_part(const entity_id& entity, segment_number number, std::uint32_t part) {
  const std::lock_guard lock{mutex_};
  const auto data = entities_.find(entity);
  if (data == entities_.end() || !data->second.segments.contains(number) || part >= data->second.segments[number].parts.size())
    return false;
  return damage(data->second.segments[number].parts[part]);
}

bool memory_database::lose_segment(const entity_id& entity, segment_number number) {
  const std::lock_guard lock{mutex_};
  const auto data = entities_.find(entity);
  return data != entities_.end() && data->second.segments.erase(number) == 1;
}

std::size_t memory_database::journal_row_count() const {
  const std::lock_guard lock{mutex_};
  std::size_t count = 0;
  for (const auto& [entity, data] : entities_)
    count += data.rows.size();
  return count;
}

std::size_t memory_database::append_count() const {
  const std::lock_guard lock{mutex_};
  return append_count_;
}

std::shared_ptr<memory_database> named_memory_database(const std::string& url) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<memory_database>> databases;
  const std::lock_guard lock{mutex};
  auto& database = databases[url];
  if (!database)
    database = std::make_shared<memory_database>();
  return database;
}

std::unique_ptr<migrator> make_memory_migrator() {
  return std::make_unique<memory_migrator>();
}

} // namespace dotmac
