#include "persistence/migrations/migration_step.hpp"

#include "core/identity.hpp"

#include <array>

namespace dotmac {
namespace {

static_assert(shard_count == 256, "step 1 makes as many rows of shards");

// Payloads are compressed already where that helps: STORAGE EXTERNAL keeps PostgreSQL from trying again.
// Entities are compared by bytes (COLLATE "C"): the ranges of a tenant depend on it.
constexpr std::array postgres_steps{
    migration_step{1, "journal, snapshots, segments, shards",
                   R"sql(
CREATE TABLE shards (
  id smallint PRIMARY KEY,
  owner text NOT NULL DEFAULT '',
  epoch bigint NOT NULL DEFAULT 0,
  lease_until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
INSERT INTO shards(id) SELECT n FROM generate_series(0, 255) AS numbers(n);

CREATE TABLE journal (
  entity text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  shard smallint NOT NULL,
  epoch bigint NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (entity, seq)
);
ALTER TABLE journal ALTER COLUMN payload SET STORAGE EXTERNAL;

CREATE TABLE snapshots (
  entity text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  version bigint NOT NULL,
  epoch bigint NOT NULL,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  payload bytea NOT NULL,
  PRIMARY KEY (entity, seq)
);
ALTER TABLE snapshots ALTER COLUMN payload SET STORAGE EXTERNAL;

CREATE TABLE segments (
  entity text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  min_time bigint NOT NULL,
  max_time bigint NOT NULL,
  row_count bigint NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (entity, number)
);
ALTER TABLE segments ALTER COLUMN payload SET STORAGE EXTERNAL;

CREATE TABLE segment_references (
  entity text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  number bigint NOT NULL,
  PRIMARY KEY (entity, seq, number),
  FOREIGN KEY (entity, seq) REFERENCES snapshots (entity, seq) ON DELETE CASCADE,
  FOREIGN KEY (entity, number) REFERENCES segments (entity, number)
);
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
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entity text COLLATE "C" NOT NULL,
  recorded_at bigint NOT NULL,
  message_type text NOT NULL,
  reason text NOT NULL,
  payload bytea NOT NULL
);
CREATE INDEX dead_letters_by_entity ON dead_letters (entity, id);

CREATE VIEW readable_snapshots AS
  SELECT entity, seq, version, epoch, written_at, convert_from(substring(payload FROM 10), 'UTF8') AS definition
  FROM snapshots WHERE get_byte(payload, 0) = 2;
)sql",
                   R"sql(
DROP VIEW readable_snapshots;
DROP TABLE dead_letters;
)sql"},
    migration_step{3, "parts of segments",
                   R"sql(
CREATE TABLE segment_parts (
  entity text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  part integer NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (entity, number, part),
  FOREIGN KEY (entity, number) REFERENCES segments (entity, number) ON DELETE CASCADE
);
ALTER TABLE segment_parts ALTER COLUMN payload SET STORAGE EXTERNAL;
)sql",
                   R"sql(
DROP TABLE segment_parts;
)sql"},
    // What may be there once only is longer than a key of a B-tree may be, which a unique constraint would need; a hash index compares the
    // texts themselves behind equal hashes. Neither a tenant nor an act holds a line end, and the length says where the subject ends: no two
    // entries are the same text.
    migration_step{4, "audit log",
                   R"sql(
CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  recorded_at bigint NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  act text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  details text COLLATE "C" NOT NULL,
  CONSTRAINT audit_log_holds_an_entry_once EXCLUDE USING hash
    ((tenant || E'\n' || act || E'\n' || length(subject)::text || E'\n' || subject || details) WITH =)
);
CREATE INDEX audit_log_by_tenant ON audit_log (tenant, id);
)sql",
                   R"sql(
DROP TABLE audit_log;
)sql"},
    migration_step{5, "nodes of a cluster",
                   R"sql(
CREATE TABLE nodes (
  id text COLLATE "C" PRIMARY KEY,
  incarnation bigint NOT NULL,
  peer_address text NOT NULL,
  http_address text NOT NULL,
  version text NOT NULL,
  takes_shards boolean NOT NULL,
  is_leaving boolean NOT NULL,
  beat_at timestamptz NOT NULL
);
CREATE SEQUENCE node_incarnations;
CREATE TABLE node_wishes (
  id text COLLATE "C" PRIMARY KEY,
  wish smallint NOT NULL
);
CREATE TABLE coordination (
  id smallint PRIMARY KEY CHECK (id = 0),
  owner text NOT NULL DEFAULT '',
  epoch bigint NOT NULL DEFAULT 0,
  lease_until timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO coordination(id) VALUES (0);
ALTER TABLE shards ADD COLUMN wanted text NOT NULL DEFAULT '', ADD COLUMN load bigint NOT NULL DEFAULT 0;
)sql",
                   R"sql(
ALTER TABLE shards DROP COLUMN load, DROP COLUMN wanted;
DROP TABLE coordination;
DROP TABLE node_wishes;
DROP SEQUENCE node_incarnations;
DROP TABLE nodes;
)sql"},
    migration_step{6, "shards where operators want them",
                   R"sql(
ALTER TABLE shards ADD COLUMN pinned text NOT NULL DEFAULT '';
ALTER TABLE coordination ADD COLUMN rebalances bigint NOT NULL DEFAULT 0;
)sql",
                   R"sql(
ALTER TABLE coordination DROP COLUMN rebalances;
ALTER TABLE shards DROP COLUMN pinned;
)sql"},
    migration_step{7, "nodes that take no calls",
                   R"sql(
ALTER TABLE nodes ADD COLUMN takes_calls boolean NOT NULL DEFAULT true;
)sql",
                   R"sql(
ALTER TABLE nodes DROP COLUMN takes_calls;
)sql",
                   6},
};

} // namespace

std::span<const migration_step> postgres_migrations() noexcept {
  return postgres_steps;
}

} // namespace dotmac
