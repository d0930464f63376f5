"""EVENT_CACHE_BYTES bounds what is kept in memory of stored events: with more of them than fit, questions of all kinds answer exactly as with a cache that holds
all, asked one by one and at once; the figure never passes the limit; the process takes no more memory than with the large cache. And what /events/stats says of them.

Use: cache_test.py BINARY     DOTMAC_TEST_SEED
"""

import concurrent.futures
import os
import re
import sqlite3
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from node_test_case import SANITIZED, SEED, NodeTest  # noqa: E402
from stored_events import COLUMNS, QUESTIONS, SEGMENT_ROWS, ask, send  # noqa: E402

MIB = 1024 * 1024
SMALL, LARGE = MIB, 512 * MIB
EVENTS = 2 * SEGMENT_ROWS + 20_000


class Cache(NodeTest):
    environment = {"SNAPSHOT_BYTES": "16777216"}

    def restart(self, cache):
        self.assertEqual(self.node.stop(), 0)
        self.node.environment["EVENT_CACHE_BYTES"] = str(cache)
        self.node.start()

    def series(self):
        text = self.node.call("GET", "/metrics")[1].decode()
        return {name: int(value) for name, value in re.findall(r"^dotmac_event_cache_(\w+) (\d+)$", text, re.M)}

    def peak(self):
        with open(f"/proc/{self.node.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1)) * 1024

    def answers(self):
        """Of every question, all at once, and then once more one by one; both are the same."""
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            at_once = dict(zip(QUESTIONS, threads.map(lambda name: ask(self.node, name), QUESTIONS)))
        for name, (status, answer) in at_once.items():
            self.assertEqual(status, 200, (name, answer))
            self.assertEqual(ask(self.node, name), (status, answer), name)
        return at_once

    def test_is_bounded_and_answers_as_one_that_holds_all(self):
        print("seed", SEED, flush=True)
        send(self.node, EVENTS, SEED)
        self.restart(LARGE)
        self.assertEqual(sorted(self.series()), ["bytes", "columns", "damaged_columns", "failures_total", "hits_total", "limit_bytes", "misses_total"])
        wanted, large = self.answers(), self.series()
        self.assertGreater(large["bytes"], 3 * SMALL, "else the small one holds all too")
        self.assertGreater(large["columns"], len(COLUMNS), "of both segments")
        peak = self.peak()

        self.restart(SMALL)
        seen, done = [], threading.Event()

        def watch():
            while not done.is_set():
                seen.append(self.series()["bytes"])
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            answers = self.answers()
        finally:
            done.set()
            watcher.join()
        self.assertEqual(answers, wanted)
        small = self.series()
        self.assertEqual(small["limit_bytes"], SMALL)
        self.assertGreater(len(seen), 10)
        self.assertGreater(max(seen), 0)
        self.assertLessEqual(max(seen), SMALL)
        self.assertGreater(small["misses_total"], 2 * large["misses_total"], "columns had to be read again")
        self.assertGreater(small["hits_total"], 0)
        if not SANITIZED:
            self.assertLess(self.peak(), peak + 64 * MIB)
        health = self.node.call("GET", "/health/detailed")[1]["components"]["event_cache"]
        self.assertEqual((health["status"], health["bytes_max"], health["damaged_count"], health["damaged"]), ("healthy", SMALL, 0, []))
        self.assertGreater(health["latency_ms"], 0)


class Stats(NodeTest):
    environment = {"SNAPSHOT_BYTES": "16777216"}

    def test_say_where_the_events_are_and_what_they_take(self):
        events = SEGMENT_ROWS + 5_000
        send(self.node, events, SEED)
        self.assertEqual(self.node.stop(), 0)  # it writes down what is in the journal
        self.node.start()
        send(self.node, 1_000, SEED, events)
        misses = re.compile(r"^dotmac_event_cache_misses_total (\d+)$", re.M)
        answer = self.node.call("GET", "/events/stats")[1]
        storage = answer["storage"]
        self.assertEqual((answer["event_count"], storage["stored_rows"], storage["journal_rows"], storage["segment_count"], storage["missing_parts"]), (events + 1_000, events, 1_000, 2, 0))
        store = sqlite3.connect(os.path.join(self.folder, "dotmac.db"))
        newest = "(SELECT number FROM segment_references WHERE entity = 'default/events/0' AND seq = (SELECT max(seq) FROM snapshots WHERE entity = 'default/events/0'))"
        payloads = store.execute(f"SELECT sum(length(payload)) FROM segments WHERE entity = 'default/events/0' AND number IN {newest}").fetchone()[0]
        parts = store.execute(f"SELECT part, sum(length(payload)) FROM segment_parts WHERE entity = 'default/events/0' AND number IN {newest} GROUP BY part ORDER BY part").fetchall()
        store.close()
        self.assertEqual(storage["dictionary_bytes"], payloads)
        self.assertEqual(storage["stored_bytes"], payloads + sum(size for _, size in parts))
        self.assertAlmostEqual(storage["bytes_per_event"], storage["stored_bytes"] / events)
        self.assertLess(storage["bytes_per_event"], 60)
        columns = {each["name"]: each for each in storage["columns"]}
        self.assertEqual({name: columns[name]["stored_bytes"] for name in COLUMNS}, dict(zip(COLUMNS, (size for _, size in parts))))
        self.assertEqual(columns["event_id"]["row_count"], (events + 7) // 8 + sum(n % 8 == 0 for n in range(events, events + 1_000)))
        for name in set(COLUMNS) - {"event_id"}:
            self.assertEqual(columns[name]["row_count"], events + 1_000, name)
            self.assertGreater(columns[name]["memory_bytes"], 0)
        self.assertNotIn("source", columns)
        self.assertEqual((storage["other_columns"], storage["other_stored_bytes"]), (0, 0))
        before = int(misses.search(self.node.call("GET", "/metrics")[1].decode()).group(1))
        self.assertEqual(self.node.call("GET", "/events/stats")[1]["storage"], storage)
        self.assertEqual(int(misses.search(self.node.call("GET", "/metrics")[1].decode()).group(1)), before, "no column is read for it")


if __name__ == "__main__":
    unittest.main(verbosity=2)
