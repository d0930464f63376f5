#include "persistence/migrations/migration_step.hpp"

#include "core/identity.hpp"

#include <array>

namespace dotmac {
namespace {

static_assert(shard_count == 256, "step 1 makes as many rows of shards");

constexpr std::array sqlite_steps{
    migration_step{1, "journal, snapshots, segments, shards",
                   R"sql(
CREATE TABLE shards (
  id INTEGER PRIMARY KEY,
  owner TEXT NOT NULL DEFAULT '',
  epoch INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL DEFAULT 0
) STRICT;
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 255)
  INSERT INTO shards(id) SELECT n FROM numbers;

CREATE TABLE journal (
  entity TEXT NOT NULL,
  seq INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (entity, seq)
) STRICT;

CREATE TABLE snapshots (
  entity TEXT NOT NULL,
  seq INTEGER NOT NULL,
  version INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  written_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  payload BLOB NOT NULL,
  PRIMARY KEY (entity, seq)
) STRICT;

CREATE TABLE segments (
  entity TEXT NOT NULL,
  number INTEGER NOT NULL,
  min_time INTEGER NOT NULL,
  max_time INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (entity, number)
) STRICT;

CREATE TABLE segment_references (
  entity TEXT NOT NULL,
  seq INTEGER NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (entity, seq, number),
  FOREIGN KEY (entity, seq) REFERENCES snapshots (entity, seq) ON DELETE CASCADE,
  FOREIGN KEY (entity, number) REFERENCES segments (entity, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_references_by_number ON segment_references (entity, number);
)sql",
                   R"sql(
DROP TABLE segment_references;
DROP TABLE segments;
DROP TABLE snapshots;
DROP TABLE journal;
DROP TABLE shards;
)sql"},
    migration_step{2, "dead letters, readable snapshots",
                   R"sql(
CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  entity TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  message_type TEXT NOT NULL,
  reason TEXT NOT NULL,
  payload BLOB NOT NULL
) STRICT;
CREATE INDEX dead_letters_by_entity ON dead_letters (entity, id);

CREATE VIEW readable_snapshots AS
  SELECT entity, seq, version, epoch, written_at, CAST(substr(payload, 10) AS TEXT) AS definition
  FROM snapshots WHERE substr(payload, 1, 1) = x'02';
)sql",
                   R"sql(
DROP VIEW readable_snapshots;
DROP TABLE dead_letters;
)sql"},
    migration_step{3, "parts of segments",
                   R"sql(
CREATE TABLE segment_parts (
  entity TEXT NOT NULL,
  number INTEGER NOT NULL,
  part INTEGER NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (entity, number, part),
  FOREIGN KEY (entity, number) REFERENCES segments (entity, number) ON DELETE CASCADE
) STRICT;
)sql",
                   R"sql(
DROP TABLE segment_parts;
)sql"},
    migration_step{4, "audit log",
                   R"sql(
CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  recorded_at INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  UNIQUE (tenant, act, subject, details)
) STRICT;
CREATE INDEX audit_log_by_tenant ON audit_log (tenant, id);
)sql",
                   R"sql(
DROP TABLE audit_log;
)sql"},
};

} // namespace

std::span<const migration_step> sqlite_migrations() noexcept {
  return sqlite_steps;
}

} // namespace dotmac
