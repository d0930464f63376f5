#pragma once

/// A store in memory, for tests: what it holds lives as long as somebody holds its `memory_database`, and it
/// fails on demand the way real databases do.
///
///     auto database = std::make_shared<memory_database>();
///     auto factory = make_memory_store_factory(database);
///     auto session = *factory->open();                     // any number of sessions see the same data
///     database->fail_next_append({error_code::commit_uncertain, "cut off"}, commit_outcome::committed);
///     database->go_down();                                 // everything is storage_unavailable
///     database->come_up();
///
/// Threads   everything here may be called from any thread.
/// Clock     leases run by the steady clock of this process plus what advance_clock added.

#include "persistence/ports/migrations.hpp"
#include "persistence/ports/store.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace dotmac {

class memory_database {
public:
  memory_database();
  /// Its time is what `clock` says (and what advance_clock added), for simulations.
  explicit memory_database(std::function<std::chrono::milliseconds()> clock);

  /// The next append_entries of any session ends with `why`. `outcome` says whether its rows are there
  /// afterwards: only after commit_uncertain may it be `committed`. Several calls queue up.
  void fail_next_append(failure why, commit_outcome outcome = commit_outcome::absent);
  void fail_next_append(error_code code) { fail_next_append({code, "a fault set by a test", ""}); }
  /// The same for write_snapshot.
  void fail_next_snapshot(failure why, commit_outcome outcome = commit_outcome::absent);

  /// Every call of every session, `resolve` and `open` included, is storage_unavailable until come_up.
  void go_down();
  void come_up();

  void advance_clock(std::chrono::milliseconds by);

  /// Flip a bit of what is stored; false where there is no such thing.
  bool damage_journal_row(const entity_id& entity, journal_sequence sequence);
  bool damage_snapshot(const entity_id& entity, journal_sequence sequence);
  bool damage_segment(const entity_id& entity, segment_number number);
  bool damage_part(const entity_id& entity, segment_number number, std::uint32_t part);
  /// Away it goes, as if a file system had lost it.
  bool lose_segment(const entity_id& entity, segment_number number);

  /// What is there now, for tests to compare with.
  std::size_t journal_row_count() const;
  std::size_t append_count() const; ///< calls that committed

private:
  friend class memory_store;

  struct planned_fault {
    failure why;
    commit_outcome outcome;
  };
  struct held_snapshot {
    std::uint32_t version = 0;
    bytes stored;
    std::set<segment_number> live;
  };
  struct entity_data {
    std::map<journal_sequence, bytes> rows;
    std::map<journal_sequence, held_snapshot> snapshots;
    std::map<segment_number, stored_segment> segments; ///< their payloads encoded
  };
  struct lease {
    std::string owner;
    ownership_epoch epoch{};
    std::int64_t until_ms = 0;
    std::string wanted, pinned;
    std::uint64_t load = 0;
  };
  struct member {
    node_card card;
    std::uint64_t incarnation = 0;
    bool is_leaving = false;
    std::int64_t beat_ms = 0;
  };

  std::int64_t now_ms() const;

  mutable std::mutex mutex_;
  bool is_down_ = false;
  std::function<std::chrono::milliseconds()> clock_;
  std::chrono::milliseconds clock_offset_{0};
  std::vector<planned_fault> append_faults_;
  std::vector<planned_fault> snapshot_faults_;
  std::map<entity_id, entity_data> entities_;
  std::vector<lease> leases_;
  std::map<std::string, member> members_; ///< by id
  std::map<std::string, node_wish> wishes_;
  std::uint64_t incarnations_ = 0;
  lease coordination_;
  std::uint64_t rebalances_ = 0;
  std::multiset<std::string> present_owners_; ///< once for each session that announced its owner
  std::map<std::uint64_t, dead_letter> dead_letters_; ///< their payloads encoded
  std::uint64_t next_dead_letter_ = 1;
  std::vector<audit_entry> audit_entries_; ///< oldest first; their ids count from 1
  std::size_t append_count_ = 0;
};

std::unique_ptr<store_factory> make_memory_store_factory(std::shared_ptr<memory_database> database);

/// The database named by a URL "memory:" or "memory:name": one for the whole process, for its whole life.
std::shared_ptr<memory_database> named_memory_database(const std::string& url);

/// A memory database has its one schema from the start.
std::unique_ptr<migrator> make_memory_migrator();

} // namespace dotmac
