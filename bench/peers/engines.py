"""The other engines: their tables, and how they are asked."""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

CLICKHOUSE_LOAD = """CREATE TABLE events (
    {uuid_column}event_type LowCardinality(String), event_name LowCardinality(String), user_id String, session_id String, time DateTime64(3, 'UTC'),
    region LowCardinality(String), plan LowCardinality(String), device LowCardinality(String), page LowCardinality(String),
    download_mbps Float64, amount Decimal(9, 2))
ENGINE = MergeTree ORDER BY (event_type, time);

INSERT INTO events
SELECT {uuid}event_type, event_name, user_id, session_id, timestamp, properties.region, properties.plan, properties.device, properties.page,
       properties.download_mbps, properties.amount
FROM file('{file}', 'JSONEachRow', '{uuid_column}event_type String, event_name String, user_id String, session_id String, timestamp DateTime64(3, ''UTC''),
          properties Tuple(region String, plan String, device String, page String, download_mbps Float64, amount Decimal(9, 2))')
SETTINGS date_time_input_format = 'best_effort';

OPTIMIZE TABLE events FINAL"""

DUCKDB_LOAD = """CREATE TEMP TABLE sent AS
SELECT * FROM read_json('{file}', format = 'newline_delimited', columns = {{{uuid_column}event_type: 'VARCHAR', event_name: 'VARCHAR', user_id: 'VARCHAR',
    session_id: 'VARCHAR', timestamp: 'TIMESTAMP', properties: 'STRUCT(region VARCHAR, plan VARCHAR, device VARCHAR, page VARCHAR,
    download_mbps DOUBLE, amount DECIMAL(9, 2))'}});

CREATE TYPE event_types AS ENUM (SELECT DISTINCT event_type FROM sent);
CREATE TYPE event_names AS ENUM (SELECT DISTINCT event_name FROM sent);
CREATE TYPE regions AS ENUM (SELECT DISTINCT properties.region FROM sent);
CREATE TYPE plans AS ENUM (SELECT DISTINCT properties.plan FROM sent);
CREATE TYPE devices AS ENUM (SELECT DISTINCT properties.device FROM sent);
CREATE TYPE pages AS ENUM (SELECT DISTINCT properties.page FROM sent WHERE properties.page IS NOT NULL);

CREATE TABLE events AS
SELECT {uuid}event_type::event_types AS event_type, event_name::event_names AS event_name, user_id, session_id, timestamp::TIMESTAMP_MS AS time,
       properties.region::regions AS region, properties.plan::plans AS plan, properties.device::devices AS device, properties.page::pages AS page,
       properties.download_mbps AS download_mbps, properties.amount AS amount
FROM sent ORDER BY event_type, time;

DROP TABLE sent;
CHECKPOINT"""

# Parts that were merged into others stay on disk for some minutes: they do not count.
CLICKHOUSE_SIZE = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'events'"
DUCKDB_SIZE = "SELECT block_size * used_blocks FROM pragma_database_size()"


class Peer:
    """An engine with its data in a folder. `missing` says why it is not there."""

    def __init__(self, name, title, load, size, uuid_column):
        self.name, self.title, self.load_sql, self.size_sql, self.uuid_column = name, title, load, size, uuid_column
        self.missing = self.install()

    def install(self):
        folder = HERE / self.name
        lock, installed = folder / "package-lock.json", folder / "node_modules/.package-lock.json"
        if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
            return None
        print(f"installing {self.title}", file=sys.stderr)
        try:
            done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True)
        except OSError as error:
            return str(error)
        return None if done.returncode == 0 else next(iter(done.stderr.strip().splitlines()), f"npm ended with {done.returncode}")

    def ask(self, folder, **asked):
        done = subprocess.run(["node", str(HERE / "ask.mjs"), self.name, folder], input=json.dumps(asked), capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{self.title}: {done.stderr.strip()[-500:]}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def load(self, folder, file, has_uuids):
        text = self.load_sql.format(file=file, uuid="event_id, " if has_uuids else "", uuid_column=self.uuid_column if has_uuids else "")
        return self.ask(folder, statements=text.split(";\n"))["seconds"]

    def disk_bytes(self, folder):
        answer = self.ask(folder, questions={"size": self.size_sql}, runs=1)["answers"]["size"]
        if "error" in answer:
            raise RuntimeError(f"{self.title}: {answer['error']}")
        return int(answer["rows"][0][0])


def peers():
    return [Peer("clickhouse", "ClickHouse", CLICKHOUSE_LOAD, CLICKHOUSE_SIZE, "event_id UUID, "), Peer("duckdb", "DuckDB", DUCKDB_LOAD, DUCKDB_SIZE, "event_id: 'UUID', ")]
